"""The phone that a session is meant for, and another one that is linked in its place."""

from __future__ import annotations

from typing import Any

import frappe

from xappiens_whatsapp import SESSION, SESSION_EVENT
from xappiens_whatsapp.api import phone, session
from xappiens_whatsapp.background import reconciliation
from xappiens_whatsapp.server.exceptions import ChangedMeanwhile, GatewayError
from xappiens_whatsapp.tests.base import MANAGER
from xappiens_whatsapp.tests.test_alerts import AlertsTestCase

PHONE, OTHER, THIRD = "34600000021", "34600000022", "34600000023"


class RightPhoneTestCase(AlertsTestCase):
	sandbox_options = {"qr_delay": 0.0, "scan_delay": 0.0, "rate_limit": 1000}

	def meant_for(self, phone_number: str | None = f"+{PHONE}") -> Any:
		created = session.create_session(self.new_id(), "Ventas", phone_number=phone_number)
		return self.fresh(created["session"])

	def scanned_by(self, doc: Any, phone_number: str) -> Any:
		session.get_session_status(doc.name)
		self.sandbox.scan(doc.session_id, phone_number)
		session.get_session_status(doc.name)
		return self.fresh(doc.name)

	def wrong(self) -> Any:
		return self.scanned_by(self.meant_for(), OTHER)

	def on_server(self, doc: Any) -> list[dict[str, Any]]:
		return [row for row in self.sandbox.sessions() if row["sessionId"] == doc.session_id]


class TestExpected(RightPhoneTestCase):
	def test_a_create_stores_it_and_tells_the_server_its_digits(self):
		doc = self.meant_for("+34 600 000 021")
		self.assertEqual(doc.expected_number, f"+{PHONE}")
		self.assertEqual(self.on_server(doc)[0]["expectedNumber"], PHONE)

	def test_a_number_that_is_none_is_refused_and_nothing_is_made(self):
		new = {"session_id": self.new_id(), "session_name": "x"}
		response = self.call("create_session", user=MANAGER, **new, phone_number="+34 6x0")
		self.assertEqual(response.status, 417)
		self.assertFalse(frappe.db.exists(SESSION, new["session_id"]))
		response = self.call("create_session", user=MANAGER, **new, phone_number=f"+{PHONE}")
		self.assertEqual(response.status, 200, response.text)

	def test_a_save_refuses_what_is_none_and_the_next_one_works(self):
		name = self.new_record().name
		for typed in ("ventas", "+999 1", "12", "+34 600 000 021 77 88 99 11", "<b>600000021</b>"):
			with self.subTest(typed), self.assertRaises(frappe.ValidationError):
				self.fresh(name).update({"expected_number": typed}).save()
		for typed, stored in (("+34 600-000-021", f"+{PHONE}"), ("  ", None), (PHONE, f"+{PHONE}")):
			self.fresh(name).update({"expected_number": typed}).save()
			frappe.db.commit()
			self.assertEqual(self.fresh(name).expected_number or None, stored)

	def test_a_record_made_by_hand_tells_the_server_too_whoever_creates_the_session(self):
		doc = self.new_record(expected_number=f"+{PHONE}")
		session.connect_session(doc.name)
		self.assertEqual(self.on_server(doc)[0]["expectedNumber"], PHONE)

	def test_a_create_of_a_record_fills_it_in_and_overrules_nobody(self):
		doc = self.meant_for(None)
		again = {"session_id": doc.session_id, "session_name": "Ventas"}
		for phone_number, status in ((f"+{PHONE}", 200), (f"+{PHONE}", 200), (f"+{OTHER}", 417), (None, 200)):
			response = self.call("create_session", user=MANAGER, **again, phone_number=phone_number)
			self.assertEqual(response.status, status, response.text)
			self.assertEqual(self.fresh(doc.name).expected_number, f"+{PHONE}")
		self.assertEqual(len(self.on_server(doc)), 1)

	def test_two_records_may_expect_the_same_phone(self):
		for _count in range(2):
			self.assertEqual(self.new_record(expected_number=f"+{PHONE}").expected_number, f"+{PHONE}")

	def test_until_a_phone_is_linked_nothing_is_known_of_it(self):
		"""The server repeats the number that it was given."""
		doc = self.meant_for()
		session.get_session_status(doc.name)
		after = self.fresh(doc.name)
		self.assertEqual((after.phone_number or None, after.wrong_phone), (None, 0))
		self.sandbox.behave(reasons="codes")
		self.addCleanup(self.sandbox.behave, reasons="words")
		self.sandbox.drop(doc.session_id, 408)
		session.get_session_status(doc.name)
		self.assertEqual(self.fresh(doc.name).error_code, "QR_TIMEOUT")


