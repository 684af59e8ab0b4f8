"""Links for the person who holds the phone: who makes them, who they serve, and when they end."""

from __future__ import annotations

import html
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import frappe
from werkzeug.test import Client

from xappiens_whatsapp.api import pairing as api
from xappiens_whatsapp.api import session
from xappiens_whatsapp.server.exceptions import GatewayUnavailable
from xappiens_whatsapp.sessions import pairing_links, qr_codes, visits
from xappiens_whatsapp.tests.base import AGENT, MANAGER, NOBODY, Response, WhatsAppTestCase, logged_errors

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


class TestOpening(PairingTestCase):
	def test_loading_binds_nobody_and_shows_nothing(self):
		_name, token = self.link()
		for _visit in range(3):
			scanner = Browser(frappe.local.site)
			self.assertEqual(scanner.open("/whatsapp-link").status, 200)
			self.sandbox.clear_requests()
			self.assertDead(token, "press Show the Code", scanner)
			self.assertEqual(scanner.ask("renew_code", token).status, 410)
			self.assertEqual(self.sent(), [])
			self.assertFalse(scanner.bindings())
		self.assertTrue(self.browser.click(token).message["qr"])
		self.assertTrue(self.look(token)["qr"])

	def test_the_first_click_binds_and_a_click_elsewhere_opens_nothing(self):
		_name, token = self.opened()
		other = Browser(frappe.local.site)
		response = other.click(token)
		self.assertEqual(response.status, 410)
		self.assertIn("another browser", response.words)
		self.assertFalse(other.bindings())
		self.assertEqual(self.browser.click(token).status, 200)

	def test_clicks_at_the_same_time_open_it_once(self):
		_name, token = self.link()
		browsers = [Browser(frappe.local.site) for _count in range(6)]
		frappe.db.commit()
		with ThreadPoolExecutor(len(browsers)) as executor:
			answers = executor.map(
				lambda one: (
					one.client.open(
						f"/api/method/{API}open_link",
						headers=one.headers,
						method="POST",
						json={"token": token},
					).status_code
				),
				browsers,
			)
			self.assertEqual(sorted(answers), [200] + [410] * 5)


class TestEnding(PairingTestCase):
	def test_a_manager_who_disconnects_ends_the_link(self):
		for mode in ("Delete on the server", "Keep on the server"):
			with self.subTest(mode):
				self.settings(disconnect_mode=mode)
				name, token = self.opened()
				session.disconnect_session(name)
				self.sandbox.clear_requests()
				self.assertDead(token)
				self.assertEqual(self.browser.ask("renew_code", token).status, 410)
				self.assertEqual(self.sent(), [])

	def test_a_guest_creates_no_session(self):
		for method in ("renew_code", "pairing_status"):
			with self.subTest(method):
				name, token = self.opened()
				self.sandbox.drop(name, code=401)
				self.look(token)
				self.sandbox.forget(name)
				self.sandbox.clear_requests()
				frappe.cache.delete_keys("whatsapp_link_asked")
				response = self.browser.ask(method, token)
				self.assertEqual(response.status, 410, response.text)
				self.assertIn("Ask the person who sent it", response.words)
				self.assertNotIn("POST /api/sessions", self.sent())
				self.sandbox.clear_requests()
				self.assertDead(token)
				self.assertEqual(self.sent(), [])
				self.assertTrue(self.look(self.opened(name)[1])["qr"])

	def test_unknown_tokens(self):
		for token in ("", "x", "a" * 43, "../../x"):
			self.assertDead(token)

	def test_revoking(self):
		name, token = self.opened()
		self.look(token)
		self.assertTrue(api.revoke_links(name)["revoked"])
		self.assertDead(token)
		self.assertFalse(api.revoke_links(name)["revoked"])
		self.assertTrue(self.look(self.opened(name)[1])["qr"])

	def test_a_newer_link_replaces_the_older(self):
		name, older = self.opened()
		_name, newer = self.opened(name)
		self.assertDead(older)
		self.assertTrue(self.look(newer)["qr"])

	def test_the_end_of_its_time(self):
		name, token = self.opened()
		self.look(token)
		soon = qr_codes.isoformat(datetime.now(timezone.utc) + timedelta(seconds=1))
		pairing_links.store(name, {**pairing_links.entry_of(name), "expires_at": soon})
		time.sleep(1.3)
		self.assertDead(token)

	def test_a_deleted_session_and_one_that_follows_under_its_name(self):
		name, token = self.opened()
		frappe.delete_doc("WhatsApp Session", name)
		self.assertDead(token)
		session.create_session(name, "Ventas")
		self.assertDead(token)

	def test_clearing_the_cache_of_the_site_keeps_links_and_losing_it_ends_them(self):
		_name, token = self.opened()
		frappe.clear_cache()
		self.assertTrue(self.look(token)["qr"])
		frappe.cache.delete_keys("whatsapp_link")
		self.assertDead(token)


