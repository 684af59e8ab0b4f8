"""A self-test names the cause where the server's calls do not arrive."""

from __future__ import annotations

from typing import Any

import frappe

from xappiens_whatsapp.api import settings
from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.tests.webhooks import (
	OTHER_SECRET,
	SECRET,
	WebhookTestCase,
	served_site,
	site_address,
)
from xappiens_whatsapp.tests.workers import run_jobs


class TestSelfTest(WebhookTestCase):
	def failing(self) -> dict[str, Any]:
		answer = settings.test_webhook()
		self.assertFalse(answer["success"])
		steps = [row for row in answer["checks"] if row["check"] != "refused"]
		self.assertTrue(all(row["ok"] for row in steps[:-1]))
		self.assertTrue(steps[-1]["remedy"])
		return steps[-1]

	def register(self, secret: str = SECRET, url: str = "") -> None:
		"""A session that the server has, with whatever webhook."""
		doc = self.linked()
		with BaileysClient(self.sandbox.url, self.sandbox.api_key) as client:
			client.update_webhook(
				doc.session_db_id, url or frappe.get_doc("WhatsApp Settings").webhook_url, secret
			)

	def test_all_is_well(self):
		with served_site():
			self.register()
			answer = settings.test_webhook()
		self.assertTrue(answer["success"], answer)
		self.assertEqual(
			[row["check"] for row in answer["checks"]], ["settings", "address", "answer", "callback"]
		)
		self.assertNotIn(SECRET, frappe.as_json(answer))

	def test_webhooks_are_switched_off(self):
		self.settings(webhook_enabled=0)
		self.assertEqual(self.failing()["check"], "settings")

	def test_an_address_without_https_for_a_server_elsewhere(self):
		self.settings(webhook_enabled=1, api_base_url="https://api.example.com")
		with site_address("http://crm.example.com"):
			self.assertEqual(self.failing()["check"], "address")

	def test_a_private_address_for_a_server_elsewhere(self):
		self.settings(webhook_enabled=1, api_base_url="https://api.example.com")
		with site_address("https://10.1.2.3"):
			row = self.failing()
		self.assertEqual(row["check"], "address")
		self.assertIn("10.1.2.3", row["detail"])

	def test_a_name_that_does_not_exist(self):
		with site_address("https://nowhere.invalid"):
			row = self.failing()
		self.assertEqual(row["check"], "address")
		self.assertIn("nowhere.invalid", row["detail"])

	def test_a_certificate_that_is_none(self):
		with served_site() as address, site_address(address.replace("http:", "https:")):
			row = self.failing()
		self.assertEqual(row["check"], "answer")
		self.assertIn("certificate", row["detail"])

	def test_nothing_listens(self):
		with site_address("http://127.0.0.1:9"):
			self.assertEqual(self.failing()["check"], "answer")

	def test_the_server_signs_with_another_secret(self):
		with served_site():
			self.register(OTHER_SECRET)
			row = self.failing()
			self.assertEqual(row["check"], "callback")
			self.assertIn("secret", row["detail"])
			self.settings(webhook_enabled=1, webhook_secret=SECRET)
			settings.register_webhooks()
			run_jobs()
			self.assertTrue(settings.test_webhook()["success"])

	def test_a_server_is_asked_only_on_the_route_that_it_names(self):
		self.addCleanup(self.sandbox.behave, features={})
		with served_site():
			self.register()
			for features in (None, {"webhookTest": False}, {"webhookTest": "/no/such/route"}):
				with self.subTest(features=features):
					self.sandbox.behave(features=features)
					self.sandbox.clear_requests()
					answer = settings.test_webhook()
					self.assertTrue(answer["success"], answer)
					last = answer["checks"][-1]
					self.assertEqual((last["check"], last["ok"]), ("callback", None))
					asked = ["POST /no/such/route"] if features and features["webhookTest"] else []
					self.assertEqual(self.sent("POST"), asked)
			self.sandbox.behave(features={})
			self.assertTrue(settings.test_webhook()["checks"][-1]["ok"])

	def test_the_server_calls_an_address_where_nothing_listens(self):
		with served_site():
			self.register(url="http://127.0.0.1:9/hook")
			self.assertEqual(self.failing()["check"], "callback")
