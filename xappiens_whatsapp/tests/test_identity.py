"""What people type: phone numbers in every dress, and text with half of a character."""

from __future__ import annotations

import json
import time

import frappe

from xappiens_whatsapp.api import session
from xappiens_whatsapp.sessions.phones import clean_phone_number
from xappiens_whatsapp.tests.base import MANAGER, WhatsAppTestCase, set_setting

HALF = "Ventas \ud83d"


class TestPhoneNumbers(WhatsAppTestCase):
	def live_in(self, country: str, code: str = "") -> None:
		if country and not frappe.db.exists("Country", country):
			frappe.get_doc(doctype="Country", country_name=country, code=code).insert(set_name=country)
		before = frappe.get_system_settings("country")
		self.set_country(country)
		self.addCleanup(self.set_country, before)

	def set_country(self, country: str | None) -> None:
		set_setting("country", country or "", "System Settings")
		end = time.monotonic() + 5  # on Frappe 16 another thread hears of it
		while (known := self.country_now()) != (country or ""):
			self.assertLess(time.monotonic(), end, f"the site still lives in {known!r}")
			time.sleep(0.05)

	def country_now(self) -> str:
		frappe.local.system_settings = None
		return frappe.get_system_settings("country") or ""

	def test_what_means_one_number_is_one_number(self):
		self.live_in("Spain", "es")
		for typed in (
			"+34600000001",
			"0034600000001",
			"00 34 600 00 00 01",
			"+34 600-00-00-01",
			"\u202a+34 600\u00a0000\u2011001\u202c",
			"(+34) 600.000.001",
			"+34/600/000/001",
			"34600000001",
			"600000001",
			"600 00 00 01",
			"\uff0b\uff13\uff14600000001",
			"\u0663\u0664600000001",
			"\u200e34600000001\ufeff",
		):
			with self.subTest(typed):
				self.assertEqual(clean_phone_number(typed), "34600000001")

	def test_a_record_expects_a_national_number_of_the_country_of_its_site(self):
		self.live_in("Spain", "es")
		doc = self.new_record(expected_number="600 000 021")
		self.assertEqual(doc.expected_number, "+34600000021")
		self.live_in("Germany", "de")
		doc.save()
		self.assertEqual(doc.expected_number, "+34600000021")

	def test_nothing_is_nothing(self):
		for typed in (None, "", " ", "\u202a\u202c"):
			self.assertIsNone(clean_phone_number(typed))

	def test_a_national_number_without_a_country_is_asked_about(self):
		self.live_in("")
		self.assertEqual(clean_phone_number("34600000001"), "34600000001")
		self.assert_refused("600000001", "country code")

	def test_a_national_number_follows_the_country(self):
		self.live_in("Germany", "de")
		self.assertEqual(clean_phone_number("0151 12345678"), "4915112345678")
		self.assertEqual(clean_phone_number("4915112345678"), "4915112345678")
		self.assert_refused("34600000001", "Is it +34600000001 / +4934600000001?")

	def test_what_cannot_be_one_is_told_before_anything_is_sent(self):
		self.live_in("Spain", "es")
		self.assert_refused("+346000", "too few digits")
		self.assert_refused("1234567", "too few digits")
		self.assert_refused("+34600000001234", "too many digits")
		self.assert_refused("1234567890123456", "too many digits")
		self.assert_refused("+999123456789", "No country")
		self.assert_refused("not a number", "only digits")
		self.assert_refused("+34+600000001", "only digits")

	def assert_refused(self, typed: str, words: str) -> None:
		self.sandbox.clear_requests()
		name = self.new_id()
		answer = self.call(
			"create_session", user=MANAGER, session_id=name, session_name="Ventas", phone_number=typed
		)
		self.assertEqual((answer.status, self.sent()), (417, []))
		self.assertIn(words, answer.words)
		self.assertFalse(frappe.db.exists("WhatsApp Session", name))

	def test_the_server_gets_digits(self):
		self.live_in("Spain", "es")
		session.create_session(self.new_id(), "Ventas", phone_number="\u202a600 000 001\u202c")
		sent = next(request for request in self.sandbox.requests if request.method == "POST")
		self.assertEqual(json.loads(sent.body)["phoneNumber"], "34600000001")


class TestHalvesOfCharacters(WhatsAppTestCase):
	def test_every_text_of_every_call_is_refused_with_words(self):
		name = session.create_session(self.new_id(), "Ventas")["session"]
		create = {"session_id": self.new_id(), "session_name": "Ventas"}
		pairing = "xappiens_whatsapp.api.pairing."
		calls = [
			*(
				("create_session", {**create, field: HALF})
				for field in (*create, "description", "phone_number")
			),
			("update_session_webhook", {"session_id": name, "webhook_url": f"https://a.example/{HALF}"}),
			("update_session_webhook", {"session_id": name, "webhook_secret": HALF * 4}),
			("get_session_status", {"session_id": HALF}),
			("refresh_sessions", {"session_ids": [name, HALF]}),
			("disconnect_session", {"session_id": HALF}),
			("delete_session", {"session_id": HALF}),
			(pairing + "create_link", {"session_id": name, "language": HALF}),
			(pairing + "revoke_links", {"session_id": HALF}),
			(pairing + "pairing_status", {"token": HALF}),
			("xappiens_whatsapp.api.diagnosis.diagnose", {"session_id": HALF}),
		]
		self.sandbox.clear_requests()
		for method, arguments in calls:
			with self.subTest(method, arguments=ascii(arguments)):
				answer = self.call(method, user=MANAGER, **arguments)
				self.assertEqual((answer.status, self.sent()), (417, []), answer.text)
				self.assertRegex(answer.words, "half of a character|Invalid request body")  # Frappe 16's own
		self.assertEqual(self.call("get_session_status", user=MANAGER, session_id=name).status, 200)

	def test_a_whole_emoji_is_fine(self):
		created = session.create_session(self.new_id(), "Ventas \N{SHOPPING BAGS}", "\N{SHOPPING BAGS}")
		self.assertEqual(self.fresh(created["session"]).session_name, "Ventas \N{SHOPPING BAGS}")

	def test_records_and_settings_refuse_it_as_well(self):
		doc = self.new_record()
		for field in ("session_name", "description"):
			with self.assertRaisesRegex(frappe.ValidationError, "half of a character"):
				self.fresh(doc.name).update({field: HALF}).save()
		with self.assertRaisesRegex(frappe.ValidationError, "half of a character"):
			self.settings(api_base_url=f"https://a.example/{HALF}")
		self.fresh(doc.name).update({"description": "Ventas"}).save()
		self.settings()
