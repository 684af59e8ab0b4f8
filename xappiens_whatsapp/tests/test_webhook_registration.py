"""The server learns where to call, and calls."""

from __future__ import annotations

import json
import time
from itertools import product
from typing import Any

import frappe

from xappiens_whatsapp.api import session, settings
from xappiens_whatsapp.patches import ask_for_acknowledgements
from xappiens_whatsapp.sessions.webhooks import WEBHOOK_EVENTS
from xappiens_whatsapp.tests import workers
from xappiens_whatsapp.tests.base import AGENT, MANAGER, remove_test_sessions
from xappiens_whatsapp.tests.webhooks import (
	PATH,
	SECRET,
	WebhookTestCase,
	served_site,
	site_address,
)
from xappiens_whatsapp.tests.workers import run_jobs

NOT_REGISTERED = {"method": "WhatsApp webhook not registered"}
SETTINGS_API = "xappiens_whatsapp.api.settings."


def path_of(number: int) -> str:
	return f"/api/sessions/{number}/webhook"


class TestRegistration(WebhookTestCase):
	def test_a_new_session_is_created_with_address_secret_and_events(self):
		with site_address("http://127.0.0.1:9"):
			session.create_session(self.new_id(), "Ventas")
		body = json.loads(self.sandbox.requests[0].body)
		self.assertEqual(body["webhookUrl"], f"http://127.0.0.1:9{PATH}")
		self.assertEqual(body["webhookSecret"], SECRET)
		self.assertEqual(body["webhookEvents"], list(WEBHOOK_EVENTS))

	def test_switched_off_nothing_is_registered(self):
		self.settings(webhook_enabled=0)
		session.create_session(self.new_id(), "Ventas")
		self.assertNotIn("webhookUrl", json.loads(self.sandbox.requests[0].body))

	def test_a_rotated_secret_reaches_the_server_for_every_linked_session_and_nobody_else(self):
		first, second = self.linked(), self.linked()
		self.new_record()
		answer = self.call(SETTINGS_API + "rotate_webhook_secret", user=MANAGER)
		run_jobs()
		new = frappe.get_doc("WhatsApp Settings").get_password("webhook_secret")
		updates = [request for request in self.sandbox.requests if request.method == "PUT"]
		numbers = {first.session_db_id, second.session_db_id}
		self.assertEqual(
			{request.path for request in updates}, {f"/api/sessions/{n}/webhook" for n in numbers}
		)
		self.assertEqual({json.loads(request.body)["webhookSecret"] for request in updates}, {new})
		self.assertEqual(answer.status, 200)
		for secret in (new, SECRET):
			self.assertNotIn(secret, answer.text)

	def test_a_session_that_cannot_be_registered_is_logged_and_the_others_are_registered(self):
		refused, other = sorted((self.linked(), self.linked()), key=lambda doc: doc.name)
		self.sandbox.fault("webhook", "http", times=2, status=422, error="no")
		settings.register_webhooks()
		run_jobs()
		docs = (refused, refused, other, refused)  # with the events, and without
		puts = [f"PUT /api/sessions/{doc.session_db_id}/webhook" for doc in docs]
		self.assertEqual(self.sent("PUT"), puts)
		self.sandbox.fault("webhook", "http", status=422, error="no", times=None)
		settings.register_webhooks()
		run_jobs()
		log = frappe.get_all(
			"Error Log", filters=NOT_REGISTERED, fields=["error"], order_by="creation desc", limit=1
		)
		self.assertIn(refused.name, log[0].error)
		self.assertNotIn(SECRET, log[0].error)

	def test_only_managers(self):
		for method in ("rotate_webhook_secret", "register_webhooks", "test_webhook"):
			with self.subTest(method):
				self.assertEqual(self.call(SETTINGS_API + method, user=AGENT).status, 403)
				self.assertEqual(self.call(SETTINGS_API + method, verb="GET", user=MANAGER).status, 403)
		self.assertEqual(frappe.get_doc("WhatsApp Settings").get_password("webhook_secret"), SECRET)


ONE_FAULT: tuple[tuple[str, dict[str, Any]], ...] = (
	("reset", {}),
	("reset", {"performed": True}),
	("cut", {}),
	("http", {"status": 500}),
	("http", {"status": 503}),
	("http", {"status": 404, "code": "SESSION_NOT_FOUND"}),
	("http", {"status": 404, "code": "NOT_FOUND"}),
	("http", {"status": 422}),
	("http", {"status": 401, "code": "UNAUTHORIZED"}),
	("http", {"status": 403, "code": "FORBIDDEN"}),
	("html", {"status": 502}),
	("challenge", {"status": 403}),
	("refusal", {"name": "not_connected"}),
	("slow", {"seconds": 6}),
	("rate_limit", {"reset": 1}),
)


