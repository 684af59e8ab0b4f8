"""Links for the person who holds the phone: who makes them, who they serve, and when they end."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import frappe
from werkzeug.test import Client

from xappiens_whatsapp.api import pairing as api
from xappiens_whatsapp.api import session
from xappiens_whatsapp.server.exceptions import GatewayUnavailable
from xappiens_whatsapp.sessions import pairing_links, qr_codes, visits
from xappiens_whatsapp.tests.base import AGENT, MANAGER, NOBODY, Response, WhatsAppTestCase

API = "xappiens_whatsapp.api.pairing."
ANSWER = {"state", "qr", "expires_at", "retry_after", "features"}


class Browser:
	"""A guest's browser: keeps its cookies from one request to the next."""

	def __init__(self, site: str) -> None:
		from frappe.app import application

		self.client = Client(application)
		self.headers = {"X-Frappe-Site-Name": site, "Accept": "application/json"}
		self.response: Any = None

	def ask(self, method: str, token: str, verb: str = "POST") -> Response:
		body = {"query_string": {"token": token}} if verb == "GET" else {"json": {"token": token}}
		return self.open(f"/api/method/{API}{method}", method=verb, **body)

	def look(self, token: str) -> Response:
		return self.ask("pairing_status", token)

	def click(self, token: str) -> Response:
		"""What the page does once the person has pressed its button."""
		return self.ask("open_link", token)

	def bindings(self) -> list[str]:
		"""The cookies that bind it to links."""
		return [cookie.key for cookie in self.client._cookies.values() if "whatsapp_link" in cookie.key]

	def open(self, path: str, **options: Any) -> Response:
		"""In a thread of its own, as the server would."""
		frappe.db.commit()
		with ThreadPoolExecutor(1) as executor:
			self.response = executor.submit(self.client.open, path, headers=self.headers, **options).result()
		frappe.db.rollback()
		text = self.response.get_data(as_text=True)
		return Response(self.response.status_code, self.response.get_json(silent=True) or {}, text)