class TestTrouble(PairingTestCase):
	def test_a_guest_learns_neither_address_nor_words_of_the_server(self):
		name, token = self.opened()
		self.look(token)
		qr_codes.forget(self.fresh(name))
		for kind, details in (
			("http", {"status": 500, "code": "INTERNAL_ERROR", "error": "Ventas interno"}),
			("html", {"status": 502}),
			("http", {"status": 401, "code": "INVALID_API_KEY", "error": "Clave"}),
		):
			with self.subTest(kind):
				self.sandbox.fault("status", kind, times=None, **details)
				frappe.cache.delete_keys("whatsapp_link_asked")
				response = self.browser.look(token)
				self.assertEqual(response.status, 503)
				self.assertEqual(response.body["exc_type"], "GatewayUnavailable")
				for secret in ("127.0.0.1", "interno", "Clave", "WhatsApp Settings", "Traceback", token):
					self.assertNotIn(secret, response.text)
				self.sandbox.clear_faults()
		self.assertTrue(self.look(token)["qr"])
		self.assertNotIn(token, logged_errors())

	def test_being_asked_to_slow_down_says_for_how_long(self):
		_name, token = self.opened()
		self.sandbox.fault("status", "rate_limit", reset=9)
		frappe.cache.delete_keys("whatsapp_link_asked")
		response = self.browser.look(token)
		self.assertEqual((response.status, response.body["exc_type"]), (429, "GatewayRateLimited"))
		self.assertGreaterEqual(response.body["retry_after"], 1)

	def test_one_address_may_ask_only_so_often(self):
		_name, token = self.opened()
		statuses = [self.browser.look(token).status for _call in range(61)]
		self.assertEqual((statuses[0], statuses[59], statuses[60]), (200, 200, 429))
		statuses = [self.browser.ask("renew_code", token).status for _call in range(7)]
		self.assertEqual((statuses[5], statuses[6]), (200, 429))

	def test_guests_change_nothing_by_reading_verbs(self):
		_name, token = self.opened()
		for method in ("pairing_status", "renew_code"):
			self.assertEqual(self.browser.ask(method, token, "GET").status, 403)


