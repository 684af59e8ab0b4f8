"""Another phone than the expected one: who is told of it, who decides about it, and what the shell says."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any
from unittest import skipUnless

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import phone, session
from xappiens_whatsapp.background import notices, reconciliation
from xappiens_whatsapp.tests.base import AGENT, MANAGER, VIEWER
from xappiens_whatsapp.tests.test_commands import CommandTestCase
from xappiens_whatsapp.tests.test_doors import KEEPER, DoorsTestCase
from xappiens_whatsapp.tests.test_right_phone import OTHER, PHONE, THIRD, RightPhoneTestCase
from xappiens_whatsapp.tests.workers import run_jobs


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
	def setUp(self) -> None:
		super().setUp()
		self.name = self.mine()

	def expected(self) -> str | None:
		return self.fresh(self.name).expected_number or None

	def test_managers_write_it_and_nobody_else(self):
		for user in (VIEWER, AGENT, KEEPER):
			with self.subTest(user):
				self.assertEqual(self.put(user), 403)
				self.assertIsNone(self.expected())
		self.assertEqual(self.put(MANAGER), 200)
		self.assertEqual(self.expected(), f"+{PHONE}")

	def put(self, user: str) -> int:
		path, values = f"/api/resource/{SESSION}/{self.name}", {"expected_number": f"+{PHONE}"}
		return self.request(path, "PUT", user, values).status

	@skipUnless(find_spec("frappe.utils.bench_helper"), "only a bench has frappe.client.set_value")
	def test_nor_does_anybody_else_by_set_value(self):
		value = {"doctype": SESSION, "name": self.name, "fieldname": "expected_number", "value": f"+{PHONE}"}
		for user, status in ((VIEWER, 403), (AGENT, 403), (KEEPER, 403), (MANAGER, 200)):
			with self.subTest(user):
				answer = self.request("/api/method/frappe.client.set_value", "POST", user, value)
				self.assertEqual(answer.status, status, answer.text[-300:])
				self.assertEqual(self.expected(), f"+{PHONE}" if user == MANAGER else None)

	def test_a_create_by_anybody_else_does_not_change_it(self):
		self.assertEqual(self.put(MANAGER), 200)
		again = {"session_id": self.name, "session_name": "Ventas"}
		for user in (VIEWER, AGENT, KEEPER):
			answer = self.call("create_session", user=user, **again, phone_number=f"+{OTHER}")
			self.assertEqual(answer.status, 403)
			self.assertEqual(self.expected(), f"+{PHONE}")
		self.assertEqual(
			self.call("create_session", user=MANAGER, **again, phone_number=f"+{PHONE}").status, 200
		)

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
