"""What a server may send to the webhook, and what comes of it."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import frappe

from xappiens_whatsapp.api import session
from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.webhooks import sign
from xappiens_whatsapp.sessions import qr_codes
from xappiens_whatsapp.tests.webhooks import SECRET, WebhookTestCase, iso_now
from xappiens_whatsapp.tests.workers import run_jobs


class TestDelivery(WebhookTestCase):
	def test_a_drop_is_taken_in_answered_at_once_and_asked_about_in_the_background(self):
		doc = self.linked()
		self.sandbox.drop(doc.session_id, 401)
		status, answer = self.deliver(self.event("session.disconnected", doc.session_id, reason="logout"))
		self.assertEqual((status, answer), (200, {"message": {"success": True}}))
		run_jobs()
		after = self.fresh(doc.name)
		self.assertEqual((after.status, after.error_code, after.is_connected), ("Disconnected", "401", 0))
		self.assertEqual(self.sent(), [f"GET /api/sessions/{doc.session_db_id}/status"])

	def test_every_form_of_the_contract_and_both_signature_headers_are_understood(self):
		for form in ("nested", "top_level", "flat"):
			for header in ("X-Webhook-Signature", "X-Signature"):
				with self.subTest(form=form, header=header):
					doc = self.linked()
					self.sandbox.drop(doc.session_id, 440)
					body = json.dumps(in_form(form, doc.session_id)).encode()
					status, _answer = self.deliver(body, None, **{header: sign(body, SECRET)})
					run_jobs()
					self.assertEqual(status, 200)
					self.assertEqual(self.fresh(doc.name).status, "Disconnected")

	def test_an_older_event_name_means_the_same(self):
		doc = self.linked()
		self.sandbox.drop(doc.session_id, 428)
		self.deliver(self.event("session_status", doc.session_id, status="disconnected"))
		run_jobs()
		self.assertEqual(self.fresh(doc.name).status, "Disconnected")

	def test_what_the_event_claims_is_never_believed(self):
		doc = self.linked()
		self.deliver(self.event("session.disconnected", doc.session_id, reason="logout"))
		run_jobs()
		self.assertEqual(self.fresh(doc.name).status, "Connected")
		self.sandbox.drop(doc.session_id, 401)
		self.deliver(self.event("session.connected", doc.session_id, phoneNumber="34600000099"))
		run_jobs()
		after = self.fresh(doc.name)
		self.assertEqual((after.status, after.phone_number), ("Disconnected", None))

	def test_the_reason_that_only_the_event_tells_is_kept_when_the_server_gives_none(self):
		doc = self.linked()
		BaileysClient(self.sandbox.url, self.sandbox.api_key).disconnect(doc.session_db_id)
		self.deliver(self.event("session.disconnected", doc.session_id, reason="logout"))
		run_jobs()
		after = self.fresh(doc.name)
		self.assertEqual((after.status, after.error_code), ("Disconnected", "401"))
		session.get_session_status(doc.name)
		self.assertEqual(self.fresh(doc.name).error_code, "401")

	def test_a_number_that_changed_is_found_again(self):
		doc = self.linked()
		number = self.sandbox.renumber(doc.session_id)
		self.deliver(self.event("session.status", doc.session_id))
		run_jobs()
		self.assertEqual(self.fresh(doc.name).session_db_id, number)

	def test_a_new_code_makes_the_cached_one_forgotten_without_asking_the_server(self):
		created = session.create_session(self.new_id(), "Ventas")
		first = session.get_qr_code(created["session"])
		self.sandbox.clear_requests()
		self.deliver(self.event("session.qr", created["session_id"], qrCode="data:image/png;base64,AAAA"))
		run_jobs()
		self.assertEqual(self.sent(), [])
		self.assertIsNone(qr_codes.cached(self.fresh(created["session"])))
		self.assertTrue(first["ready"] and session.get_qr_code(created["session"])["ready"])

	def test_an_event_while_a_refresh_runs_is_followed_by_another_refresh(self):
		doc = self.linked()
		self.sandbox.fault("status", "slow", seconds=0.7)
		self.deliver(self.event("session.status", doc.session_id))
		with ThreadPoolExecutor(1) as executor:
			running = executor.submit(run_jobs_elsewhere, frappe.local.site, frappe.local.sites_path)
			self.wait_until_asked()
			self.sandbox.drop(doc.session_id, 401)
			self.deliver(self.event("session.disconnected", doc.session_id))
			running.result()
		run_jobs()
		self.assertEqual(self.fresh(doc.name).status, "Disconnected")

	def wait_until_asked(self) -> None:
		until = time.monotonic() + 10
		while not self.sent():
			self.assertLess(time.monotonic(), until)
			time.sleep(0.01)

	def test_many_events_before_the_refresh_begins_cost_one_request(self):
		doc = self.linked()
		self.sandbox.fault("status", "slow", seconds=0.5)
		for _count in range(8):
			self.deliver(self.event("session.status", doc.session_id, nonce=frappe.generate_hash()))
		run_jobs()
		self.assertLess(len(self.sent()), 8)
		self.assertEqual(self.fresh(doc.name).status, "Connected")


class TestManyAtOnce(WebhookTestCase):
	def dropped(self, count: int, **data: Any) -> list[Any]:
		docs = [self.linked_with(f"3460{number:07}") for number in range(5000, 5000 + count)]
		for doc in docs:
			self.sandbox.drop(doc.session_id, 401)
		self.sandbox.clear_requests()
		for doc in docs:
			self.deliver(self.event("session.disconnected", doc.session_id, **data))
		return docs

	def linked_with(self, phone_number: str) -> Any:
		doc = self.new_record()
		row = self.sandbox.add(doc.session_id, phone_number=phone_number)
		doc.db_set({"session_db_id": row["id"], "status": "Connected", "is_connected": 1})
		return doc

	def test_one_list_says_what_many_calls_would(self):
		docs = self.dropped(6, reason="logout")
		run_jobs()
		self.assertEqual(self.sent(), ["GET /api/sessions"])
		for doc in docs:
			fresh = self.fresh(doc.name)
			self.assertEqual((fresh.status, fresh.error_code), ("Disconnected", "401"))

	def test_where_the_event_gives_no_reason_the_session_itself_is_asked(self):
		docs = self.dropped(3)
		run_jobs()
		self.assertEqual(len(self.sent()), 4)
		self.assertEqual({self.fresh(doc.name).error_code for doc in docs}, {"401"})

	def test_a_list_that_cannot_be_read_leaves_them_to_their_own_routes(self):
		docs = self.dropped(3, reason="logout")
		self.sandbox.fault("list", "html", status=502, times=None)
		run_jobs()
		self.assertEqual({self.fresh(doc.name).status for doc in docs}, {"Disconnected"})

	def test_without_budget_for_each_the_list_still_tells_that_they_are_down(self):
		docs = self.dropped(4)
		self.sandbox.fault("status", "rate_limit", reset=60, times=None)
		run_jobs()
		self.assertEqual({self.fresh(doc.name).status for doc in docs}, {"Disconnected"})


def run_jobs_elsewhere(site: str, sites_path: str) -> None:
	frappe.init(site, sites_path, force=True)
	frappe.connect()
	try:
		run_jobs()
	finally:
		frappe.destroy()


def in_form(form: str, session_id: str) -> dict[str, Any]:
	name, data = "session.disconnected", {"reason": "conflict", "timestamp": iso_now()}
	if form == "nested":
		return {"event": name, "data": {"sessionId": session_id, "session_db_id": 1, **data}}
	if form == "top_level":
		return {"event": name, "sessionId": session_id, "data": data, "timestamp": iso_now()}
	return {"event": name, "sessionId": session_id, **data}


class TestRepetition(WebhookTestCase):
	def test_the_same_delivery_again_has_no_second_effect(self):
		doc = self.linked()
		payload = self.event("session.status", doc.session_id)
		stamp = {"X-Webhook-Timestamp": str(int(time.time() * 1000))}
		for _attempt in range(3):
			self.assertEqual(self.deliver(payload, **stamp)[0], 200)
			run_jobs()
		self.assertEqual(len(self.sent()), 1)

	def test_a_header_that_nobody_signed_makes_no_old_call_new(self):
		doc = self.linked()
		payload = self.event("session.status", doc.session_id)
		now = int(time.time())
		for headers in (
			{},
			{"X-Webhook-Timestamp": str(now - 1)},
			{"X-Webhook-Timestamp": str(now)},
			{"X-Webhook-Event": "session.qr", "X-Webhook-Session": "another", "X-Webhook-Id": "2"},
			{"X-Signature": "sha256=" + "0" * 64},
		):
			self.assertEqual(self.deliver(payload, **headers)[0], 200)
			run_jobs()
		self.assertEqual(len(self.sent()), 1)
		self.assertEqual(self.deliver(self.event("session.status", doc.session_id, attempt=2))[0], 200)
		run_jobs()
		self.assertEqual(len(self.sent()), 2)


class TestNewCodes(WebhookTestCase):
	def connecting(self) -> Any:
		"""The server is not told where to call, see `linked`."""
		self.settings(webhook_enabled=0)
		created = session.create_session(self.new_id(), "Ventas")
		self.accept_webhooks()
		doc = self.fresh(created["session"])
		doc.db_set("status", "Connecting")
		self.sandbox.clear_requests()
		return doc

	def test_a_code_for_a_session_that_only_connects_as_far_as_we_know_is_looked_at_once(self):
		doc = self.connecting()
		for nonce in range(5):
			self.deliver(self.event("session.qr", doc.session_id, nonce=nonce))
		run_jobs()
		self.assertEqual(self.sent(), [f"GET /api/sessions/{doc.session_db_id}/status"])
		self.assertEqual(self.fresh(doc.name).status, "QR Code Required")

	def test_the_codes_that_follow_ask_nothing(self):
		doc = self.connecting()
		self.deliver(self.event("session.qr", doc.session_id))
		run_jobs()
		frappe.cache.delete_keys("whatsapp_asked_after_code")
		self.sandbox.clear_requests()
		for nonce in range(5):
			self.deliver(self.event("session.qr", doc.session_id, nonce=nonce))
		run_jobs()
		self.assertEqual(self.sent(), [])

	def test_a_server_that_goes_on_saying_something_else_is_asked_seldom(self):
		doc = self.linked()
		for nonce in range(5):
			self.deliver(self.event("session.qr", doc.session_id, nonce=nonce))
			run_jobs()
		self.assertEqual(len(self.sent()), 1)
		self.assertEqual(self.fresh(doc.name).status, "Connected")


class TestIgnored(WebhookTestCase):
	def test_events_that_are_none_of_ours_are_answered_with_200_and_ask_nothing(self):
		doc = self.linked()
		for name in (
			"message.received",
			"message.ack",
			"contact.updated",
			"session.teleported",
			"",
			"webhook.test",
		):
			with self.subTest(name):
				self.assertEqual(self.deliver(self.event(name, doc.session_id))[0], 200)
		run_jobs()
		self.assertEqual(self.sent(), [])

	def test_a_session_that_this_site_does_not_have_is_ignored(self):
		doc = self.linked()
		for session_id in ("test_unknown_session", doc.session_id.upper(), "", "x" * 500, "' or 1=1 -- "):
			with self.subTest(session_id):
				self.assertEqual(self.deliver(self.event("session.status", session_id))[0], 200)
		run_jobs()
		self.assertEqual(self.sent(), [])
		self.assertFalse(frappe.db.exists("WhatsApp Session", "test_unknown_session"))

	def test_values_of_any_type_do_no_harm(self):
		for value in (None, 7, True, [], {}, ["session.status"], {"a": {"b": 1}}):
			with self.subTest(value=value):
				for payload in (
					{"event": value},
					{"event": "session.status", "sessionId": value, "data": value},
				):
					self.assertEqual(self.deliver(payload)[0], 200)