class TestLinked(RightPhoneTestCase):
	def test_the_expected_phone_is_connected_and_needs_nobody(self):
		doc = self.scanned_by(self.meant_for(), PHONE)
		self.assertEqual((doc.wrong_phone, doc.needs_attention, doc.phone_number), (0, 0, PHONE))

	def test_another_one_needs_attention_and_the_answer_says_it(self):
		doc = self.wrong()
		self.assertEqual((doc.status, doc.wrong_phone, doc.needs_attention), ("Connected", 1, 1))
		data = session.get_session_status(doc.name)["data"]
		said = (data["wrong_phone"], data["phoneNumber"], data["expected_number"])
		self.assertEqual(said, (True, OTHER, f"+{PHONE}"))

	def test_a_hidden_id_accuses_nobody(self):
		doc = self.meant_for()
		session.get_session_status(doc.name)
		self.sandbox.scan(doc.session_id, OTHER)
		self.sandbox.sessions()
		linked = self.sandbox.registry.named(doc.session_id)
		linked.linked_number = "187123456789012@lid"
		session.get_session_status(doc.name)
		after = self.fresh(doc.name)
		self.assertEqual((after.status, after.wrong_phone, after.needs_attention), ("Connected", 0, 0))
		linked.linked_number = OTHER
		session.get_session_status(doc.name)
		self.assertTrue(self.fresh(doc.name).wrong_phone)

	def test_the_expectation_that_changes_while_it_is_connected_counts_at_once(self):
		doc = self.scanned_by(self.meant_for(None), OTHER)
		for expected, wrong in ((f"+{PHONE}", 1), (f"+{OTHER}", 0), (f"+{PHONE}", 1), ("", 0)):
			doc = self.fresh(doc.name)
			doc.update({"expected_number": expected}).save()
			frappe.db.commit()
			after = self.fresh(doc.name)
			self.assertEqual((after.wrong_phone, after.needs_attention), (wrong, wrong))

	def test_a_pass_over_the_list_finds_it_too(self):
		doc = self.meant_for()
		session.get_session_status(doc.name)
		self.sandbox.scan(doc.session_id, OTHER)
		reconciliation.reconcile()
		self.assertTrue(self.fresh(doc.name).wrong_phone)


