"""A site on which nobody has entered anything yet: nothing is sent, nothing looks configured, and it says what is missing."""

from __future__ import annotations

import frappe

from xappiens_whatsapp import SETTINGS
from xappiens_whatsapp.api import health, session
from xappiens_whatsapp.background import reconciliation
from xappiens_whatsapp.tests.base import AGENT, MANAGER, WhatsAppTestCase

SETUP = "xappiens_whatsapp.api.health.setup_state"


class TestFirstMinute(WhatsAppTestCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(self.settings)

	def test_a_new_site_knows_no_server(self):
		fresh = frappe.new_doc(SETTINGS)
		self.assertFalse(fresh.api_base_url or fresh.api_key)

	def test_without_a_key_nothing_is_sent_and_nothing_looks_configured(self):
		self.new_record()
		self.settings(api_key="")
		with self.assertRaises(frappe.ValidationError):
			session.create_session(self.new_id(), "Ventas")
		with self.assertRaises(frappe.ValidationError):
			session.list_sessions()
		self.assertFalse(session.test_connection()["success"])
		self.assertIsNone(reconciliation.reconcile())
		self.assertEqual(self.sent(), [])
		self.assertFalse(health.status()["configured"])
		self.settings()
		self.assertTrue(health.status()["configured"])
		self.assertTrue(session.test_connection()["success"])

	def test_the_workspace_says_what_is_missing_to_managers(self):
		for values, words in (
			({"api_base_url": "", "api_key": ""}, "Server address missing"),
			({"api_key": ""}, "API key missing"),
			({"enabled": 0}, "Switched off"),
			({}, "Ready"),
		):
			with self.subTest(words):
				self.settings(**values)
				self.assertEqual(self.call(SETUP, user=MANAGER).message, words)
		self.assertEqual(self.call(SETUP, user=AGENT).status, 403)
