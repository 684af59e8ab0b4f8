"""What the webhook refuses: nothing happens, nothing is kept, and the next good call works."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

import frappe
from frappe.utils import now_datetime
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from xappiens_whatsapp.api import limits
from xappiens_whatsapp.api import settings as settings_api
from xappiens_whatsapp.api.webhook import LARGEST_BODY, REFUSALS_A_MINUTE
from xappiens_whatsapp.baileys.webhooks import sign
from xappiens_whatsapp.sessions import refused_calls
from xappiens_whatsapp.tests import exposed
from xappiens_whatsapp.tests.base import MANAGER, logged_errors
from xappiens_whatsapp.tests.webhooks import OTHER_SECRET, SECRET, WebhookTestCase, served_site
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
		self.assert_slowed_down(self.payload)
		other = {"X-Forwarded-For": "192.0.2.9"}
		self.assertEqual(self.deliver(self.payload, None, **other)[0], 401)
		self.assert_recovers()

	def test_what_a_caller_writes_in_front_of_its_address_makes_it_nobody_else(self):
		forwarded = (f"203.0.113.{number}, 198.51.100.{number}, 192.0.2.9" for number in range(256))
		self.assert_slowed_down(self.payload, *({"X-Forwarded-For": written} for written in forwarded))
		self.assertEqual(self.deliver(self.payload, None, **{"X-Forwarded-For": "192.0.2.10"})[0], 401)

	def assert_slowed_down(self, payload: Any, *headers: dict[str, str]) -> None:
		"""After as many refusals as a minute allows, of which the next one may have begun meanwhile."""
		for refused, each in enumerate(itertools.cycle(headers or [{}])):
			status, answer = self.deliver(payload, None, **each)
			self.assertEqual(answer, {"message": {"success": False}})
			if status == 429:
				break
			self.assertEqual(status, 401)
			self.assertLess(refused, 2 * REFUSALS_A_MINUTE)
		self.assertGreaterEqual(refused, REFUSALS_A_MINUTE)

	def test_who_comes_without_a_proxy_is_known_by_the_connection(self):
		with self.assertRaises(frappe.RateLimitExceededError):
			for number in range(100):
				self.request_from("11.0.0.7", {"X-Forwarded-For": f"203.0.113.{number}"})
				limits.count("test", 10)
		self.assertEqual(number, 10)
		self.request_from("11.0.0.8", {})
		limits.count("test", 10)

	def request_from(self, address: str, headers: dict[str, str]) -> None:
		self.addCleanup(setattr, frappe.local, "request", None)
		environ = EnvironBuilder(headers=headers, environ_base={"REMOTE_ADDR": address}).get_environ()
		frappe.local.request = Request(environ)

	def test_no_json_more_often_than_a_minute_allows(self):
		"""Frappe reads it before it asks any app; on v15 it kept the whole body in Error Log, with a traceback in the answer."""
		logged = logged_errors()
		for kind in ("application/json", "text/plain"):
			frappe.cache.delete_keys("whatsapp_calls")
			self.assert_slowed_down(b"x-secret-body", {"Content-Type": kind})
		self.assertEqual(logged_errors(), logged)
		self.assert_recovers()

	def test_other_functions_keep_what_goes_wrong_in_them(self):
		before = logged_errors()
		self.assertEqual(self.deliver(b"x-secret-body", None)[0], 401)
		with exposed.whitelisted():
			self.call(f"{exposed.__name__}.fail", user=MANAGER, kind="Crash")
		self.assertGreater(logged_errors().count("broken"), before.count("broken"))


class TestCauses(WebhookTestCase):
	"""Somebody has to be able to find out why nothing arrives."""

	def setUp(self) -> None:
		super().setUp()
		self.doc = self.linked()
		self.payload = self.event("session.status", self.doc.session_id)

	def refuse(self, cause: str) -> None:
		old = {"X-Webhook-Timestamp": str(int(time.time()) - 360)}
		calls = {
			"wrong_signature": lambda: self.deliver(self.payload, OTHER_SECRET),
			"too_old": lambda: self.deliver(self.payload, **old),
			"unsigned": lambda: self.deliver(self.payload, None),
			"unreadable": lambda: self.deliver(b"x"),
			"too_large": lambda: self.deliver(b"x" * (LARGEST_BODY + 1)),
		}
		self.assertGreaterEqual(calls[cause]()[0], 400)

	def refused_row(self, api: str) -> dict[str, Any]:
		answer = self.call(f"xappiens_whatsapp.api.{api}", user=MANAGER).message
		self.assertFalse(answer["success"])
		[row] = [row for row in answer["checks"] if row["check"] == "refused"]
		return row

	def test_each_is_counted_and_told_by_test_diagnosis_and_health(self):
		words = {
			"wrong_signature": "another secret",
			"too_old": "five minutes off",
			"unsigned": "without a signature",
			"unreadable": "no JSON",
			"too_large": "too large",
		}
		for cause, sentence in words.items():
			with self.subTest(cause), served_site():
				refused_calls.forget()
				self.refuse(cause)
				self.refuse(cause)
				for api in ("settings.test_webhook", "diagnosis.diagnose"):
					row = self.refused_row(api)
					self.assertIn(sentence, row["detail"])
					self.assertIn(str(now_datetime().date()), row["detail"])
					self.assertIn("2 calls", row["detail"])
					self.assertTrue(row["remedy"])
				health = self.call("xappiens_whatsapp.api.health.status", "GET", MANAGER).message
				[told] = health["refused_webhooks"]
				self.assertEqual((told["cause"], told["count"], told["is_over"]), (cause, 2, False))

	def test_what_is_over_is_told_as_such_and_ends_with_the_remedy(self):
		self.refuse("wrong_signature")
		self.assertEqual(self.deliver(self.payload)[0], 200)
		with served_site():
			answer = settings_api.test_webhook()
			self.assertEqual([row["ok"] for row in answer["checks"] if row["check"] == "refused"], [None])
			settings_api.register_webhooks()
			run_jobs()
			self.assertNotIn("refused", {row["check"] for row in settings_api.test_webhook()["checks"]})

	def test_switched_off(self):
		self.settings(webhook_enabled=0)
		self.assertEqual(self.deliver(self.payload)[0], 401)
		[told] = refused_calls.found()
		self.assertEqual(told["cause"], "switched_off")

	def test_nothing_of_the_calls_is_kept(self):
		self.deliver(b"x-secret-body", **{"X-Forwarded-For": "192.0.2.77"})
		self.deliver({"event": "x-secret-event"}, OTHER_SECRET)
		keys = frappe.cache.get_keys("whatsapp_refused")
		self.assertGreaterEqual(len(keys), 3)
		for key in keys:
			self.assertRegex(frappe.cache.get(key), rb"\A[-0-9.: ]+\Z")

	def test_clearing_the_cache_keeps_the_counts(self):
		self.refuse("wrong_signature")
		frappe.clear_cache()
		self.assertEqual(refused_calls.found()[0]["count"], 1)
