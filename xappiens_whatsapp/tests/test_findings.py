"""What records and server disagree about, and the actions on it."""

from __future__ import annotations

import frappe

from xappiens_whatsapp.api import diagnosis, session
from xappiens_whatsapp.server.exceptions import GatewayAuthenticationError, GatewayRateLimited
from xappiens_whatsapp.tests.test_diagnosis import DiagnosisTestCase


class FindingsTestCase(DiagnosisTestCase):
	def setUp(self) -> None:
		super().setUp()
		for row in self.sandbox.sessions():
			self.sandbox.forget(row["sessionId"])

	def findings(self, session_id: str | None = None) -> list[dict]:
		found = self.walk(session_id)["findings"]
		return [finding for finding in found if finding["session_id"].startswith("test_")]

	def kinds(self, session_id: str | None = None) -> dict[str, str]:
		return {finding["session_id"]: finding["kind"] for finding in self.findings(session_id)}

	def remote_id(self, session_id: str) -> int:
		return next(row["id"] for row in self.sandbox.sessions() if row["sessionId"] == session_id)


class TestFindings(FindingsTestCase):
	def test_records_and_server_that_agree_yield_nothing(self):
		self.linked_session(phone_number="34600000001")
		self.linked_session(phone_number="34600000002")
		self.assertEqual(self.findings(), [])

	def test_each_kind_names_its_session_and_what_may_be_done(self):
		missing, unnumbered, mismatched = self.create(), self.create(), self.create()
		self.sandbox.forget(missing)
		frappe.db.set_value("WhatsApp Session", unnumbered, "session_db_id", 0)
		self.sandbox.renumber(mismatched)
		unknown = self.sandbox.add("test_unknown_here")
		found = {finding["session_id"]: finding for finding in self.findings()}
		expected = {
			missing: ("missing_on_server", missing, ["relink", "delete"]),
			unnumbered: ("number_missing", unnumbered, ["relink"]),
			mismatched: ("number_mismatch", mismatched, ["relink"]),
			"test_unknown_here": ("unknown_here", None, ["adopt", "delete"]),
		}
		self.assertEqual(
			{key: (item["kind"], item["session"], item["actions"]) for key, item in found.items()}, expected
		)
		self.assertEqual(found["test_unknown_here"]["session_db_id"], unknown["id"])

	def test_one_phone_number_in_two_sessions_is_told_for_both(self):
		first = self.create()
		self.sandbox.scan(first, phone_number="34600000007")
		self.sandbox.add("test_twin", phone_number="34600000007")
		session.get_session_status(first)
		twin = diagnosis.adopt_session(self.remote_id("test_twin"))["session"]
		self.assertEqual(self.kinds(), {first: "phone_twice", twin: "phone_twice"})
		title = self.findings()[0]["title"]
		self.assertTrue(all(part in title for part in (first, twin, "34600000007")))

	def test_a_session_has_its_own_findings_only_and_one_list_pass_serves_all(self):
		first, second = self.create(), self.create()
		self.sandbox.renumber(first)
		self.sandbox.renumber(second)
		self.assertEqual(self.kinds(second), {second: "number_mismatch"})
		self.assertEqual(self.sent(), ["GET /health", "GET /api/sessions", "GET /api/sessions"])

	def test_looking_changes_neither_records_nor_server(self):
		name = self.create()
		self.sandbox.renumber(name)
		self.sandbox.add("test_unknown_here")
		before = (self.fresh(name).as_dict(), self.sandbox.sessions())
		self.findings()
		self.assertEqual((self.fresh(name).as_dict(), self.sandbox.sessions()), before)
		self.assertEqual([row for row in self.sent() if not row.startswith("GET")], [])


