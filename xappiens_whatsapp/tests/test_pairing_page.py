"""The page of a link: what it shows, what it keeps to itself, and a code to type."""

from __future__ import annotations

import html
import json
import re

import frappe

from xappiens_whatsapp.api import session
from xappiens_whatsapp.sessions import qr_codes
from xappiens_whatsapp.tests.base import Response, logged_errors
from xappiens_whatsapp.tests.test_pairing import API, Browser, PairingTestCase


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
		frappe.cache.delete_keys("whatsapp_budget")
		self.assertTrue(self.look(token)["qr"])

	def test_one_address_may_ask_only_so_often(self):
		_name, token = self.opened()
		statuses = [self.browser.look(token).status for _call in range(61)]
		self.assertEqual((statuses[0], statuses[59], statuses[60]), (200, 200, 429))
		statuses = [self.browser.ask("renew_code", token).status for _call in range(7)]
		self.assertEqual((statuses[5], statuses[6]), (200, 429))
		frappe.cache.delete_keys("whatsapp_calls")
		self.assertTrue(self.look(token)["qr"])

	def test_guests_change_nothing_by_reading_verbs(self):
		_name, token = self.opened()
		for method in ("pairing_status", "renew_code"):
			self.assertEqual(self.browser.ask(method, token, "GET").status, 403)
			self.assertEqual(self.browser.ask(method, token).status, 200)


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
		statuses = set()
		for path in ("/api/method/{}", "/api/method/{}/", "/api/v1/method/{}", "/api/v2/method/{}", "/{}"):
			self.sandbox.fault("status", "http", times=None, status=500, code="INTERNAL_ERROR", error="no")
			frappe.cache.delete_keys("whatsapp_link_asked")
			cmd = {"cmd": f"{API}pairing_status"} if path == "/{}" else {}
			name = "" if cmd else f"{API}pairing_status"
			answer = self.browser.open(path.format(name), method="POST", json={"token": token, **cmd})
			statuses.add(answer.status)
		self.assertIn(503, statuses)
		self.assertNotIn(token, logged_errors())
		self.sandbox.clear_faults()
		self.assertTrue(self.look(token)["qr"])


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
		own, self.browser = self.browser, Browser(frappe.local.site)
		self.assertEqual(self.code(token).status, 410)
		self.browser = own
		self.assertEqual(self.code(token).status, 200)
