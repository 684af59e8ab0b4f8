"""Case 53: another phone than the expected one is linked."""

from __future__ import annotations

from typing import Any

import frappe

from xappiens_whatsapp import SESSION, SESSION_EVENT
from xappiens_whatsapp.api import phone, session
from xappiens_whatsapp.background import notices, reconciliation
from xappiens_whatsapp.server.exceptions import ChangedMeanwhile, GatewayError
from xappiens_whatsapp.tests.base import AGENT, MANAGER, VIEWER
from xappiens_whatsapp.tests.test_alerts import AlertsTestCase
from xappiens_whatsapp.tests.test_commands import CommandTestCase
from xappiens_whatsapp.tests.test_doors import KEEPER, DoorsTestCase
from xappiens_whatsapp.tests.workers import run_jobs

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
		name = self.new_id()
		response = self.call(
			"create_session", user=MANAGER, session_id=name, session_name="x", phone_number="+34 6x0"
		)
		self.assertEqual(response.status, 417)
		self.assertFalse(frappe.db.exists(SESSION, name))

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


class TestTold(RightPhoneTestCase):
	def setUp(self) -> None:
		super().setUp()
		for user, language in ((MANAGER, "en"), (AGENT, "es")):
			self.change_user(user, "language", language, afterwards="en")

	def watched(self) -> Any:
		doc = self.meant_for()
		self.assign(doc.name, AGENT, "Manager")
		self.assign(doc.name, VIEWER, "Viewer")
		return doc

	def linked_with_another(self) -> Any:
		doc = self.scanned_by(self.watched(), OTHER)
		for _count in range(3):
			self.observe(doc)
			reconciliation.reconcile()
			run_jobs()
		return doc

	def test_managers_are_told_once_in_their_own_language_with_both_numbers(self):
		doc = self.linked_with_another()
		(english,), (spanish,) = self.told(doc, MANAGER), self.told(doc, AGENT)
		self.assertIn(f"the phone +{OTHER} is linked instead of +{PHONE}", english)
		self.assertIn(f"está vinculado el teléfono +{OTHER} en lugar de +{PHONE}", spanish)
		self.assertEqual(self.told(doc, VIEWER), [])

	def test_the_right_phone_tells_nobody(self):
		doc = self.scanned_by(self.watched(), PHONE)
		self.observe(doc)
		self.assertEqual(self.told(doc), [])

	def test_who_changes_the_expectation_by_hand_is_told_nothing(self):
		doc = self.scanned_by(self.watched(), PHONE)
		doc.update({"expected_number": f"+{THIRD}"}).save()
		frappe.db.commit()
		self.observe(doc)
		reconciliation.reconcile()
		run_jobs()
		self.assertEqual(self.told(doc), [])

	def test_several_come_as_one_message(self):
		docs = [self.meant_for() for _count in range(3)]
		for position, doc in enumerate(docs):
			session.get_session_status(doc.name)
			self.sandbox.scan(doc.session_id, f"3460000003{position}")
		reconciliation.reconcile()
		run_jobs()
		told = [subject for doc in docs for subject in self.told(doc, MANAGER)]
		self.assertEqual(len(told), 1)
		self.assertIn("3 WhatsApp sessions are linked with other phones than expected", told[0])

	def test_the_same_phone_again_within_the_hour_is_not_told_again_and_a_third_one_is(self):
		doc = self.linked_with_another()
		phone.unlink_phone(doc.name)
		doc = self.scanned_by(self.fresh(doc.name), OTHER)
		self.observe(doc)
		self.assertEqual(len(self.told(doc, MANAGER)), 1)
		phone.unlink_phone(doc.name)
		doc = self.scanned_by(self.fresh(doc.name), THIRD)
		self.observe(doc)
		self.assertEqual(len(self.told(doc, MANAGER)), 2)

	def test_a_lost_queue_and_alerts_that_were_off_are_made_up_for_by_the_next_pass(self):
		self.settings(send_alerts=0)
		doc = self.linked_with_another()
		self.assertEqual(self.told(doc), [])
		self.settings(send_alerts=1)
		frappe.cache.delete_keys("whatsapp_")
		reconciliation.reconcile()
		run_jobs()
		self.assertEqual(len(self.told(doc, MANAGER)), 1)

	def test_another_phone_is_no_recovery_and_keeping_it_is(self):
		doc = self.scanned_by(self.watched(), PHONE)
		self.sandbox.drop(doc.session_id, 401)
		self.observe(doc)
		self.assertEqual(len(self.told(doc, MANAGER)), 1)
		session.connect_session(doc.name)
		doc = self.scanned_by(doc, OTHER)
		self.observe(doc)
		self.assertEqual(["instead of" in subject for subject in self.told(doc, MANAGER)], [False, True])
		phone.keep_phone(doc.name)
		notices.send_waiting()
		run_jobs()
		self.assertIn("is connected again", self.told(doc, MANAGER)[-1])


