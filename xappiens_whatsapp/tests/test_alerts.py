"""Who hears of a lost number, how often, and when nobody should."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe
from frappe.utils import add_to_date, now_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp import alerts as alerts_before
from xappiens_whatsapp.api import session
from xappiens_whatsapp.background import jobs, notices, reconciliation
from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.tests.base import AGENT, MANAGER, NOBODY, VIEWER, WhatsAppTestCase
from xappiens_whatsapp.tests.workers import run_jobs


class AlertsTestCase(WhatsAppTestCase):
	def observe(self, doc: Any) -> None:
		"""What a webhook's job does; then whatever that queued."""
		jobs.refresh_session(doc.name)
		frappe.db.commit()
		run_jobs()

	def mailed(self, doc: Any) -> list[str]:
		filters = {"reference_doctype": SESSION, "reference_name": doc.name}
		return frappe.get_all("Email Queue", filters=filters, pluck="message")


class TestDrop(AlertsTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.change_user(MANAGER, "language", "en", afterwards="en")

	def test_reaches_assigned_users_and_managers_once_with_the_reason(self):
		doc = self.linked_session()
		self.assign(doc.name, AGENT, "Agent")
		self.sandbox.drop(doc.session_id, 440)
		for _observation in range(3):
			self.observe(doc)
		for user in (AGENT, MANAGER):
			self.assertEqual(len(self.told(doc, user)), 1)
			self.assertIn("opened by a second server", self.told(doc, user)[0])
		self.assertEqual(self.told(doc, VIEWER) + self.told(doc, NOBODY), [])
		after = self.fresh(doc.name)
		self.assertTrue(after.down_since and after.alerted_on)

	def test_the_recovery_is_told_once_with_the_time_down_and_the_next_drop_again(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 428)
		self.observe(doc)
		frappe.db.set_value(SESSION, doc.name, "down_since", add_to_date(now_datetime(), hours=-3))
		frappe.db.commit()
		self.reconnect(doc)
		for _observation in range(2):
			self.observe(doc)
		messages = self.told(doc, MANAGER)
		self.assertEqual(len(messages), 2)
		self.assertIn("3 hours", messages[1])
		after = self.fresh(doc.name)
		self.assertEqual((after.status, after.down_since, after.alerted_on), ("Connected", None, None))
		self.sandbox.drop(doc.session_id, 428)
		self.observe(doc)
		self.assertEqual(len(self.told(doc, MANAGER)), 3)

	def reconnect(self, doc: Any) -> None:
		with BaileysClient(self.sandbox.url, self.sandbox.api_key) as client:
			client.connect(doc.session_db_id)

	def test_is_told_whoever_notices_it(self):
		for notice in (session.get_session_status, lambda _name: reconciliation.reconcile()):
			doc = self.linked_session()
			self.sandbox.drop(doc.session_id, 401)
			notice(doc.name)
			frappe.db.commit()
			run_jobs()
			self.assertEqual(len(self.told(doc, MANAGER)), 1)

	def test_a_session_that_the_server_lost_is_a_drop(self):
		doc = self.linked_session()
		self.sandbox.forget(doc.session_id)
		self.observe(doc)
		self.assertIn("does not know this session", self.told(doc, MANAGER)[0])

	def test_markup_in_a_name_is_shown_as_text(self):
		doc = self.linked_session()
		frappe.db.set_value(SESSION, doc.name, "session_name", "<img src=x onerror=alert(1)>")
		self.sandbox.drop(doc.session_id, 401)
		self.observe(doc)
		self.assertIn("&lt;img", self.told(doc, MANAGER)[0])
		self.assertNotIn("<img src=x", self.told(doc, MANAGER)[0])

	def test_each_person_reads_it_in_their_own_language(self):
		self.change_user(MANAGER, "language", "es", afterwards="en")
		self.change_user(AGENT, "language", "en", afterwards="en")
		doc = self.linked_session()
		self.assign(doc.name, AGENT, "Agent")
		self.sandbox.drop(doc.session_id, 401)
		self.observe(doc)
		self.assertIn("sesión", self.told(doc, MANAGER)[0])
		self.assertIn("session", self.told(doc, AGENT)[0])

	def test_disabled_users_and_assigned_users_without_the_role_hear_nothing(self):
		doc = self.linked_session()
		self.assign(doc.name, NOBODY, "Manager")
		self.assign(doc.name, AGENT, "Agent")
		self.change_user(AGENT, "enabled", 0, afterwards=1)
		self.sandbox.drop(doc.session_id, 401)
		self.observe(doc)
		self.assertEqual(self.told(doc, NOBODY) + self.told(doc, AGENT), [])
		self.assertEqual(len(self.told(doc, MANAGER)), 1)

	def test_nothing_is_told_about_a_session_that_was_deleted_meanwhile(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 401)
		frappe.db.delete(SESSION, {"name": doc.name})
		frappe.db.commit()
		notices.send_waiting()
		for queued_by_the_first_version in (alerts_before.send_drop, alerts_before.send_recovery):
			queued_by_the_first_version(doc.name)
		self.assertEqual(self.told(doc), [])

	def test_a_return_that_the_first_version_queued_says_how_long_it_took(self):
		self.change_user(MANAGER, "language", "en", afterwards="en")
		doc = self.linked_session()
		alerts_before.send_recovery(doc.name, seconds=3900.0)
		self.assertIn("It was down for 65 minutes.", self.told(doc, MANAGER)[0])


class TestMail(AlertsTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.change_user(MANAGER, "language", "en", afterwards="en")

	def test_goes_out_where_outgoing_mail_is_set_up(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 401)
		jobs.refresh_session(doc.name)
		with outgoing_mail():
			notices.send_waiting()
		self.assertEqual(len(self.mailed(doc)), 1)
		self.assertIn("logged out on the phone", self.mailed(doc)[0])

	def test_without_outgoing_mail_the_desk_is_told_all_the_same(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 401)
		self.observe(doc)
		self.assertEqual(len(self.told(doc, MANAGER)), 1)


@contextmanager
def outgoing_mail() -> Iterator[None]:
	"""As a site whose configuration names a mail server; nothing is sent, the queue is only filled."""
	conf = frappe.local.conf
	conf.update({"mail_server": "mail.example.com", "mail_login": "crm@example.com", "mail_password": "x"})
	frappe.local.outgoing_email_account = {}
	try:
		yield
	finally:
		for key in ("mail_server", "mail_login", "mail_password"):
			conf.pop(key, None)
		frappe.local.outgoing_email_account = {}
