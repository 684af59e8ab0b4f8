"""The server learns where to call, calls, and a self-test names the cause when it cannot."""

from __future__ import annotations

import json
import time
from typing import Any

import frappe

from xappiens_whatsapp.api import session, settings
from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.patches import ask_for_acknowledgements
from xappiens_whatsapp.sessions.webhooks import WEBHOOK_EVENTS
from xappiens_whatsapp.tests.base import AGENT, MANAGER
from xappiens_whatsapp.tests.webhooks import (
	OTHER_SECRET,
	PATH,
	SECRET,
	WebhookTestCase,
	served_site,
	site_address,
)
from xappiens_whatsapp.tests.workers import run_jobs

NOT_REGISTERED = {"method": "WhatsApp webhook not registered"}
SETTINGS_API = "xappiens_whatsapp.api.settings."


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


class TestOneOfFour(WebhookTestCase):
	"""Case 28."""

	sandbox_options = {**WebhookTestCase.sandbox_options, "rate_limit": 1_000_000}

	def test_whatever_one_of_four_meets_the_others_are_registered_and_it_is_tried_again(self):
		for kind, details in (
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
			("slow", {"seconds": 1.5}),
			("rate_limit", {"reset": 1}),
		):
			for position in (0, 1):
				with self.subTest(kind, position=position, **details):
					self.register_with_fault(position, kind, details)

	def register_with_fault(self, position: int, kind: str, details: dict[str, Any]) -> None:
		self.doCleanups()
		self.setUp()
		docs = sorted((self.linked() for _each in range(4)), key=lambda doc: doc.name)
		self.settings(webhook_enabled=1, api_timeout=1)
		numbers = [doc.session_db_id for doc in docs]
		self.sandbox.clear_requests()
		settings.register_webhooks()
		self.fault_at(position, kind, details)
		run_jobs()
		paths = {request.path for request in self.sandbox.requests if request.method == "PUT"}
		self.assertEqual(paths, {f"/api/sessions/{number}/webhook" for number in numbers})
		registered = {self.sandbox.registry.named(doc.session_id).webhook.secret for doc in docs}
		self.assertEqual(registered, {SECRET})

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
		(log,) = frappe.get_all("Error Log", filters=NOT_REGISTERED, fields=["error"])
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