class TestOneThatFails(WebhookTestCase):
	"""Of several sessions that are registered together."""

	sandbox_options = {**WebhookTestCase.sandbox_options, "rate_limit": 1_000_000}

	def test_the_others_are_registered_and_it_is_tried_again(self):
		for (kind, details), position in product(ONE_FAULT, (0, 1)):
			with self.subTest(kind, position=position, **details):
				self.begin_anew()
				numbers = self.linked_in_order(3)
				paths = self.register_with_fault(position, kind, details)
				self.assertEqual(set(paths), {path_of(number) for number in numbers})
				self.assertGreaterEqual(paths.count(path_of(numbers[position])), 2, paths)
				self.assertEqual(self.registered(numbers), {SECRET})

	def begin_anew(self) -> None:
		self.sandbox.clear_faults()
		workers.forget_jobs()
		remove_test_sessions()
		frappe.cache.delete_keys("whatsapp_")

	def linked_in_order(self, count: int) -> list[int]:
		"""Their numbers, in the order in which they are registered."""
		docs = sorted((self.linked() for _each in range(count)), key=lambda doc: doc.name)
		self.settings(webhook_enabled=1, api_timeout=3)
		self.sandbox.clear_requests()
		return [doc.session_db_id for doc in docs]

	def register_with_fault(self, position: int, kind: str, details: dict[str, Any]) -> list[str]:
		"""The paths that the server was asked on."""
		settings.register_webhooks()
		self.fault_at(position, kind, details)
		run_jobs()
		return [request.path for request in self.sandbox.requests if request.method == "PUT"]

	def registered(self, numbers: list[int]) -> set[str | None]:
		names = {row["id"]: row["sessionId"] for row in self.sandbox.sessions()}
		return {self.sandbox.registry.named(names[number]).webhook.secret for number in numbers}

	def fault_at(self, position: int, kind: str, details: dict[str, Any]) -> None:
		"""The server answers that many registrations well before."""
		for _each in range(position):
			self.sandbox.fault("webhook", "slow", seconds=0)
		self.sandbox.fault("webhook", kind, **details)

	def test_a_key_that_is_refused_for_all_is_named_once_for_each_and_the_next_click_works(self):
		docs = [self.linked() for _each in range(3)]
		self.sandbox.fault("webhook", "http", status=401, code="UNAUTHORIZED", times=None)
		settings.register_webhooks()
		run_jobs()
		about_these = {**NOT_REGISTERED, "error": ("like", f"%{docs[0].name}%")}
		(log,) = frappe.get_all("Error Log", filters=about_these, fields=["error"])
		for doc in docs:
			self.assertEqual(log.error.count(doc.name), 1)
		self.sandbox.clear_faults()
		settings.register_webhooks()
		run_jobs()
		for doc in docs:
			self.assertEqual(self.sandbox.registry.named(doc.session_id).webhook.secret, SECRET)


class TestEvents(WebhookTestCase):
	def register(self, doc: Any) -> list[dict[str, Any]]:
		self.sandbox.clear_requests()
		session.update_session_webhook(doc.name)
		return [json.loads(request.body) for request in self.sandbox.requests if request.method == "PUT"]

	def test_the_server_is_told_which_ones_this_version_wants(self):
		(body,) = self.register(self.linked())
		self.assertIn("message.ack", body["webhookEvents"])

	def test_a_server_that_does_not_take_them_is_told_the_rest(self):
		doc = self.linked()
		self.sandbox.fault("webhook", "http", status=400, code="VALIDATION_ERROR")
		first, second = self.register(doc)
		self.assertIn("webhookEvents", first)
		self.assertEqual(second, {name: first[name] for name in ("webhookUrl", "webhookSecret")})

	def test_an_update_tells_the_server_of_sessions_that_are_older(self):
		doc = self.linked()
		ask_for_acknowledgements.execute()
		frappe.db.commit()
		run_jobs()
		self.assertIn(f"PUT /api/sessions/{doc.session_db_id}/webhook", self.sent("PUT"))
		self.settings(webhook_enabled=0)
		self.sandbox.clear_requests()
		ask_for_acknowledgements.execute()
		frappe.db.commit()
		run_jobs()
		self.assertEqual(self.sent("PUT"), [])


class TestRoundTrip(WebhookTestCase):
	sandbox_options = {"qr_delay": 0.0, "scan_delay": 0.0, "webhook_retry_delay": 0.1}

	def created(self) -> Any:
		return self.fresh(session.create_session(self.new_id(), "Ventas")["session"])

	def wait_for(self, name: str, status: str) -> None:
		"""Nobody polls: only what the server sends makes a job."""
		until = time.monotonic() + 15
		while self.fresh(name).status != status:
			self.assertLess(time.monotonic(), until, f"{self.fresh(name).status} and not {status}")
			run_jobs()
			time.sleep(0.02)

	def test_scan_and_drop_arrive_by_webhook_alone(self):
		with served_site():
			doc = self.created()
			self.sandbox.scan(doc.session_id, phone_number="34600000008")
			self.wait_for(doc.name, "Connected")
			self.sandbox.drop(doc.session_id, 440)
			self.wait_for(doc.name, "Disconnected")
		self.assertEqual(self.fresh(doc.name).error_code, "440")
		received = {each.status for each in self.sandbox.deliveries if each.session_id == doc.session_id}
		self.assertEqual(received, {200})

	def test_doubled_and_shuffled_deliveries_end_in_the_true_state(self):
		with served_site():
			doc = self.created()
			self.sandbox.fault("delivery", "out_of_order")
			self.sandbox.scan(doc.session_id)
			self.sandbox.fault("delivery", "twice")
			self.sandbox.drop(doc.session_id, 428)
			self.wait_for(doc.name, "Disconnected")
			time.sleep(0.3)
			run_jobs()
		self.assertEqual(self.fresh(doc.name).status, "Disconnected")

	def test_a_delivery_that_was_forged_or_too_old_changes_nothing(self):
		for kind in ("bad_signature", "stale"):
			with self.subTest(kind), served_site():
				doc = self.created()
				self.sandbox.scan(doc.session_id)
				self.wait_for(doc.name, "Connected")
				self.sandbox.fault("delivery", kind)
				self.sandbox.drop(doc.session_id, 401)
				self.wait_for_refusal(doc.session_id)
				run_jobs()
				self.assertEqual(self.fresh(doc.name).status, "Connected")

	def wait_for_refusal(self, session_id: str) -> None:
		until = time.monotonic() + 10
		while 401 not in {each.status for each in self.sandbox.deliveries if each.session_id == session_id}:
			self.assertLess(time.monotonic(), until)
			time.sleep(0.01)
