"""The chain from the settings to the phone, and who may have it walked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import frappe

from xappiens_whatsapp.api import diagnosis, session
from xappiens_whatsapp.baileys.errors import RateLimitedError
from xappiens_whatsapp.server import budget
from xappiens_whatsapp.tests.base import AGENT, MANAGER, NOBODY, VIEWER, WhatsAppTestCase, unused_port
from xappiens_whatsapp.tests.webhooks import site_address

API = "xappiens_whatsapp.api.diagnosis."
CONNECTION = ["settings", "dns", "tcp", "http", "key"]


@contextmanager
def answering(status: int) -> Iterator[str]:
	"""A web server that answers every POST with one status."""

	class Handler(BaseHTTPRequestHandler):
		def do_POST(self) -> None:
			self.rfile.read(int(self.headers["Content-Length"]))
			self.send_response(status)
			self.end_headers()

		def log_message(self, *arguments: object) -> None:
			pass

	server = HTTPServer(("127.0.0.1", 0), Handler)
	thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
	thread.start()
	try:
		yield f"http://127.0.0.1:{server.server_port}"
	finally:
		server.shutdown()
		server.server_close()
		thread.join()


class DiagnosisTestCase(WhatsAppTestCase):
	def create(self) -> str:
		return session.create_session(self.new_id(), "Ventas")["session"]

	def walk(self, session_id: str | None = None) -> dict:
		self.sandbox.clear_requests()
		return diagnosis.diagnose(session_id)

	def checks(self, answer: dict) -> list[str]:
		return [row["check"] for row in answer["checks"]]

	def assertStopsAt(self, answer: dict, check: str, detail: str, remedy: str) -> None:
		*before, last = answer["checks"]
		self.assertTrue(all(row["ok"] for row in before), before)
		self.assertFalse(answer["success"])
		self.assertEqual((last["check"], last["ok"]), (check, False))
		self.assertIn(detail, last["detail"])
		self.assertIn(remedy, last["remedy"])


class TestChainToTheServer(DiagnosisTestCase):
	def test_every_link_of_a_site_in_order_is_told_in_words_with_its_time(self):
		answer = self.walk()
		self.assertTrue(answer["success"])
		self.assertEqual(self.checks(answer), [*CONNECTION, "list"])
		for row in answer["checks"]:
			self.assertTrue(row["label"] and row["detail"])
			self.assertEqual(row["remedy"], "")
			self.assertGreaterEqual(row["milliseconds"], 0)
		self.assertEqual(self.sent(), ["GET /health", "GET /api/sessions", "GET /api/sessions"])

	def test_incomplete_settings_send_nothing(self):
		for values, words in (
			({"enabled": 0}, "switched off"),
			({"api_base_url": ""}, "address is missing"),
			({"api_key": ""}, "key is missing"),
		):
			with self.subTest(words):
				self.settings(**values)
				self.assertStopsAt(self.walk(), "settings", words, "WhatsApp Settings")
				self.assertEqual(self.sent(), [])
		self.settings()
		self.assertTrue(self.walk()["success"])

	def test_a_name_that_nobody_knows(self):
		self.settings(api_base_url="http://gateway.invalid")
		self.assertStopsAt(self.walk(), "dns", "cannot be found", "Check the server address")
		self.settings()
		self.assertTrue(self.walk()["success"])

	def test_a_port_where_nobody_listens(self):
		self.settings(api_base_url=f"http://127.0.0.1:{unused_port()}")
		self.assertStopsAt(self.walk(), "tcp", "Nothing accepts connections", "running")
		self.settings()
		self.assertTrue(self.walk()["success"])

	def test_https_where_the_server_speaks_http(self):
		self.settings(api_base_url=self.sandbox.url.replace("http:", "https:"))
		self.assertStopsAt(self.walk(), "tls", "certificate was not accepted", "certificate")
		self.settings()
		self.assertTrue(self.walk()["success"])

	def test_something_else_than_the_server(self):
		for kind, details, detail in (
			("html", {"status": 200}, "not the WhatsApp server"),
			("html", {"status": 502}, "in front of the server"),
			("redirect", {"location": "http://elsewhere.example"}, "another address"),
		):
			with self.subTest(kind):
				self.sandbox.fault("health", kind, **details)
				self.assertStopsAt(self.walk(), "http", detail, "WhatsApp Settings")
				self.assertTrue(self.walk()["success"])

	def test_a_refused_key(self):
		self.settings(api_key="another-key-0000")
		answer = self.walk()
		self.assertStopsAt(answer, "key", "refused the API key", "right API key")
		self.assertNotIn("another-key-0000", frappe.as_json(answer))
		self.settings()
		self.assertTrue(self.walk()["success"])

	def test_a_server_that_slows_us_down(self):
		self.sandbox.fault("list", "rate_limit", reset=30)
		self.assertStopsAt(self.walk(), "key", "Too many requests", "seconds, then run")
		frappe.cache.delete_keys("whatsapp_budget")
		self.assertTrue(self.walk()["success"])

	def test_a_request_budget_that_is_used_up_stops_before_anything_is_sent_with_the_key(self):
		with self.assertRaises(RateLimitedError):
			while True:
				budget.spend(self.sandbox.api_key)
		self.assertStopsAt(self.walk(), "key", "Too many requests", "seconds, then run")
		self.assertEqual(self.sent(), ["GET /health"])
		frappe.cache.delete_keys("whatsapp_")
		self.assertTrue(self.walk()["success"])

	def test_the_connection_test_of_the_settings_walks_the_same_links(self):
		answer = session.test_connection()
		self.assertEqual(self.checks(answer), CONNECTION)
		self.assertTrue(answer["success"])


class TestChainToThePhone(DiagnosisTestCase):
	def test_a_session_that_waits_for_a_scan(self):
		name = self.create()
		answer = self.walk(name)
		self.assertTrue(answer["success"], answer)
		self.assertEqual(self.checks(answer), [*CONNECTION, "list", "session", "number", "state", "qr"])
		self.assertEqual(self.sent("POST"), [])

	def test_a_linked_session_is_not_asked_for_a_code(self):
		answer = self.walk(self.linked_session().name)
		self.assertEqual(self.checks(answer)[-1], "state")
		self.assertIn("linked", answer["checks"][-1]["detail"])
		self.assertTrue(answer["success"])

	def test_a_session_that_the_server_lost(self):
		name = self.create()
		self.sandbox.forget(name)
		self.assertStopsAt(self.walk(name), "session", "does not know this session", "Create Session")
		session.connect_session(name)
		self.assertTrue(self.walk(name)["success"])

	def test_a_number_that_changed_is_told_and_not_touched(self):
		name = self.create()
		known = self.fresh(name).session_db_id
		current = self.sandbox.renumber(name)
		answer = self.walk(name)
		self.assertStopsAt(answer, "number", str(current), "Press Status")
		self.assertIn(str(known), answer["checks"][-1]["detail"])
		self.assertEqual(self.fresh(name).session_db_id, known)
		session.get_session_status(name)
		self.assertTrue(self.walk(name)["success"])

	def test_a_record_without_a_number(self):
		name = self.create()
		frappe.db.set_value("WhatsApp Session", name, "session_db_id", 0)
		self.assertStopsAt(self.walk(name), "number", "has no number", "Press Status")
		session.get_session_status(name)
		self.assertTrue(self.walk(name)["success"])

	def test_a_phone_that_logged_out_gets_the_reason_and_the_next_step(self):
		name = self.linked_session().name
		self.sandbox.drop(name, code=401)
		self.assertStopsAt(self.walk(name), "state", "logged out on the phone", "Press Connect")
		self.assertEqual(self.fresh(name).status, "Disconnected")
		session.connect_session(name)
		self.sandbox.scan(name)
		self.assertTrue(self.walk(name)["success"])

	def test_a_session_that_was_stopped_on_purpose(self):
		self.settings(disconnect_mode="Keep on the server")
		name = self.create()
		session.disconnect_session(name)
		self.assertStopsAt(self.walk(name), "state", "not connected", "Press Connect")
		session.connect_session(name)
		self.assertTrue(self.walk(name)["success"])

	def test_a_server_that_cannot_say_the_state_yet_is_judged_by_its_list(self):
		name = self.create()
		self.sandbox.fault("status", "http", status=404, code="SESSION_NOT_FOUND", error="No encontrada")
		self.assertTrue(self.walk(name)["success"])

	def test_a_state_nobody_knows(self):
		name = self.create()
		self.sandbox.fault("status", "variant", name="unknown_word")
		self.assertStopsAt(self.walk(name), "state", "does not know", "Press Status")
		self.assertTrue(self.walk(name)["success"])

	def test_no_code_although_the_session_waits_for_a_scan(self):
		name = self.create()
		self.sandbox.fault("qr", "empty_qr")
		self.assertStopsAt(self.walk(name), "qr", "no QR code yet", "Restart")
		self.assertTrue(self.walk(name)["success"])


class TestWebhook(DiagnosisTestCase):
	def webhook(self) -> dict:
		return next(row for row in self.walk()["checks"] if row["check"] == "webhook")

	def test_an_address_that_takes_a_signed_call_is_reachable_and_one_that_refuses_it_is_not_this_site(self):
		self.settings(webhook_enabled=1)
		with answering(200) as address, site_address(address):
			self.assertTrue(self.webhook()["ok"])
		with answering(401) as address, site_address(address):
			self.assertIn("although its signature is right", self.webhook()["detail"])

	def test_an_address_that_answers_something_else_or_not_at_all(self):
		self.settings(webhook_enabled=1)
		with answering(404) as address, site_address(address):
			self.assertIn("HTTP 404", self.webhook()["detail"])
		with site_address(f"http://127.0.0.1:{unused_port()}"):
			row = self.webhook()
		self.assertFalse(row["ok"])
		self.assertIn("Nothing accepts connections", row["detail"])
		self.assertIn("host_name", row["remedy"])

	def test_a_server_far_away_cannot_call_back_without_https(self):
		from xappiens_whatsapp.diagnosis import words
		from xappiens_whatsapp.sessions import webhooks

		self.assertFalse(webhooks.may_be_called("http://crm.example/hook", "https://api.example"))
		self.assertIn("https://", words.not_https("http://crm.example/hook").sentence)

	def test_switched_off_it_is_no_link_of_the_chain(self):
		self.assertNotIn("webhook", self.checks(self.walk()))


class TestWhoMay(DiagnosisTestCase):
	def test_the_whole_site_and_every_action_are_for_managers(self):
		name = self.create()
		self.assign(name, AGENT, "Manager")
		for method, arguments in (
			("diagnose", {}),
			("adopt_session", {"session_db_id": 1}),
			("relink_session", {"session_id": name}),
			("delete_finding", {"session_id": name}),
			("fill_missing_numbers", {}),
		):
			for user in (AGENT, NOBODY, None):
				with self.subTest(method, user=user):
					self.assertEqual(self.call(API + method, user=user, **arguments).status, 403)
		self.assertEqual(self.call(API + "diagnose", user=MANAGER).status, 200)

	def test_a_viewer_may_look_at_an_assigned_session_and_sees_no_other(self):
		name, other = self.create(), self.create()
		self.sandbox.renumber(name)
		self.assign(name, VIEWER, "Viewer")
		answer = self.call(API + "diagnose", user=VIEWER, session_id=name)
		self.assertEqual(answer.status, 200)
		self.assertEqual(answer.message["checks"][-1]["check"], "number")
		self.assertEqual(answer.message["findings"], [])
		self.assertNotIn(other, answer.text)
		self.assertEqual(self.call(API + "diagnose", user=VIEWER, session_id=other).status, 403)

	def test_unknown_sessions_wrong_types_and_reading_verbs_are_refused(self):
		self.assertEqual(self.call(API + "diagnose", user=MANAGER, session_id="test_nobody").status, 404)
		self.assertEqual(self.call(API + "diagnose", user=MANAGER, session_id="").status, 404)
		self.assertEqual(self.call(API + "adopt_session", user=MANAGER, session_db_id="x").status, 417)
		self.assertEqual(self.call(API + "diagnose", "GET", user=MANAGER).status, 403)