class TestPage(PairingTestCase):
	def test_it_says_everything_in_the_language_of_the_link_and_loads_from_the_site_only(self):
		for language, title in (("en", "Link your WhatsApp"), ("es", "Vincule su WhatsApp")):
			with self.subTest(language):
				page = self.browser.open(f"/whatsapp-link?_lang={language}")
				self.assertEqual(page.status, 200)
				self.assertIn(f'<html lang="{language}">', page.text)
				self.assertIn(f"<h1>{title}</h1>", page.text)
				self.assertIn('name="robots" content="noindex', page.text)
				self.assertFalse(re.findall(r'(?:src|href)="(?!/assets/xappiens_whatsapp/)', page.text))

	def test_it_hands_its_scripts_every_sentence(self):
		page = self.browser.open("/whatsapp-link?_lang=es")
		boot = json.loads(html.unescape(re.search(r'data-boot="([^"]*)"', page.text)[1]))
		sentence = "Open WhatsApp on the phone."
		self.assertEqual(boot["messages"][sentence], frappe._(sentence, "es"))
		self.assertNotEqual(boot["messages"][sentence], sentence)
		self.assertIsNone(boot["csrf_token"])
		self.assertGreater(len(boot["messages"]), 20)

	def test_page_and_calls_are_neither_cached_nor_indexed_nor_framed_nor_told_to_others(self):
		_name, token = self.opened()
		post = {"method": "POST", "json": {"token": token}}
		by_name = {"method": "POST", "json": {"token": token, "cmd": f"{API}pairing_status"}}
		for path, options, statuses in (
			("/whatsapp-link", {}, (200,)),
			("/whatsapp-link/", {}, (200, 301, 308)),
			("/whatsapp-link?_lang=es", {}, (200,)),
			(f"/api/method/{API}pairing_status", post, (200,)),
			(f"/api/method/{API}pairing_status", {"method": "GET"}, (403,)),
			(f"/api/method/{API}open_link", {"method": "POST", "json": {"token": "x"}}, (410,)),
			(f"/api/method/{API}pairing_status/", post, (200, 404, 417)),
			(f"/api/v1/method/{API}pairing_status", post, (200, 404)),
			(f"/api/v2/method/{API}pairing_status", post, (200, 404)),
			(f"/api/v2/method/{API}open_link", {"method": "POST", "json": {"token": "x"}}, (410, 404)),
			("/", by_name, (200, 404)),
		):
			with self.subTest(path):
				status = self.browser.open(path, **options).status
				self.assertIn(status, statuses)
				if status in (301, 308) or (path, status) == ("/", 404):
					continue  # nothing of ours: a redirect, or the development site, which knows no `cmd` there
				headers = self.browser.response.headers
				self.assertEqual(headers["Referrer-Policy"], "no-referrer", path)
				self.assertIn("no-store", headers["Cache-Control"])
				self.assertIn("noindex", headers["X-Robots-Tag"])
				self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
				self.assertIn("frame-ancestors 'none'", headers["Content-Security-Policy"])

	def test_a_failing_server_leaves_no_token_in_any_log_whatever_the_path(self):
		_name, token = self.opened()
		for path in ("/api/method/{}", "/api/method/{}/", "/api/v1/method/{}", "/api/v2/method/{}", "/{}"):
			self.sandbox.fault("status", "http", times=None, status=500, code="INTERNAL_ERROR", error="no")
			frappe.cache.delete_keys("whatsapp_link_asked")
			cmd = {"cmd": f"{API}pairing_status"} if path == "/{}" else {}
			name = "" if cmd else f"{API}pairing_status"
			self.browser.open(path.format(name), method="POST", json={"token": token, **cmd})
		self.assertNotIn(token, logged_errors())


class TestCodeToType(PairingTestCase):
	"""For the person whose camera is not at hand."""

	def code(self, token: str, number: str = "+34600000001") -> Response:
		path = f"/api/method/{API}get_pairing_code"
		return self.browser.open(path, method="POST", json={"token": token, "phone_number": number})

	def test_it_is_offered_with_the_picture_and_links_the_phone_that_types_it(self):
		name, token = self.opened()
		self.assertEqual(self.look(token)["features"], {"pairing_code": True})
		answer = self.code(token)
		self.assertEqual(answer.status, 200, answer.text)
		self.sandbox.enter_code(name, answer.message["code"], "34600000001")
		session.get_session_status(name)
		self.assertEqual(self.look(token)["state"], "Connected")
		self.assertEqual(self.code(token).status, 410)

	def test_another_browser_gets_none_and_a_number_that_is_none_is_told(self):
		_name, token = self.opened()
		self.assertEqual(self.code(token, "12").status, 417)
		self.browser = Browser(frappe.local.site)
		self.assertEqual(self.code(token).status, 410)
