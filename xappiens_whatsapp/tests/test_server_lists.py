"""What the server's list says of connections and numbers, and what it does not know."""

from __future__ import annotations

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import diagnosis, session
from xappiens_whatsapp.background import jobs, reconciliation
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import matching, nudges, records
from xappiens_whatsapp.sessions.listing import ServerList
from xappiens_whatsapp.tests.base import MANAGER
from xappiens_whatsapp.tests.test_truth import TruthTestCase


def told_by_webhook(name: str) -> None:
	"""With so many sessions at once that the list is read."""
	nudges.enqueue_refresh(name, "logout")
	nudges.enqueue_refresh(f"{name}_that_is_gone")
	jobs.refresh_waiting()


LEARN_FROM_LISTS = (
	(lambda name: session.refresh_sessions([name]), False),
	(lambda name: diagnosis.adopt_session(frappe.db.get_value(SESSION, name, "session_db_id")), False),
	(lambda _name: reconciliation.reconcile(), True),
	(told_by_webhook, True),
)
"""Ways to read the list, and whether they ask for the session itself although it agrees."""


class TestLists(TruthTestCase):
	def from_the_database(self) -> None:
		self.sandbox.fault("list", "variant", name="database", times=None)

	def test_one_that_does_not_know_the_connection_is_not_believed(self):
		name = self.linked()
		frappe.db.set_value(SESSION, name, {"status": "Disconnected", "session_db_id": 0})
		self.from_the_database()
		answer = session.refresh_sessions([name])
		self.assertEqual(answer["sessions"], {name: "Connected"})
		self.assertEqual(
			self.sent(), ["GET /api/sessions", f"GET /api/sessions/{self.remote_id(name)}/status"]
		)

	def test_one_that_agrees_is_believed_by_every_route_that_has_other_things_to_ask(self):
		for learn, asks in LEARN_FROM_LISTS:
			with self.subTest(asks=asks):
				name = self.linked()
				self.from_the_database()
				learn(name)
				self.assertEqual(self.own_route(name) in self.sent(), asks, self.sent())
				self.assertEqual(self.fresh(name).status, "Connected")
				self.sandbox.clear_faults()
				frappe.delete_doc(SESSION, name)

	def test_one_that_contradicts_is_believed_by_none(self):
		for learn, _asks in LEARN_FROM_LISTS:
			with self.subTest(learn):
				name = self.linked()
				self.sandbox.drop(name, 401)
				self.from_the_database()
				learn(name)
				self.assertIn(self.own_route(name), self.sent())
				fresh = self.fresh(name)
				self.assertEqual((fresh.status, fresh.error_code), ("Disconnected", "401"))
				self.sandbox.clear_faults()
				frappe.delete_doc(SESSION, name)

	def own_route(self, name: str) -> str:
		return f"GET /api/sessions/{self.remote_id(name)}/status"

	def test_adopting_from_such_a_list_asks_for_the_state(self):
		remote = self.sandbox.add(self.new_id(), phone_number="34600000002")
		self.from_the_database()
		name = diagnosis.adopt_session(remote["id"])["session"]
		self.assertEqual(self.fresh(name).status, "Connected")
		self.assertIn(f"GET /api/sessions/{remote['id']}/status", self.sent())

	def test_missing_sessions_are_named_and_the_others_refreshed(self):
		here, gone, never = self.linked(), self.linked(), self.new_record().name
		self.sandbox.forget(gone)
		answer = self.call(
			"refresh_sessions", user=MANAGER, session_ids=frappe.as_json([here, gone, never])
		).message
		self.assertEqual(answer["missing"], [gone, never])
		self.assertEqual(answer["sessions"][here], "Connected")
		self.assertEqual(self.fresh(gone).error_code, "SESSION_MISSING_ON_SERVER")
		session.connect_session(gone)
		again = self.call("refresh_sessions", user=MANAGER, session_ids=frappe.as_json([here, gone]))
		self.assertEqual((again.status, again.message["missing"]), (200, []))

	def test_reading_them_gives_a_record_its_number_back(self):
		name = self.linked()
		frappe.db.set_value(SESSION, name, "session_db_id", 0)
		session.list_sessions()
		self.assertEqual(self.fresh(name).session_db_id, self.remote_id(name))


class TestNumbers(TruthTestCase):
	def test_a_list_that_was_read_before_a_disconnect_does_not_bring_the_number_back(self):
		name = self.linked()
		stale = frappe.get_doc(SESSION, name)
		found = ServerList(gateway.connect_to_server())
		row = found.row_of(name, 0)
		session.disconnect_session(name)
		for learn in (matching.note_number, matching.observe):
			self.assertEqual(learn(stale, row, found), (False, records.OLDER))
		self.assertFalse(self.fresh(name).session_db_id)
		session.delete_session(name)
		for learn in (matching.note_number, matching.observe):
			self.assertEqual(learn(stale, row, found), (False, records.GONE))
		self.assertFalse(frappe.db.exists(SESSION, name))

	def test_an_id_that_the_server_would_refuse_is_told_before_anything_is_sent(self):
		doc = self.new_record()
		frappe.db.set_value(SESSION, doc.name, "session_id", "Ventas Norte")
		self.sandbox.clear_requests()
		with self.assertRaises(frappe.ValidationError) as raised:
			session.connect_session(doc.name)
		self.assertIn("3 to 100 characters", str(raised.exception))
		self.assertNotIn("POST /api/sessions", self.sent())
		frappe.db.set_value(SESSION, doc.name, "session_id", doc.session_id)
		self.assertTrue(session.connect_session(doc.name)["success"])

	def test_a_new_record_does_not_bring_its_own(self):
		victim = self.linked()
		values = {
			"session_id": self.new_id(),
			"session_name": "x",
			"status": "Connected",
			"is_connected": 1,
			"session_db_id": self.remote_id(victim),
		}
		answer = self.request(f"/api/resource/{SESSION}", "POST", MANAGER, values)
		doc = self.fresh(answer.body["data"]["name"])
		self.assertEqual([doc.status, doc.is_connected, doc.session_db_id], ["Disconnected", 0, 0])

	def test_those_of_another_server_are_forgotten_and_found_again(self):
		name = self.linked()
		self.settings(api_base_url="http://127.0.0.1:9")
		self.assertFalse(self.fresh(name).session_db_id)
		self.settings()
		session.get_session_status(name)
		self.assertEqual(self.fresh(name).session_db_id, self.remote_id(name))

	def test_creating_what_is_linked_already_says_so(self):
		name = self.linked()
		frappe.db.set_value(SESSION, name, {"status": "Disconnected", "session_db_id": 0})
		answer = session.create_session(name, "Ventas")
		self.assertEqual(answer["status"], "Connected")
		self.assertIn("linked already", answer["message"])
		number = self.remote_id(name)
		self.assertEqual(
			self.sent(), ["POST /api/sessions", "GET /api/sessions", f"GET /api/sessions/{number}/status"]
		)