class PairingTestCase(WhatsAppTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.browser = Browser(frappe.local.site)

	def create(self) -> str:
		return session.create_session(self.new_id(), "Ventas")["session"]

	def link(self, name: str | None = None, **arguments: Any) -> tuple[str, str]:
		"""The session and the token of a new link to it, which nobody has opened yet."""
		name = name or self.create()
		return name, urlsplit(api.create_link(name, **arguments)["url"]).fragment

	def opened(self, name: str | None = None, **arguments: Any) -> tuple[str, str]:
		"""The same after the person's click."""
		name, token = self.link(name, **arguments)
		self.assertEqual(self.browser.click(token).status, 200)
		return name, token

	def look(self, token: str, browser: Browser | None = None) -> dict[str, Any]:
		frappe.cache.delete_keys("whatsapp_link_asked")
		response = (browser or self.browser).look(token)
		self.assertEqual(response.status, 200, response.text)
		self.assertEqual(set(response.message), ANSWER)
		return response.message

	def assertDead(self, token: str, words: str = "no longer valid", browser: Browser | None = None) -> None:
		response = (browser or self.browser).look(token)
		self.assertEqual(response.status, 410)
		self.assertIn(words, response.words)
		self.assertNotIn("image/png", response.text)


class TestMaking(PairingTestCase):
	def test_the_token_stands_behind_the_hash_where_no_log_sees_it(self):
		answer = api.create_link(self.create(), language="es")
		url = urlsplit(answer["url"])
		self.assertEqual((url.path, url.query), ("/whatsapp-link", "_lang=es"))
		self.assertGreaterEqual(len(url.fragment), 40)
		minutes = qr_codes.seconds_left(answer["expires_at"]) / 60
		self.assertTrue(14 < minutes <= 15)

	def test_only_hashes_are_kept(self):
		_name, token = self.opened()
		self.look(token)
		keys = frappe.cache.get_keys("whatsapp_link")
		stored = [key + (frappe.cache.get(key) or b"") for key in keys]
		self.assertGreaterEqual(len(stored), 3)
		kept = self.browser.client._cookies.values()
		cookies = [cookie.value for cookie in kept if cookie.key in self.browser.bindings()]
		self.assertTrue(all(cookies) and cookies)
		for secret in (token, *cookies):
			self.assertFalse([entry for entry in stored if secret.encode() in entry])

	def test_making_one_connects_what_is_not_connected(self):
		name = self.create()
		self.sandbox.drop(name, code=408)
		session.get_session_status(name)
		self.sandbox.clear_requests()
		_name, token = self.opened(name)
		self.assertEqual(self.sent("POST"), [f"POST /api/sessions/{self.fresh(name).session_db_id}/connect"])
		self.assertTrue(self.look(token)["qr"])

	def test_making_one_creates_what_the_server_lost(self):
		_name, token = self.opened(self.new_record().name)
		self.assertTrue(self.look(token)["qr"])

	def test_no_link_when_the_server_cannot_connect_the_session(self):
		name = self.new_record().name
		self.sandbox.fault("create", "reset", times=None)
		with self.assertRaises(GatewayUnavailable):
			api.create_link(name)
		self.assertIsNone(pairing_links.entry_of(name))
		self.sandbox.clear_faults()
		self.assertTrue(self.look(self.opened(name)[1])["qr"])

	def test_a_connected_session_needs_none(self):
		name = self.create()
		self.sandbox.scan(name)
		session.get_session_status(name)
		with self.assertRaises(frappe.ValidationError) as raised:
			api.create_link(name)
		self.assertIn("connected already", str(raised.exception))

	def test_lifetime_and_language_are_checked(self):
		name = self.create()
		for arguments in ({"minutes": 0}, {"minutes": 61}, {"language": "es&x=1"}, {"language": "#"}):
			with self.subTest(arguments), self.assertRaises(frappe.ValidationError):
				api.create_link(name, **arguments)
		self.assertIsNone(pairing_links.entry_of(name))

	def test_only_managers_make_and_revoke(self):
		name = self.create()
		self.assign(name, AGENT, "Manager")
		for method in ("create_link", "revoke_links"):
			for user in (AGENT, NOBODY, None):
				with self.subTest(method, user=user):
					self.assertEqual(self.call(API + method, user=user, session_id=name).status, 403)
			self.assertEqual(self.call(API + method, user=MANAGER, session_id=name).status, 200)
			self.assertEqual(self.call(API + method, "GET", user=MANAGER, session_id=name).status, 403)
			self.assertEqual(self.call(API + method, user=MANAGER, session_id="test_nobody").status, 404)


class TestUsing(PairingTestCase):
	def test_a_guest_sees_the_code_of_that_session_and_nothing_else(self):
		name, token = self.opened()
		seen = self.look(token)
		shown = session.get_qr_code(name)
		self.assertEqual((seen["state"], seen["qr"]), ("QR Code Required", shown["qr_code"]))
		self.assertEqual(seen["expires_at"], shown["expires_at"])
		self.assertNotIn(name, json.dumps(seen))

	def test_looking_again_at_once_asks_the_server_nothing(self):
		_name, token = self.opened()
		first = self.look(token)
		self.sandbox.clear_requests()
		self.assertEqual(self.browser.look(token).message, first)
		self.assertEqual(self.sent(), [])
		self.look(token)
		self.assertEqual(len(self.sent()), 1)

	def test_a_scan_ends_the_link_for_good(self):
		name, token = self.opened()
		self.look(token)
		self.sandbox.scan(name, phone_number="34600000001")
		seen = self.look(token)
		self.assertEqual((seen["state"], seen["qr"], seen["retry_after"]), ("Connected", None, None))
		self.assertFalse(seen["features"]["pairing_code"])
		self.sandbox.drop(name, code=401)
		session.connect_session(name)
		self.assertTrue(session.get_qr_code(name)["ready"])
		self.assertEqual(self.look(token)["state"], "Connected")
		self.assertIsNone(self.look(token)["qr"])
		self.assertIsNone(self.browser.ask("renew_code", token).message["qr"])

	def test_a_link_that_only_the_desk_saw_connecting_shows_no_code_either(self):
		name, token = self.opened()
		self.sandbox.scan(name)
		session.get_session_status(name)
		self.sandbox.drop(name, code=401)
		session.connect_session(name)
		self.assertIsNone(self.look(token)["qr"])

	def test_another_browser_stays_outside_and_the_first_goes_on(self):
		_name, token = self.opened()
		self.look(token)
		self.assertDead(token, "another browser", Browser(frappe.local.site))
		stranger = Browser(frappe.local.site)
		for cookie in self.browser.client._cookies.values():
			stranger.client.set_cookie(cookie.key, "a-guess", domain=cookie.domain)
		self.assertDead(token, "another browser", stranger)
		self.assertTrue(self.look(token)["qr"])

	def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self):
		self.opened(minutes=5)
		[cookie] = [
			value for value in self.browser.response.headers.getlist("Set-Cookie") if "whatsapp_link" in value
		]
		self.assertIn("HttpOnly", cookie)
		self.assertIn("SameSite=Strict", cookie)
		seconds = int(re.search(r"Max-Age=(\d+)", cookie)[1])
		self.assertTrue(240 < seconds <= 300)

	def test_codes_that_ran_out_come_back_on_request(self):
		name, token = self.opened()
		self.look(token)
		self.sandbox.drop(name, code=408)
		seen = self.look(token)
		self.assertEqual((seen["state"], seen["qr"]), ("Disconnected", None))
		self.assertGreaterEqual(seen["retry_after"], 5)
		self.browser.ask("renew_code", token)
		self.assertTrue(self.look(token)["qr"])

	def test_renewing_leaves_a_session_alone_that_offers_codes(self):
		_name, token = self.opened()
		self.look(token)
		self.sandbox.clear_requests()
		self.assertTrue(self.browser.ask("renew_code", token).message["qr"])
		self.assertEqual(self.sent("POST"), [])

	def test_a_code_that_is_not_ready_is_no_error(self):
		name, token = self.opened()
		qr_codes.forget(self.fresh(name))
		self.sandbox.fault("qr", "empty_qr")
		self.assertIsNone(self.look(token)["qr"])
		self.assertTrue(self.look(token)["qr"])

	def test_a_server_that_cannot_say_the_state_still_gives_its_code_and_is_asked_seldom(self):
		_name, token = self.opened()
		self.sandbox.fault(
			"status", "http", times=None, status=404, code="SESSION_NOT_FOUND", error="No encontrada"
		)
		self.assertTrue(self.look(token)["qr"])
		[key] = frappe.cache.get_keys("whatsapp_link_asked")
		self.assertGreater(frappe.cache.ttl(key), visits.ASK_SERVER_EVERY)
