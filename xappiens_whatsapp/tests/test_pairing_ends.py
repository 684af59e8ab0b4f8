"""Who opens a link, and what ends it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import frappe

from xappiens_whatsapp.api import pairing as api
from xappiens_whatsapp.api import session
from xappiens_whatsapp.sessions import pairing_links, qr_codes
from xappiens_whatsapp.tests.test_pairing import API, Browser, PairingTestCase


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
		self.assertTrue(self.look(self.opened(name)[1])["qr"])

	def test_a_deleted_session_and_one_that_follows_under_its_name(self):
		name, token = self.opened()
		frappe.delete_doc("WhatsApp Session", name)
		self.assertDead(token)
		session.create_session(name, "Ventas")
		self.assertDead(token)
		self.assertTrue(self.look(self.opened(name)[1])["qr"])

	def test_clearing_the_cache_of_the_site_keeps_links_and_losing_it_ends_them(self):
		name, token = self.opened()
		frappe.clear_cache()
		self.assertTrue(self.look(token)["qr"])
		frappe.cache.delete_keys("whatsapp_link")
		self.assertDead(token)
		self.assertTrue(self.look(self.opened(name)[1])["qr"])
