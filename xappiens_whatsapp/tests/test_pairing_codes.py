"""A code to type in place of a picture to scan: where the server offers it, and what is said where it does not."""

from __future__ import annotations

import frappe

from xappiens_whatsapp.api import session
from xappiens_whatsapp.server.exceptions import GatewayRateLimited, GatewayRejected
from xappiens_whatsapp.tests.base import AGENT, MANAGER, VIEWER, WhatsAppTestCase

PHONE = "34600000001"


class TestPairingCode(WhatsAppTestCase):
	def waiting(self) -> str:
		name = session.create_session(self.new_id(), "Ventas")["session"]
		self.assertTrue(session.get_qr_code(name)["ready"])
		return name

	def offer(self, is_offered: bool) -> None:
		self.sandbox.behave(features={"pairingCode": is_offered})
		self.addCleanup(self.sandbox.behave, features={})

	def test_eight_characters_link_the_phone_that_types_them(self):
		name = self.waiting()
		answer = session.get_pairing_code(name, f"+{PHONE}")
		self.assertRegex(answer["code"].replace("-", ""), r"^[A-Z0-9]{8}$")
		self.assertEqual(answer["phone_number"], PHONE)
		self.assertTrue(answer["expires_at"].endswith("Z"))
		self.sandbox.enter_code(name, answer["code"], PHONE)
		data = session.get_session_status(name)["data"]
		self.assertEqual((data["status_frappe"], data["phoneNumber"]), ("Connected", PHONE))

	def test_it_is_announced_with_the_qr_code_and_only_where_the_server_offers_it(self):
		self.assertEqual(session.get_qr_code(self.waiting())["features"], {"pairing_code": True})
		frappe.cache.delete_keys("whatsapp_")
		self.offer(False)
		name = self.waiting()
		self.assertEqual(session.get_qr_code(name)["features"], {"pairing_code": False})
		with self.assertRaises(GatewayRejected) as raised:
			session.get_pairing_code(name, PHONE)
		self.assertIn("Scan the QR code", str(raised.exception))

	def test_a_server_that_claims_it_and_then_answers_404(self):
		name = self.waiting()
		self.sandbox.fault("pairing_code", "http", times=None, status=404, code="NOT_FOUND")
		with self.assertRaises(GatewayRejected):
			session.get_pairing_code(name, PHONE)
		self.assertTrue(self.fresh(name).session_db_id)
		self.sandbox.clear_faults()
		self.assertTrue(session.get_pairing_code(name, PHONE)["code"])

	def test_none_for_a_connected_session_nor_for_one_that_waits_for_nobody(self):
		name = self.waiting()
		self.sandbox.scan(name)
		with self.assertRaises(GatewayRejected) as raised:
			session.get_pairing_code(name, PHONE)
		self.assertIn("connected already", str(raised.exception))
		self.sandbox.drop(name, 401)
		with self.assertRaises(GatewayRejected) as raised:
			session.get_pairing_code(name, PHONE)
		self.assertIn("Press Connect", str(raised.exception))
		self.assertFalse([path for path in self.sent("POST") if path.endswith("pairing-code")])
		session.connect_session(name)
		self.assertTrue(session.get_qr_code(name)["ready"])
		self.assertTrue(session.get_pairing_code(name, PHONE)["code"])

	def test_numbers_that_are_none_are_told_before_anything_is_sent(self):
		name = self.waiting()
		self.sandbox.clear_requests()
		for number in ("", "12", "not a number"):
			with self.subTest(number), self.assertRaises(frappe.ValidationError):
				session.get_pairing_code(name, number)
		self.assertEqual(self.sent(), [])
		self.assertTrue(session.get_pairing_code(name, PHONE)["code"])

	def test_five_within_ten_minutes(self):
		name = self.waiting()
		for _code in range(5):
			session.get_pairing_code(name, PHONE)
		with self.assertRaises(GatewayRateLimited):
			session.get_pairing_code(name, PHONE)
		self.assertTrue(session.get_pairing_code(self.waiting(), PHONE)["code"])

	def test_agents_may_and_viewers_may_not(self):
		name = self.waiting()
		self.assign(name, AGENT, "Agent")
		self.assign(name, VIEWER, "Viewer")
		for user, status in ((MANAGER, 200), (AGENT, 200), (VIEWER, 403)):
			answer = self.call("get_pairing_code", user=user, session_id=name, phone_number=PHONE)
			self.assertEqual(answer.status, status, user)
