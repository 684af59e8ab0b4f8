"""What the webhook refuses: nothing happens, nothing is kept, and the next good call works."""

from __future__ import annotations

import json
import time
from typing import Any

import frappe
from frappe.utils import add_to_date, now_datetime

from xappiens_whatsapp.api.webhook import LARGEST_BODY, REFUSALS_A_MINUTE
from xappiens_whatsapp.baileys.webhooks import sign
from xappiens_whatsapp.tests.base import logged_errors
from xappiens_whatsapp.tests.webhooks import OTHER_SECRET, SECRET, WebhookTestCase
from xappiens_whatsapp.tests.workers import run_jobs


class TestRefusal(WebhookTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.doc = self.linked()
		self.sandbox.drop(self.doc.session_id, 401)
		self.payload = self.event("session.disconnected", self.doc.session_id)

	def assert_refused(self, status: int, *args: Any, **kwargs: Any) -> None:
		"""Nothing happens, nothing is kept, and the next good call works."""
		self.sandbox.clear_requests()
		logged = logged_errors()
		self.assertEqual(self.deliver(*args, **kwargs)[0], status)
		run_jobs()
		self.assertEqual(self.sent(), [])
		self.assertEqual(self.fresh(self.doc.name).status, "Connected")
		self.assertEqual(logged_errors(), logged)

	def assert_recovers(self) -> None:
		self.assertEqual(self.deliver(self.event("session.disconnected", self.doc.session_id))[0], 200)
		run_jobs()
		self.assertEqual(self.fresh(self.doc.name).status, "Disconnected")

	def test_signatures_that_are_not_ours(self):
		body = json.dumps(self.payload).encode()
		right = sign(body, SECRET)
		wrong = (
			"",
			"sha256=",
			"sha256=" + "0" * 64,
			right[:-1],
			right + "0",
			right.replace("sha256", "sha1"),
			"ñ" * 64,
		)
		for signature in wrong:
			with self.subTest(signature):
				self.assert_refused(
					401, body, None, **{"X-Webhook-Signature": signature.encode().decode("latin-1")}
				)
		self.assert_refused(401, body, None)
		self.assert_refused(401, body, OTHER_SECRET)
		self.assert_refused(401, body + b" ", None, **{"X-Webhook-Signature": right})
		self.assert_recovers()

	def test_while_webhooks_are_off(self):
		for values in ({"webhook_enabled": 0}, {"enabled": 0}):
			with self.subTest(values):
				self.settings(**{"webhook_enabled": 1, **values})
				self.assert_refused(401, self.payload)
		self.settings(webhook_enabled=1)
		self.assert_recovers()

	def test_without_a_secret_nothing_is_accepted(self):
		settings = frappe.get_doc("WhatsApp Settings")
		settings.rotate_webhook_secret()
		frappe.db.delete("__Auth", {"doctype": settings.doctype, "fieldname": "webhook_secret"})
		frappe.clear_document_cache(settings.doctype, settings.doctype)
		body = json.dumps(self.payload).encode()
		self.assert_refused(401, body)
		self.assert_refused(401, body, None, **{"X-Webhook-Signature": ""})
		self.settings(webhook_enabled=1, webhook_secret=SECRET)
		self.assert_recovers()

	def test_a_timestamp_that_is_sent_must_be_fresh(self):
		now = time.time()
		for stamp in (
			now - 301,
			(now - 301) * 1000,
			now + 400,
			(now + 400) * 1000,
			"yesterday",
			"-1",
			"1e999",
		):
			with self.subTest(stamp):
				value = stamp if isinstance(stamp, str) else str(int(stamp))
				self.assert_refused(401, self.payload, **{"X-Webhook-Timestamp": value})
		for stamp in (now - 200, now * 1000):
			status, _answer = self.deliver(self.payload, **{"X-Webhook-Timestamp": str(int(stamp))})
			self.assertEqual(status, 200)

	def test_a_body_over_one_mebibyte(self):
		padding = "x" * (LARGEST_BODY - len(json.dumps({**self.payload, "padding": ""})))
		self.assert_refused(413, {**self.payload, "padding": padding + "x"})
		self.assert_refused(413, {**self.payload, "padding": padding + "x"}, None)
		self.assertEqual(self.deliver({**self.payload, "padding": padding})[0], 200)

	def test_signed_but_not_a_json_object(self):
		for body in (
			b"",
			b"not json",
			b"[]",
			b'[{"event": "session.status"}]',
			b"null",
			b"7",
			b'"text"',
			b"\xff\xfe",
			b"[" * 100000,
		):
			for kind in ("application/json", "text/plain"):
				with self.subTest(body=body[:20], kind=kind):
					self.assertEqual(self.deliver(body, **{"Content-Type": kind})[0], 400)
					self.assertEqual(self.deliver(body, None, **{"Content-Type": kind})[0], 401)
		self.assert_recovers()

	def test_other_verbs_do_nothing(self):
		for method in ("GET", "PUT", "DELETE"):
			with self.subTest(method):
				self.assertGreaterEqual(self.deliver(self.payload, method=method)[0], 400)
		self.assertEqual(self.sent(), [])

	def test_an_address_that_is_refused_too_often_is_told_to_slow_down_and_a_signed_call_still_works(self):
		statuses = [self.deliver(self.payload, None)[0] for _count in range(REFUSALS_A_MINUTE + 1)]
		self.assertEqual(statuses[:REFUSALS_A_MINUTE], [401] * REFUSALS_A_MINUTE)
		self.assertEqual(statuses[-1], 429)
		other = {"X-Forwarded-For": "192.0.2.9"}
		self.assertEqual(self.deliver(self.payload, None, **other)[0], 401)
		self.assert_recovers()


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

	def age_rotation(self, minutes: int) -> None:
		moment = add_to_date(now_datetime(), minutes=-minutes)
		frappe.db.set_single_value("WhatsApp Settings", "webhook_secret_rotated_on", moment)
		frappe.db.commit()
