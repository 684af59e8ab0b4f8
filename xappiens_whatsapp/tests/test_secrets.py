"""A database restored with another `encryption_key`: what cannot be read is missing, and can be entered again."""

from __future__ import annotations

import frappe

from xappiens_whatsapp.api import session
from xappiens_whatsapp.background import reconciliation
from xappiens_whatsapp.setup import migration
from xappiens_whatsapp.site import secrets
from xappiens_whatsapp.tests.base import MANAGER, logged_errors
from xappiens_whatsapp.tests.webhooks import SECRET, WebhookTestCase
from xappiens_whatsapp.tests.workers import run_jobs

API = "xappiens_whatsapp.api.settings."
PLACE = {"doctype": "WhatsApp Settings", "name": "WhatsApp Settings"}


class TestUnreadable(WebhookTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.doc = self.linked()
		self.lose_encryption_key()
		self.addCleanup(self.settings, api_key=self.sandbox.api_key, webhook_secret=SECRET)

	def lose_encryption_key(self) -> None:
		"""As after a restore: what is stored was encrypted with a key that this site does not have."""
		for row in frappe.db.get_values("__Auth", PLACE, "fieldname", as_dict=True, order_by=None):
			frappe.db.sql(
				"update `__Auth` set password = %s where doctype = %s and name = %s and fieldname = %s",
				("encrypted with another key", *PLACE.values(), row.fieldname),
			)
		frappe.db.commit()
		frappe.clear_document_cache("WhatsApp Settings", "WhatsApp Settings")

	def test_calls_name_the_field_and_what_to_do(self):
		calls = (
			("test_connection", {}),
			("create_session", {"session_id": self.new_id(), "session_name": "V"}),
		)
		for method, arguments in calls:
			with self.subTest(method):
				answer = self.call(method, user=MANAGER, **arguments)
				words = answer.words or str(answer.message)
				self.assertIn(answer.status, (200, 417))
				self.assertIn("API Key cannot be read", words)
				self.assertIn("Enter it again in WhatsApp Settings", words)
				self.assertNotIn("<br>", words)
		diagnosed = self.call("xappiens_whatsapp.api.diagnosis.diagnose", user=MANAGER)
		self.assertIn("API Key cannot be read", str(diagnosed.message))
		self.assertEqual(diagnosed.words, "")

	def test_webhooks_are_refused_and_nothing_is_logged(self):
		logged = logged_errors()
		self.assertEqual(self.deliver(self.event("session.disconnected", self.doc.session_id))[0], 401)
		self.assertEqual(logged_errors(), logged)

	def test_jobs_stay_quiet(self):
		self.sandbox.clear_requests()
		logged = logged_errors()
		self.assertIsNone(reconciliation.reconcile())
		reconciliation.enqueue_reconciliation()
		frappe.enqueue("xappiens_whatsapp.background.jobs.register_webhooks")
		frappe.enqueue("xappiens_whatsapp.background.jobs.refresh_session", session=self.doc.name)
		run_jobs()
		self.assertEqual((self.sent(), logged_errors()), ([], logged))

	def test_migrating_keeps_it_for_the_day_when_the_key_is_back(self):
		migration.mark_kept_secrets()
		migration.move_secret("api_key")
		self.assertTrue(secrets.is_unreadable("api_key"))

	def test_a_new_secret_and_the_key_entered_again_make_it_work(self):
		self.assertIn("webhook_secret".replace("_", " "), self.refused_registration().lower())
		answer = self.call(API + "rotate_webhook_secret", user=MANAGER)
		self.assertEqual(answer.status, 200, answer.text)
		self.assertEqual(answer.message["message"], "There is a new secret.")
		self.assertEqual(len(secrets.read("webhook_secret")), 48)
		self.settings(webhook_enabled=1)
		self.assertEqual(session.get_session_status(self.doc.name)["data"]["status"], "connected")
		event = self.event("session.disconnected", self.doc.session_id)
		self.assertEqual(self.deliver(event, secrets.read("webhook_secret"))[0], 200)

	def refused_registration(self) -> str:
		"""Of the one thing that needs only the webhook's secret, once the key is there again."""
		doc = frappe.get_doc("WhatsApp Settings")
		doc.update({"api_key": self.sandbox.api_key}).save()
		frappe.db.commit()
		answer = self.call(API + "register_webhooks", user=MANAGER)
		self.assertEqual(answer.status, 417)
		return answer.words

	def test_a_key_that_cannot_be_one(self):
		before = frappe.local.conf.encryption_key
		frappe.local.conf.encryption_key = "not a key"
		try:
			self.assertEqual(secrets.read("api_key"), "")
		finally:
			frappe.local.conf.encryption_key = before
