"""A click or a read that the server refuses, fails at or answers with nonsense: what is believed, and what is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import diagnosis, session
from xappiens_whatsapp.background import jobs, reconciliation
from xappiens_whatsapp.server.exceptions import (
	ConnectsInVain,
	GatewayError,
)
from xappiens_whatsapp.sessions import nudges, reasons
from xappiens_whatsapp.tests.base import MANAGER
from xappiens_whatsapp.tests.test_alerts import AlertsTestCase
from xappiens_whatsapp.tests.test_truth import TruthTestCase

CORRECT_IT = "Correct what it names"


class StateTestCase(TruthTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.sandbox.behave(
			list_shape="sessions", strict=False, without_headers=[], reasons="words", exclusive_numbers=True
		)

	def state(self, name: str) -> tuple[str, str]:
		fresh = self.fresh(name)
		return fresh.status, fresh.error_code or ""

	def changing(self) -> list[str]:
		return [line for line in self.sent() if not line.startswith("GET")]


class TestRefusals(StateTestCase):
	def refused(self, name: str) -> None:
		self.sandbox.behave(list_shape="database")
		self.sandbox.fault("status", "refusal", name="not_connected", times=None)

	def test_a_refusal_that_states_the_state_is_believed_by_status_pass_and_webhook(self):
		routes: dict[str, tuple[Callable[[str], Any], str]] = {
			"status": (session.get_session_status, ""),
			"pass": (lambda _name: reconciliation.reconcile(), ""),
			"diagnosis": (diagnosis.diagnose, ""),
			"webhook": (self.told_by_webhook, "401"),
		}
		for route, (learn, code) in routes.items():
			with self.subTest(route):
				name = self.linked()
				self.refused(name)
				learn(name)
				self.assertEqual(self.state(name), ("Disconnected", code))
				self.assertNotIn(CORRECT_IT, self.fresh(name).error_message or "")
				self.sandbox.clear_faults()
				session.get_session_status(name)
				self.assertEqual(self.state(name), ("Connected", ""))
				self.sandbox.behave(list_shape="sessions")

	def told_by_webhook(self, name: str) -> None:
		nudges.enqueue_refresh(name, "logout")
		jobs.refresh_session(name)

	def test_a_reason_that_comes_after_the_refusal_is_kept(self):
		name = self.linked()
		self.refused(name)
		session.get_session_status(name)
		self.told_by_webhook(name)
		self.assertEqual(self.state(name), ("Disconnected", "401"))
		reconciliation.reconcile()
		self.assertEqual(self.state(name), ("Disconnected", "401"))

	def test_a_refused_action_asks_for_the_state_and_tells_it(self):
		self.settings(disconnect_mode="Keep on the server")
		name = self.linked()
		self.sandbox.drop(name, 428)
		self.sandbox.fault("disconnect", "refusal", name="not_connected")
		self.assertTrue(session.disconnect_session(name)["success"])
		self.assertEqual(self.state(name)[0], "Disconnected")
		self.assertIn("/status", self.sent("GET")[-1])

	def test_a_restart_that_is_refused_says_what_is_true(self):
		name = self.linked()
		self.sandbox.drop(name, 401)
		self.sandbox.fault("restart", "refusal", name="not_connected")
		answer = self.call("restart_session", user=MANAGER, session_id=name)
		self.assertNotEqual(answer.status, 500)
		self.assertNotIn(CORRECT_IT, answer.words)
		self.assertEqual(self.state(name), ("Disconnected", "401"))
		self.assertEqual(self.call("restart_session", user=MANAGER, session_id=name).status, 200)

	def test_a_create_that_is_refused_because_the_session_is_there_finds_it(self):
		name = self.linked()
		frappe.db.set_value(SESSION, name, {"status": "Disconnected", "is_connected": 0, "session_db_id": 0})
		frappe.db.commit()
		for refusal in ("already_connected", "already_connected_conflict", "already_connected_text"):
			with self.subTest(refusal):
				self.sandbox.fault("create", "refusal", name=refusal)
				self.assertEqual(session.create_session(name, "Ventas")["status"], "Connected")
				self.assertEqual(self.fresh(name).session_db_id, self.remote_id(name))
		new = self.new_id()
		self.sandbox.fault("create", "refusal", name="already_connected")
		with self.assertRaises(GatewayError):
			session.create_session(new, "Ventas")
		self.assertTrue(session.create_session(new, "Ventas")["success"])


class TestUnknownOutcomes(AlertsTestCase):
	def test_a_delete_that_finds_nothing_is_believed_only_where_nothing_is_there(self):
		for act in (session.disconnect_session, session.delete_session):
			with self.subTest(act.__name__):
				doc = self.linked_session()
				self.sandbox.fault("delete", "http", status=404, code="SESSION_NOT_FOUND")
				with self.assertRaises(GatewayError):
					act(doc.name)
				self.assertEqual(self.fresh(doc.name).status, "Connected")
				self.assertEqual([row["sessionId"] for row in self.sandbox.sessions()], [doc.session_id])
				act(doc.name)
				self.assertEqual(self.sandbox.sessions(), [])

	def test_done_but_answered_500_or_nothing_is_done_and_nobody_is_alarmed(self):
		for mode, route in (("Delete on the server", "delete"), ("Keep on the server", "disconnect")):
			for kind, details in (("http", {"status": 500}), ("cut", {}), ("reset", {"performed": True})):
				with self.subTest(route, kind=kind):
					self.settings(disconnect_mode=mode)
					doc = self.linked_session()
					if kind == "cut":
						self.sandbox.fault(route, kind)
					else:
						self.sandbox.fault(route, kind, **{"performed": True, **details})
					session.disconnect_session(doc.name)
					self.observe(doc)
					fresh = self.fresh(doc.name)
					self.assertEqual((fresh.status, fresh.down_since), ("Disconnected", None))
					self.assertEqual(bool(fresh.session_db_id), route == "disconnect")
					self.assertEqual(self.told(doc), [])

	def test_a_record_is_deleted_although_the_server_answered_500(self):
		doc = self.linked_session()
		self.sandbox.fault("delete", "http", status=500, performed=True)
		session.delete_session(doc.name)
		self.assertFalse(frappe.db.exists(SESSION, doc.name))

	def test_what_the_server_did_not_do_is_not_done(self):
		doc = self.linked_session()
		self.sandbox.fault("delete", "http", status=500)
		with self.assertRaises(GatewayError):
			session.disconnect_session(doc.name)
		self.assertEqual(self.fresh(doc.name).status, "Connected")
		session.disconnect_session(doc.name)
		self.assertEqual(self.fresh(doc.name).status, "Disconnected")


class TestCreate(StateTestCase):
	def test_an_inline_code_that_is_none_does_not_undo_a_create(self):
		for variant in ("jpeg_qr", "undefined_qr", "blank_qr", "object_qr", "null_word_qr"):
			with self.subTest(variant):
				self.sandbox.fault("create", "variant", name=variant)
				answer = self.call(
					"create_session", user=MANAGER, session_id=self.new_id(), session_name="Ventas"
				)
				self.assertEqual(answer.status, 200, answer.text[-300:])
				self.assertTrue(self.fresh(answer.message["session"]).session_db_id)
				self.assertFalse(answer.message.get("qr_code"))

	def test_codes_that_nobody_scanned_are_no_lost_connection(self):
		for style in ("words", "names", "texts", "codes", "nested", "gateway"):
			with self.subTest(style):
				self.sandbox.behave(reasons=style)
				name = self.create()
				self.sandbox.drop(name, 408, "qr_timeout")
				session.get_session_status(name)
				self.assertEqual(self.state(name), ("Disconnected", reasons.QR_TIMEOUT))
				self.assertIn("Nobody scanned", self.fresh(name).error_message)


class TestConnect(StateTestCase):
	def test_nothing_but_a_read_goes_to_a_session_that_is_connected(self):
		for click in (session.connect_session, session.create_session):
			name = self.linked()
			frappe.db.set_value(SESSION, name, {"status": "Disconnected", "is_connected": 0})
			frappe.db.commit()
			self.sandbox.clear_requests()
			click(name) if click is session.connect_session else click(name, "Ventas")
			asked = [] if click is session.connect_session else ["POST /api/sessions"]
			self.assertEqual(self.changing(), asked)
			self.assertEqual(self.state(name)[0], "Connected")

	def test_a_pairing_link_neither(self):
		name = self.linked()
		frappe.db.set_value(SESSION, name, {"status": "Disconnected", "is_connected": 0})
		frappe.db.commit()
		self.sandbox.clear_requests()
		self.call("xappiens_whatsapp.api.pairing.create_link", user=MANAGER, session_id=name)
		self.assertEqual(self.changing(), [])
		self.assertEqual(self.state(name)[0], "Connected")

	def test_the_second_failure_offers_to_create_again(self):
		name = self.linked()
		self.sandbox.drop(name, 428)
		self.sandbox.break_credentials(name)
		with self.assertRaises(GatewayError) as first:
			session.connect_session(name)
		self.assertNotIsInstance(first.exception, ConnectsInVain)
		with self.assertRaises(ConnectsInVain):
			session.connect_session(name)
		session.recreate_session(name)
		self.assertIn(self.state(name), [("QR Code Required", ""), ("Connecting", "")])

	def test_and_goes_on_to_offer_it_whoever_looks_until_something_else_is_wrong(self):
		name = self.linked()
		self.sandbox.drop(name, 428)
		self.sandbox.break_credentials(name)
		for _click in range(2):
			with self.assertRaises(GatewayError):
				session.connect_session(name)
		for look in (session.get_session_status, self.told_by_pass, jobs.refresh_session):
			look(name)
			self.assertEqual(self.state(name), ("Disconnected", reasons.CONNECTS_IN_VAIN))
		self.sandbox.drop(name, 401)
		session.get_session_status(name)
		self.assertEqual(self.state(name), ("Disconnected", "401"))

	def told_by_pass(self, _name: str) -> None:
		reconciliation.reconcile()
