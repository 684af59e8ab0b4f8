"""People, phones, server faults and time, each as one kind of step; and what must hold after every step, and in peace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.walk.alarms import Alarms
from tests.walk.faults import FAULTS
from tests.walk.home import Home
from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import session
from xappiens_whatsapp.background import jobs, reconciliation
from xappiens_whatsapp.tests.workers import run_jobs

NAMES = ("a", "b", "c")
MODES = ("Delete on the server", "Keep on the server")
ENDING = ("disconnect", "recreate", "delete")
STATES = {
	"connected": "Connected",
	"connecting": "Connecting",
	"qr_code": "QR Code Required",
	"disconnected": "Disconnected",
}
names = st.sampled_from(NAMES)


class Walk(RuleBasedStateMachine):
	executed = 0
	"""Steps that did something, of all walks of the process."""

	def __init__(self) -> None:
		super().__init__()
		Home.setUpClass()
		self.home = Home()
		self.home.setUp()
		self.sandbox = self.home.sandbox
		self.ids = {name: self.home.new_id() for name in NAMES}
		self.alarms = Alarms({name: f"Ventas {self.ids[name]}" for name in NAMES})
		self.strangers: dict[str, str] = {}
		self.add_stranger()

	def teardown(self) -> None:
		try:
			self.come_to_rest()
		finally:
			self.home.doCleanups()
			Home.doClassCleanups()

	def did(self, something: object = True) -> None:
		"""A step that found nothing to do is none."""
		type(self).executed += bool(something)

	def on_server(self, name: str) -> list[dict[str, Any]]:
		return [row for row in self.sandbox.sessions() if row["sessionId"] == self.ids[name]]

	def is_linked(self, name: str) -> bool:
		return any(row["isConnected"] for row in self.on_server(name))

	def record(self, name: str) -> Any:
		frappe.db.rollback()
		return frappe.get_doc(SESSION, self.ids[name]) if self.has_record(name) else None

	def has_record(self, name: str) -> bool:
		return bool(frappe.db.exists(SESSION, self.ids[name]))

	def click(self, action: Callable[..., Any], *arguments: Any) -> bool:
		"""What a person does may fail; it has to say so in words, as `ValidationError` and its kin do."""
		frappe.cache.delete_keys("whatsapp_budget")
		try:
			action(*arguments)
		except frappe.ValidationError:
			return False
		finally:
			frappe.db.rollback()
		return True

	@rule(name=names)
	def create(self, name: str) -> None:
		self.alarms.click(name)
		self.click(session.create_session, self.ids[name], self.alarms.titles[name])
		self.see(name)
		self.did()

	@rule(name=names, action=st.sampled_from([*ENDING, "connect", "restart"]), mode=st.sampled_from(MODES))
	def act(self, name: str, action: str, mode: str) -> None:
		if not self.has_record(name):
			return
		frappe.db.set_single_value("WhatsApp Settings", "disconnect_mode", mode)
		frappe.db.commit()
		self.alarms.click(name, is_end=action in ENDING)
		if self.click(getattr(session, f"{action}_session"), self.ids[name]) and action in ENDING:
			self.alarms.settled(name)
		self.see(name)
		self.did()

	def see(self, name: str) -> str:
		record = self.record(name)
		self.alarms.see(name, record.status if record else "")
		return self.alarms.status[name]

	@rule(name=names)
	def look(self, name: str) -> None:
		if self.has_record(name):
			self.click(session.get_session_status, self.ids[name])
			self.did()

	@rule()
	def look_at_all(self) -> None:
		there = [self.ids[name] for name in NAMES if self.has_record(name)]
		self.click(session.refresh_sessions, there)
		self.did(there)

	@rule(name=names)
	def webhook(self, name: str) -> None:
		if self.has_record(name):
			jobs.refresh_session(self.ids[name])
			self.did()

	@rule()
	def pass_over_all(self) -> None:
		frappe.cache.delete_keys("whatsapp_budget")
		self.did(reconciliation.reconcile())

	@rule()
	def workers(self) -> None:
		run_jobs()
		self.did()

	@rule(name=names)
	def scan(self, name: str) -> None:
		if any(row["status"] == "qr_code" for row in self.on_server(name)):
			self.sandbox.scan(self.ids[name], phone_number=f"3460000000{NAMES.index(name)}")
			self.did()

	@initialize(linked=st.sets(names))
	def begin(self, linked: set[str]) -> None:
		for name in sorted(linked):
			self.link(name)

	@rule(name=names)
	def link(self, name: str) -> None:
		"""What the page with the QR code does, from the click to the green tick."""
		self.create(name)
		self.act(name, "connect", MODES[0])
		self.scan(name)
		self.look(name)

	@rule(name=names, is_heard=st.booleans())
	def come_back(self, name: str, is_heard: bool) -> None:
		"""The server tries again by itself; without credentials it ends up with a code."""
		if self.on_server(name) and not self.is_linked(name):
			self.sandbox.drop(self.ids[name], 428, back_after=0.0)
			self.hear(name, is_heard)
			self.did()

	def hear(self, name: str, is_heard: bool) -> None:
		"""Of a change on the server, unless its webhook is lost."""
		if is_heard and self.has_record(name):
			jobs.refresh_session(self.ids[name])
			run_jobs()

	@rule(name=names, code=st.sampled_from([401, 403, 408, 428, 440, 500, 515]), is_heard=st.booleans())
	def drop(self, name: str, code: int, is_heard: bool) -> None:
		if self.on_server(name):
			self.lose(name)
			self.sandbox.drop(self.ids[name], code)
			self.hear(name, is_heard)
			self.did()

	def lose(self, name: str) -> None:
		if self.is_linked(name):
			self.see(name)
			self.alarms.dropped(name)

	@rule(name=names)
	def forget(self, name: str) -> None:
		if self.on_server(name):
			self.lose(name)
			self.sandbox.forget(self.ids[name])
			self.did()

	@rule(name=names)
	def renumber(self, name: str) -> None:
		if self.on_server(name):
			self.sandbox.renumber(self.ids[name])
			self.did()

	@rule(first=st.integers(1, 3))
	def start_over(self, first: int) -> None:
		for name in NAMES:
			self.lose(name)
		self.strangers.clear()
		self.sandbox.start_over(first)
		self.add_stranger()
		self.did()

	@rule()
	@precondition(lambda self: len(self.strangers) < 6)
	def stranger(self) -> None:
		self.add_stranger()
		self.did()

	def add_stranger(self) -> None:
		session_id = f"other_{frappe.generate_hash(length=8)}"
		phone = f"3469900000{len(self.strangers)}"
		self.sandbox.add(session_id, phone_number=phone)
		self.strangers[session_id] = phone

	@rule(fault=st.sampled_from(FAULTS))
	def fault(self, fault: tuple[str, str, dict[str, Any]]) -> None:
		route, kind, details = fault
		self.sandbox.fault(route, kind, **details)
		self.did()

	@rule(shape=st.sampled_from(["sessions", "database"]), strict=st.booleans())
	def habits(self, shape: str, strict: bool) -> None:
		self.sandbox.behave(list_shape=shape, strict=strict)
		self.did()

	@rule()
	def a_minute_passes(self) -> None:
		"""What is kept for a minute is over, but not what is kept for longer."""
		cache = frappe.cache
		over = [key for key in cache.get_keys("whatsapp_") if 0 <= cache.ttl(key) <= 60]
		cache.delete_value(over, make_keys=False)
		self.did()

	@rule()
	def peace(self) -> None:
		self.come_to_rest()
		self.did()

	def come_to_rest(self) -> None:
		self.sandbox.clear_faults()
		frappe.cache.delete_keys("whatsapp_budget")
		reconciliation.reconcile()
		run_jobs()
		self.at_most_one_alert_for_each_drop_and_none_for_a_click()
		for name in NAMES:
			self.assert_agreeing(name)
			self.alarms.check_owed(name)

	def assert_agreeing(self, name: str) -> None:
		record, rows = self.record(name), self.on_server(name)
		if record is None:
			assert rows == [], rows
			return
		seen = (record.session_db_id or 0, record.status, bool(record.is_connected))
		there = rows and (rows[0]["id"], STATES[rows[0]["status"]], bool(rows[0]["isConnected"]))
		assert seen == (there or (0, "Disconnected", False)), (record.as_dict(), rows)

	@invariant()
	def what_must_hold_holds(self) -> None:
		self.nobody_elses_session_is_touched()
		self.nothing_is_sent_to_anybody_elses_session()
		self.nobody_elses_data_is_kept()
		self.one_record_has_one_session_and_one_session_one_record()
		self.at_most_one_alert_for_each_drop_and_none_for_a_click()

	def nobody_elses_session_is_touched(self) -> None:
		there = {row["sessionId"]: row for row in self.sandbox.sessions()}
		for session_id, phone in self.strangers.items():
			assert there[session_id]["isConnected"] and there[session_id]["phoneNumber"] == phone
		assert set(there) <= {*self.strangers, *self.ids.values()}, there

	def nothing_is_sent_to_anybody_elses_session(self) -> None:
		theirs = {str(row["id"]) for row in self.sandbox.sessions() if row["sessionId"] in self.strangers}
		for request in self.sandbox.requests:
			parts = request.path.split("/")
			assert request.method == "GET" or not theirs & {*parts[3:4]}, (request.method, request.path)
		self.sandbox.clear_requests()

	def nobody_elses_data_is_kept(self) -> None:
		numbers = frappe.get_all(SESSION, filters={"name": ("like", "test%")}, pluck="phone_number")
		assert not set(numbers) & set(self.strangers.values())

	def one_record_has_one_session_and_one_session_one_record(self) -> None:
		for name in NAMES:
			assert len(self.on_server(name)) <= 1
		filters = {"session_db_id": (">", 0), "name": ("like", "test%")}
		numbers = frappe.get_all(SESSION, filters=filters, pluck="session_db_id")
		assert len(numbers) == len(set(numbers)), numbers

	def at_most_one_alert_for_each_drop_and_none_for_a_click(self) -> None:
		self.alarms.check()
		for name in NAMES:
			if self.see(name) == "Connected" and self.is_linked(name):
				self.alarms.settled(name)