class TestActions(FindingsTestCase):
	def test_adopting_makes_a_record_with_number_state_and_phone(self):
		added = self.sandbox.add("test_adopted", session_name="Tienda", phone_number="34600000003")
		answer = diagnosis.adopt_session(added["id"])
		doc = self.fresh(answer["session"])
		self.assertEqual(
			(doc.session_name, doc.session_db_id, doc.status), ("Tienda", added["id"], "Connected")
		)
		self.assertEqual(doc.phone_number, "34600000003")
		self.assertEqual(self.findings(), [])
		self.assertEqual(diagnosis.adopt_session(added["id"])["session"], doc.name)

	def test_a_number_that_the_server_does_not_list_is_not_adopted(self):
		with self.assertRaises(frappe.DoesNotExistError):
			diagnosis.adopt_session(999999999)
		self.assertEqual(frappe.db.count("WhatsApp Session", {"session_db_id": 999999999}), 0)
		added = self.sandbox.add("test_adopted")
		self.assertEqual(diagnosis.adopt_session(added["id"])["session"], "test_adopted")

	def test_linking_again_stores_a_number_that_changed_or_was_missing(self):
		name = self.create()
		current = self.sandbox.renumber(name)
		answer = diagnosis.relink_session(name)
		self.assertEqual(answer["session_db_id"], current)
		self.assertEqual(self.fresh(name).session_db_id, current)
		self.assertEqual(self.findings(), [])

	def test_linking_again_creates_what_the_server_lost(self):
		name = self.create()
		self.sandbox.forget(name)
		self.sandbox.clear_requests()
		answer = diagnosis.relink_session(name)
		self.assertEqual(answer["session_db_id"], self.remote_id(name))
		self.assertIn("View QR", answer["message"])
		self.assertEqual(self.sent("POST").count("POST /api/sessions"), 1)
		self.assertTrue(session.get_qr_code(name)["ready"])

	def test_deleting_a_finding_with_a_record_removes_record_and_session(self):
		name = self.create()
		diagnosis.delete_finding(session_id=name, session_db_id=self.remote_id(name))
		self.assertFalse(frappe.db.exists("WhatsApp Session", name))
		self.assertNotIn(name, [row["sessionId"] for row in self.sandbox.sessions()])

	def test_deleting_an_unknown_session_removes_that_one_and_no_other(self):
		kept = self.create()
		added = self.sandbox.add("test_unknown_here")
		diagnosis.delete_finding(session_db_id=added["id"])
		self.assertEqual([row["sessionId"] for row in self.sandbox.sessions()], [kept])

	def test_a_session_with_a_record_is_not_deleted_by_its_number_alone(self):
		name = self.create()
		with self.assertRaises(frappe.ValidationError):
			diagnosis.delete_finding(session_db_id=self.remote_id(name))
		self.assertEqual(self.sent("DELETE"), [])
		with self.assertRaises(frappe.ValidationError):
			diagnosis.delete_finding()
		diagnosis.delete_finding(session_id=name, session_db_id=self.remote_id(name))
		self.assertEqual(len(self.sent("DELETE")), 1)

	def test_missing_numbers_are_filled_with_one_pass_over_the_list(self):
		first, second = self.create(), self.create()
		numbers = {name: self.remote_id(name) for name in (first, second)}
		for name in numbers:
			frappe.db.set_value("WhatsApp Session", name, "session_db_id", 0)
		lost = self.new_record()
		self.sandbox.clear_requests()
		answer = diagnosis.fill_missing_numbers()
		filled = {row["session"]: row["session_db_id"] for row in answer["filled"]}
		self.assertEqual({name: filled.get(name) for name in numbers}, numbers)
		self.assertIn(lost.name, [row["session"] for row in answer["unknown"]])
		self.assertEqual({name: self.fresh(name).session_db_id for name in numbers}, numbers)
		self.assertEqual(self.sent(), ["GET /api/sessions"])

	def test_a_server_that_fails_leaves_everything_and_the_next_try_works(self):
		added = self.sandbox.add("test_later")
		self.sandbox.fault("list", "rate_limit", reset=5)
		with self.assertRaises(GatewayRateLimited):
			diagnosis.adopt_session(added["id"])
		self.assertFalse(frappe.db.exists("WhatsApp Session", "test_later"))
		frappe.cache.delete_keys("whatsapp_")
		self.settings(api_key="another-key-0000")
		with self.assertRaises(GatewayAuthenticationError):
			diagnosis.adopt_session(added["id"])
		self.settings()
		self.assertEqual(diagnosis.adopt_session(added["id"])["session"], "test_later")
