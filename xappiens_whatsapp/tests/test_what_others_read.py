"""Where the server is, and what is wrong with this site, is for managers; neither for assigned people nor for guests."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import pairing
from xappiens_whatsapp.site import copies
from xappiens_whatsapp.tests.base import AGENT, MANAGER, VIEWER, set_setting, unused_port
from xappiens_whatsapp.tests.test_doors import APP, KEEPER, DoorsTestCase
from xappiens_whatsapp.tests.test_pairing import Browser

CANNOT_BE_REACHED = ("WhatsApp cannot be reached at the moment. Leave this page open.",)


class TestWhatOthersRead(DoorsTestCase):
	"""Where the server is, and how much is on it, is for managers."""

	def setUp(self) -> None:
		super().setUp()
		self.name = self.mine()
		self.place = self.sandbox.url.removeprefix("http://")

	def everything(self, user: str) -> str:
		calls = (
			("session.get_session_status", {"session_id": self.name}),
			("session.refresh_sessions", {"session_ids": json.dumps([self.name])}),
			("session.list_sessions", {}),
			("diagnosis.diagnose", {"session_id": self.name}),
			("session.get_qr_code", {"session_id": self.name}),
			("phone.keep_phone", {"session_id": self.name}),
			("phone.unlink_phone", {"session_id": self.name}),
			("session.connect_session", {"session_id": self.name}),
			("session.restart_session", {"session_id": self.name}),
			("session.disconnect_session", {"session_id": self.name}),
			("session.delete_session", {"session_id": self.name}),
		)
		texts = [self.call(f"{APP}api.{name}", user=user, **arguments).text for name, arguments in calls]
		record = self.request(f"/api/resource/{SESSION}/{self.name}", "GET", user)
		frappe.cache.delete_keys("whatsapp_budget")
		return "\n".join([*texts, record.text])

	def test_no_address_while_all_is_well_and_no_count(self):
		for _count in range(3):
			self.sandbox.add(self.new_id())
		for user in (VIEWER, AGENT):
			checks = self.call(APP + "api.diagnosis.diagnose", user=user, session_id=self.name).message[
				"checks"
			]
			self.assertEqual({row["technical"] for row in checks}, {""})
			self.assertNotIn(self.place, self.everything(user))

	def test_no_address_while_the_server_is_away(self):
		for address in (f"http://127.0.0.1:{unused_port()}", "http://no-such-name.invalid"):
			for user in (MANAGER, VIEWER, AGENT, KEEPER):
				self.settings(api_base_url=address)
				with self.subTest(address, user=user):
					seen = self.everything(user)
					(self.assertIn if user == MANAGER else self.assertNotIn)(address.split("//")[1], seen)

	def test_no_address_where_the_stored_one_cannot_be_used(self):
		guest = Browser(frappe.local.site)
		token = urlsplit(pairing.create_link(self.mine())["url"]).fragment
		self.assertEqual(guest.ask("open_link", token).status, 200)
		for address in (
			"http://203.0.113.77:8123",
			"ftp://server.internal:8123",
			"https://[server.internal",
			"server.internal",
		):
			secret = "203.0.113.77" if "203" in address else "server.internal"
			set_setting("api_base_url", address)
			for user in (MANAGER, VIEWER, AGENT, KEEPER):
				with self.subTest(address, user=user):
					self.name = self.with_people(self.new_record(session_db_id=7, status="Connected").name)
					(self.assertIn if user == MANAGER else self.assertNotIn)(secret, self.everything(user))
			with self.subTest(address, user=None):
				self.assert_discreet(guest, token, secret)

	def assert_discreet(self, guest: Browser, token: str, secret: str) -> None:
		"""The person with the phone reads that WhatsApp cannot be reached, whatever is wrong here."""
		statuses = set()
		for method in ("pairing_status", "renew_code", "get_pairing_code"):
			frappe.cache.delete_keys("whatsapp_link_asked")
			frappe.cache.delete_keys("whatsapp_calls")
			arguments = {"token": token, "phone_number": "+34600000001"}
			answer = guest.open(f"/api/method/{APP}api.pairing.{method}", method="POST", json=arguments)
			statuses.add(answer.status)
			self.assertNotIn(secret, answer.text)
			self.assertNotIn("Settings", answer.text)
			self.assertIn(answer.words, CANNOT_BE_REACHED if answer.status == 503 else ("",))
		self.assertLessEqual(statuses, {200, 503})
		self.assertIn(503, statuses)

	def test_guests_read_nothing_of_what_is_wrong_with_the_site(self):
		guest = Browser(frappe.local.site)
		token = urlsplit(pairing.create_link(self.name)["url"]).fragment
		self.assertEqual(guest.ask("open_link", token).status, 200)
		for values in (
			{"enabled": 0},
			{"api_key": ""},
			{"linked_site": "production.example|crm.production.example"},
		):
			with self.subTest(values):
				self.settings()
				if "api_key" in values:
					frappe.db.delete("__Auth", {"doctype": "WhatsApp Settings", "fieldname": "api_key"})
				for field, value in values.items():
					set_setting(field, value)
				self.assert_discreet(guest, token, "production")
		copies.move_here()
		self.settings()
		self.assertEqual(guest.ask("pairing_status", token).status, 200)

	def test_no_address_in_what_servers_and_pages_in_front_of_them_say(self):
		said = "connect ECONNREFUSED 10.9.8.7:6379 at db.internal"
		faults = (
			("http", {"status": 500, "code": "DATABASE_ERROR", "error": said}),
			("http", {"status": 422, "code": "VALIDATION_ERROR", "error": said}),
			("html", {"status": 502}),
		)
		for kind, details in faults:
			for user in (VIEWER, AGENT, KEEPER):
				for operation in ("status", "list", "qr", "connect", "restart", "disconnect", "delete"):
					self.sandbox.fault(operation, kind, times=None, **details)
				with self.subTest(kind, user=user):
					seen = self.everything(user)
					for secret in ("10.9.8.7", ":6379", "db.internal", self.place):
						self.assertNotIn(secret, seen)
				self.sandbox.clear_faults()