class TestKeep(RightPhoneTestCase):
	def test_it_becomes_the_expected_one_and_a_form_from_before_is_not_saved_over_it(self):
		doc = self.wrong()
		answer = phone.keep_phone(doc.name, f"+{OTHER}")
		self.assertIn(f"+{OTHER}", answer["message"])
		after = self.fresh(doc.name)
		self.assertEqual(
			(after.expected_number, after.wrong_phone, after.needs_attention), (f"+{OTHER}", 0, 0)
		)
		with self.assertRaises(frappe.TimestampMismatchError):
			doc.update({"description": "x"}).save()
		self.assertEqual(self.fresh(doc.name).expected_number, f"+{OTHER}")
		self.fresh(doc.name).update({"description": "x"}).save()
		frappe.db.commit()
		after = self.fresh(doc.name)
		self.assertEqual((after.expected_number, after.description), (f"+{OTHER}", "x"))

	def test_its_story_tells_what_was_decided(self):
		for decide, event in ((phone.keep_phone, "Changed"), (phone.unlink_phone, "Disconnected")):
			doc = self.wrong()
			decide(doc.name)
			filters = {"session": doc.name, "event": event, "by_user": "Administrator"}
			self.assertEqual(frappe.db.count(SESSION_EVENT, filters), 1)

	def test_where_no_other_phone_is_linked_nothing_is_kept_or_unlinked(self):
		right, unlinked = self.scanned_by(self.meant_for(), PHONE), self.meant_for()
		for doc in (right, unlinked):
			for decide in (phone.keep_phone, phone.unlink_phone):
				with self.assertRaises(ChangedMeanwhile):
					decide(doc.name)
				self.assertEqual(self.fresh(doc.name).expected_number, f"+{PHONE}")
				self.assertEqual(len(self.on_server(doc)), 1)
		for decide in (phone.keep_phone, phone.unlink_phone):
			self.assertTrue(decide(self.scanned_by(self.meant_for(), OTHER).name)["success"])

	def test_who_saw_a_third_phone_decides_nothing_about_this_one(self):
		doc = self.wrong()
		for decide in (phone.keep_phone, phone.unlink_phone):
			with self.assertRaises(ChangedMeanwhile):
				decide(doc.name, f"+{THIRD}")
		self.assertEqual(self.fresh(doc.name).expected_number, f"+{PHONE}")
		self.assertTrue(self.on_server(doc)[0]["isConnected"])
		phone.keep_phone(doc.name)
		self.assertFalse(self.fresh(doc.name).wrong_phone)


class TestUnlink(RightPhoneTestCase):
	def test_the_phone_is_logged_out_and_the_next_one_can_scan(self):
		for mode in ("Delete on the server", "Keep on the server"):
			with self.subTest(mode):
				self.settings(disconnect_mode=mode)
				doc = self.wrong()
				answer = phone.unlink_phone(doc.name, OTHER)
				self.assertIn(f"+{PHONE}", answer["message"])
				after = self.fresh(doc.name)
				self.assertNotEqual(after.session_db_id, doc.session_db_id)
				self.assertEqual((after.phone_number or None, after.wrong_phone), (None, 0))
				self.assertEqual(len(self.on_server(doc)), 1)
				done = self.scanned_by(after, PHONE)
				self.assertEqual((done.status, done.wrong_phone, done.needs_attention), ("Connected", 0, 0))

	def test_a_right_phone_that_came_meanwhile_is_not_logged_out(self):
		doc = self.wrong()
		self.sandbox.drop(doc.session_id, 401)
		self.sandbox.registry.named(doc.session_id).link(PHONE, 0)
		with self.assertRaises(ChangedMeanwhile):
			phone.unlink_phone(doc.name)
		self.assertTrue(self.on_server(doc)[0]["isConnected"])
		self.assertFalse(self.fresh(doc.name).wrong_phone)
		self.sandbox.drop(doc.session_id, 401)
		self.sandbox.registry.named(doc.session_id).link(OTHER, 0)
		self.assertTrue(phone.unlink_phone(doc.name)["success"])

	def test_a_server_that_cannot_be_asked_loses_nothing(self):
		doc = self.wrong()
		self.sandbox.fault("*", "http", times=None, status=503)
		with self.assertRaises(GatewayError):
			phone.unlink_phone(doc.name)
		after = self.fresh(doc.name)
		self.assertEqual((after.wrong_phone, after.session_db_id), (1, doc.session_db_id))
		self.sandbox.clear_faults()
		phone.unlink_phone(doc.name)
		self.assertFalse(self.fresh(doc.name).wrong_phone)

	def test_a_create_that_fails_afterwards_leaves_the_record_ready_for_another(self):
		doc = self.wrong()
		self.sandbox.fault("create", "http", status=503)
		with self.assertRaises(GatewayError):
			phone.unlink_phone(doc.name)
		self.assertEqual(self.on_server(doc), [])
		after = self.fresh(doc.name)
		self.assertEqual((after.wrong_phone, after.session_db_id, after.expected_number), (0, 0, f"+{PHONE}"))
		session.connect_session(doc.name)
		self.assertEqual(self.on_server(doc)[0]["expectedNumber"], PHONE)
