"""People, phones, server faults and time at random, against app and sandbox; what must hold after every step, and in peace.

`make soak` walks 10,000 steps (`SOAK_STEPS`); the suite a short way.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

pytestmark = pytest.mark.needs_site

STEPS = int(os.environ.get("SOAK_STEPS", "200"))
STEPS_PER_WALK = 40
NAMES = ("a", "b", "c")
ROUTES = ("create", "list", "get", "status", "connect", "disconnect", "restart", "delete")
FAULTS = (
	("http", {"status": 500}),
	("http", {"status": 500, "performed": True}),
	("reset", {}),
	("reset", {"performed": True}),
	("cut", {}),
	("html", {"status": 502}),
	("http", {"status": 404, "code": "SESSION_NOT_FOUND"}),
	("refusal", {"name": "not_connected"}),
	("refusal", {"name": "already_connected"}),
)
MODES = ("Delete on the server", "Keep on the server")
names = st.sampled_from(NAMES)


def test_nothing_that_must_hold_is_broken_on_a_random_walk(site: None) -> None:
	from hypothesis.stateful import run_state_machine_as_test

	walks = max(1, STEPS // STEPS_PER_WALK)
	run_state_machine_as_test(
		walk_class(),
		settings=settings(
			max_examples=walks,
			stateful_step_count=STEPS_PER_WALK,
			deadline=None,
			database=None,
			derandomize=STEPS <= 200,
			suppress_health_check=list(HealthCheck),
		),
	)


def walk_class() -> type[RuleBasedStateMachine]:  # noqa: C901 -- the class is one, its methods are small
	"""Made late: what it imports needs a site."""
	import frappe

	from xappiens_whatsapp import SESSION
	from xappiens_whatsapp.api import session
	from xappiens_whatsapp.background import jobs, reconciliation
	from xappiens_whatsapp.tests.test_alerts import AlertsTestCase

	class Home(AlertsTestCase):
		sandbox_options = {
			"qr_delay": 0.0,
			"scan_delay": 0.0,
			"rate_limit": 1_000_000,
			"exclusive_numbers": False,
		}

		def runTest(self) -> None:
			"""The walk uses the case for its site and sandbox alone."""

	class Walk(RuleBasedStateMachine):
		def __init__(self) -> None:
			super().__init__()
			Home.setUpClass()
			self.home = Home()
			self.home.setUp()
			self.sandbox = self.home.sandbox
			self.ids = {name: self.home.new_id() for name in NAMES}
			self.drops = dict.fromkeys(NAMES, 0)
			self.strangers: dict[str, str] = {}
			self.stranger()

		def teardown(self) -> None:
			try:
				self.peace()
			finally:
				self.home.doCleanups()
				Home.doClassCleanups()

		def on_server(self, name: str) -> list[dict[str, Any]]:
			return [row for row in self.sandbox.sessions() if row["sessionId"] == self.ids[name]]

		def record(self, name: str) -> Any:
			frappe.db.rollback()
			return frappe.get_doc(SESSION, self.ids[name]) if self.has_record(name) else None

		def has_record(self, name: str) -> bool:
			return bool(frappe.db.exists(SESSION, self.ids[name]))

		def click(self, action: Any, *arguments: Any) -> None:
			"""What a person does may fail; it has to say so in words, as `ValidationError` and its kin do."""
			frappe.cache.delete_keys("whatsapp_budget")
			try:
				action(*arguments)
			except frappe.ValidationError:
				pass
			frappe.db.rollback()

		@rule(name=names)
		def create(self, name: str) -> None:
			self.click(session.create_session, self.ids[name], "Ventas")

		@rule(
			name=names,
			action=st.sampled_from(["connect", "restart", "disconnect", "recreate", "delete"]),
			mode=st.sampled_from(MODES),
		)
		def act(self, name: str, action: str, mode: str) -> None:
			if self.has_record(name):
				frappe.db.set_single_value("WhatsApp Settings", "disconnect_mode", mode)
				frappe.db.commit()
				self.click(getattr(session, f"{action}_session"), self.ids[name])

		@rule(name=names)
		def look(self, name: str) -> None:
			if self.has_record(name):
				self.click(session.get_session_status, self.ids[name])

		@rule()
		def look_at_all(self) -> None:
			self.click(session.refresh_sessions, [self.ids[name] for name in NAMES if self.has_record(name)])

		@rule(name=names)
		def webhook(self, name: str) -> None:
			jobs.refresh_session(self.ids[name])

		@rule()
		def pass_over_all(self) -> None:
			frappe.cache.delete_keys("whatsapp_budget")
			reconciliation.reconcile()

		@rule()
		def workers(self) -> None:
			self.home_jobs()

		def home_jobs(self) -> None:
			from xappiens_whatsapp.tests.workers import run_jobs

			run_jobs()

		@rule(name=names)
		def scan(self, name: str) -> None:
			if any(row["status"] == "qr_code" for row in self.on_server(name)):
				self.sandbox.scan(self.ids[name], phone_number=f"3460000000{NAMES.index(name)}")

		@rule(name=names, code=st.sampled_from([401, 403, 408, 428, 440, 500, 515]))
		def drop(self, name: str, code: int) -> None:
			if self.on_server(name):
				self.drops[name] += 1
				self.sandbox.drop(self.ids[name], code)

		@rule(name=names)
		def forget(self, name: str) -> None:
			if self.on_server(name):
				self.drops[name] += 1
				self.sandbox.forget(self.ids[name])

		@rule(name=names)
		def renumber(self, name: str) -> None:
			if self.on_server(name):
				self.sandbox.renumber(self.ids[name])

		@rule(first=st.integers(1, 3))
		def start_over(self, first: int) -> None:
			for name in NAMES:
				self.drops[name] += 1
			self.strangers.clear()
			self.sandbox.start_over(first)
			self.stranger()

		@rule()
		@precondition(lambda self: len(self.strangers) < 6)
		def stranger(self) -> None:
			session_id = f"other_{frappe.generate_hash(length=8)}"
			phone = f"3469900000{len(self.strangers)}"
			self.sandbox.add(session_id, phone_number=phone)
			self.strangers[session_id] = phone

		@rule(route=st.sampled_from(ROUTES), fault=st.sampled_from(FAULTS))
		def fault(self, route: str, fault: tuple[str, dict[str, Any]]) -> None:
			self.sandbox.fault(route, fault[0], **fault[1])

		@rule(shape=st.sampled_from(["sessions", "database"]), strict=st.booleans())
		def habits(self, shape: str, strict: bool) -> None:
			self.sandbox.behave(list_shape=shape, strict=strict)

		@rule()
		def time_passes(self) -> None:
			"""What is kept for a minute is over, but not what is kept for an hour."""
			for kind in ("whatsapp_expected_change", "whatsapp_reason_ignored", "whatsapp_number_confirmed"):
				frappe.cache.delete_keys(kind)

		@rule()
		def peace(self) -> None:
			self.sandbox.clear_faults()
			frappe.cache.delete_keys("whatsapp_budget")
			reconciliation.reconcile()
			self.home_jobs()
			for name in NAMES:
				self.assert_agreeing(name)

		def assert_agreeing(self, name: str) -> None:
			record, rows = self.record(name), self.on_server(name)
			if record is None:
				return
			if not rows:
				assert (record.session_db_id or 0, record.is_connected) == (0, 0), record.as_dict()
			elif record.session_db_id:
				assert record.session_db_id == rows[0]["id"]
				assert bool(record.is_connected) == bool(rows[0]["isConnected"]), (record.as_dict(), rows)

		@invariant()
		def nobody_elses_session_is_touched(self) -> None:
			there = {row["sessionId"]: row for row in self.sandbox.sessions()}
			for session_id, phone in self.strangers.items():
				assert there[session_id]["isConnected"] and there[session_id]["phoneNumber"] == phone

		@invariant()
		def nobody_elses_data_is_kept(self) -> None:
			numbers = frappe.get_all(SESSION, filters={"name": ("like", "test%")}, pluck="phone_number")
			assert not set(numbers) & set(self.strangers.values())

		@invariant()
		def one_record_has_one_session(self) -> None:
			for name in NAMES:
				assert len(self.on_server(name)) <= 1

		@invariant()
		def at_most_one_alert_for_each_drop_and_none_for_a_click(self) -> None:
			for name in NAMES:
				filters = {"document_name": self.ids[name], "for_user": "manager@example.com"}
				subjects = frappe.get_all("Notification Log", filters=filters, pluck="subject")
				drops = [words for words in subjects if "again" not in words]
				assert len(drops) <= self.drops[name], (name, subjects, self.drops)

	return Walk
