"""A rotated secret: the old one is good for ten minutes, whatever the clock says meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import frappe
from frappe.utils import get_datetime

from xappiens_whatsapp.tests.base import set_setting
from xappiens_whatsapp.tests.webhooks import OTHER_SECRET, SECRET, WebhookTestCase


class TestRotation(WebhookTestCase):
	def test_both_secrets_are_good_for_ten_minutes_and_then_only_the_new_one(self):
		doc = self.linked()
		frappe.get_doc("WhatsApp Settings").rotate_webhook_secret()
		new = frappe.get_doc("WhatsApp Settings").get_password("webhook_secret")
		self.assertNotEqual(new, SECRET)
		for secret, expected in ((SECRET, 200), (new, 200), (OTHER_SECRET, 401)):
			self.assertEqual(self.deliver(self.event("session.status", doc.session_id), secret)[0], expected)
		self.age_rotation(minutes=11)
		for secret, expected in ((SECRET, 401), (new, 200)):
			self.assertEqual(self.deliver(self.event("session.status", doc.session_id), secret)[0], expected)

	def test_the_clock_of_the_site_may_be_changed_meanwhile(self):
		"""As at the beginning and the end of summer time."""
		doc = self.linked()
		self.addCleanup(self.set_time_zone, frappe.get_system_settings("time_zone"))
		frappe.get_doc("WhatsApp Settings").rotate_webhook_secret()
		for minutes, expected in ((8, 200), (12, 401)):
			for zone in ("Europe/Lisbon", "Europe/Madrid", "Asia/Tokyo", "America/Mexico_City"):
				with self.subTest(zone, minutes=minutes):
					self.set_time_zone(zone)
					self.age_rotation(minutes)
					payload = self.event("session.status", doc.session_id, nonce=f"{zone}{minutes}")
					self.assertEqual(self.deliver(payload, SECRET)[0], expected)

	def test_what_rotating_stores_does_not_depend_on_the_time_zone(self):
		self.addCleanup(self.set_time_zone, frappe.get_system_settings("time_zone"))
		for zone in ("Asia/Tokyo", "America/Mexico_City"):
			self.set_time_zone(zone)
			frappe.get_doc("WhatsApp Settings").rotate_webhook_secret()
			stored = get_datetime(
				frappe.db.get_single_value("WhatsApp Settings", "webhook_secret_rotated_on")
			)
			now = datetime.now(timezone.utc).replace(tzinfo=None)
			self.assertLess(abs((now - stored).total_seconds()), 60)

	def set_time_zone(self, zone: str) -> None:
		frappe.db.set_single_value("System Settings", "time_zone", zone)
		frappe.db.commit()
		frappe.clear_cache()

	def age_rotation(self, minutes: int) -> None:
		moment = datetime.now(timezone.utc).replace(tzinfo=None, microsecond=0) - timedelta(minutes=minutes)
		set_setting("webhook_secret_rotated_on", moment)