class TestWhoMayExpect(DoorsTestCase):
	def test_managers_write_it_and_nobody_else_by_any_route(self):
		name = self.mine()
		value = {"doctype": SESSION, "name": name, "fieldname": "expected_number", "value": f"+{PHONE}"}
		for user, status in ((VIEWER, 403), (AGENT, 403), (KEEPER, 403), (MANAGER, 200)):
			with self.subTest(user):
				self.request("/api/method/frappe.client.set_value", "POST", user, value)
				put = {"expected_number": f"+{PHONE}"}
				response = self.request(f"/api/resource/{SESSION}/{name}", "PUT", user, put)
				self.assertEqual(response.status, status)
				stored = self.fresh(name).expected_number or None
				self.assertEqual(stored, f"+{PHONE}" if status == 200 else None)
		for user in (VIEWER, AGENT, KEEPER):
			again = {"session_id": name, "session_name": "Ventas", "phone_number": f"+{OTHER}"}
			self.assertEqual(self.call("create_session", user=user, **again).status, 403)
		self.assertEqual(self.fresh(name).expected_number, f"+{PHONE}")

	def test_keepers_of_the_session_decide_about_the_phone(self):
		for function in (
			"xappiens_whatsapp.api.phone.keep_phone",
			"xappiens_whatsapp.api.phone.unlink_phone",
		):
			name = self.mine()
			frappe.db.set_value(SESSION, name, "expected_number", f"+{PHONE}")
			frappe.db.commit()
			self.sandbox.scan(name, OTHER)
			session.get_session_status(name)
			for user, status in ((VIEWER, 403), (AGENT, 403), (KEEPER, 200)):
				self.assertEqual(self.call(function, user=user, session_id=name).status, status)
			self.assertFalse(self.fresh(name).wrong_phone)


class TestShell(CommandTestCase):
	def wrong(self) -> str:
		name = self.new_id()
		self.run_command("create", name, "Ventas", "--phone", f"+{PHONE}")
		session.get_session_status(name)
		self.sandbox.scan(name, OTHER)
		session.get_session_status(name)
		return name

	def test_list_and_status_say_it_and_it_is_kept(self):
		name = self.wrong()
		(line,) = (line for line in self.run_command("list").output.splitlines() if name in line)
		self.assertIn("Wrong Phone", line)
		self.assertIn("Yes", line.split())
		status = self.run_command("status", name)
		self.assertIn(f"Another phone is linked: +{OTHER} instead of +{PHONE}.", status.output)
		kept = self.run_command("keep-phone", name)
		self.assertEqual(kept.exit_code, 0, kept.output)
		self.assertIn(f"+{OTHER} is the expected phone", kept.output)
		self.assertFails(self.run_command("keep-phone", name), 1, "not linked with another phone")
		self.assertNotIn("Wrong Phone", self.run_command("list").output)

	def test_unlinking_asks_first(self):
		name = self.wrong()
		number = self.fresh(name).session_db_id
		refused = self.run_command("unlink-phone", name, input="n\n")
		self.assertEqual((refused.exit_code, self.fresh(name).session_db_id), (1, number))
		self.assertIn("created anew", refused.output)
		self.assertTrue(self.as_json("unlink-phone", name, "--yes")["success"])
		self.assertNotEqual(self.fresh(name).session_db_id, number)

	def test_who_waits_for_the_phone_and_gets_another_is_not_told_success(self):
		name = self.new_id()
		session.create_session(name, "Ventas", phone_number=f"+{PHONE}")
		session.get_session_status(name)
		self.sandbox.scan(name, OTHER)
		waited = self.run_command("qr", name, "--wait", "10")
		self.assertEqual(waited.exit_code, 1, waited.output)
		self.assertIn(f"+{OTHER} instead of +{PHONE}", waited.output)
