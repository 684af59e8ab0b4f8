"""`bench whatsapp` where it waits for a phone: codes to scan and to type, and test messages that arrive."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import frappe
from click.testing import Result

from xappiens_whatsapp.api import session
from xappiens_whatsapp.baileys import qr_terminal
from xappiens_whatsapp.shell import waiting
from xappiens_whatsapp.tests.test_commands import CommandTestCase


class TestQR(CommandTestCase):
	sandbox_options = {"qr_delay": 0.0, "scan_delay": 0.0, "qr_rotation": 60.0}

	def test_the_drawing_has_the_modules_of_the_code(self):
		name = self.create()
		output = self.run_command("qr", name).output
		data_url = session.get_qr_code(name)["qr_code"]
		self.assertIn(qr_terminal.draw(data_url, colour=False), output)
		self.assertTrue(self.as_json("qr", name)["qr_code"].startswith("data:image/png"))

	def test_without_a_code_the_exit_code_says_so_and_nothing_is_connected(self):
		name = self.linked_session().name
		result = self.run_command("qr", name)
		self.assertEqual(result.exit_code, 1)
		self.assertIn("no QR code", result.output)
		self.assertEqual(self.sent(), [])

	def test_waiting_ends_with_the_phone(self):
		name = self.create()
		phone = threading.Timer(0.5, self.sandbox.scan, (name, "34600000004"))
		phone.start()
		result = self.run_command("qr", name, "--wait", "30")
		phone.join()
		self.assertEqual(result.exit_code, 0, result.output)
		self.assertIn("▀", result.stdout)
		self.assertIn("34600000004", result.stdout)
		self.assertEqual(self.fresh(name).phone_number, "34600000004")

	def test_waiting_ends_when_the_time_is_over(self):
		session_id = self.new_id()
		result = self.run_command("create", session_id, "Ventas", "--wait", "1")
		self.assertFails(result, 1, "not linked within 1 seconds")
		self.assertEqual(result.stdout.count("Valid until"), 1)


class TestCode(CommandTestCase):
	def waiting(self) -> str:
		name = self.create()
		session.get_qr_code(name)
		return name

	def behave(self, **habits: Any) -> None:
		self.sandbox.behave(**habits)
		self.addCleanup(self.sandbox.behave, features={})

	def test_eight_characters_and_then_the_phone_that_typed_them(self):
		name = self.waiting()
		with ThreadPoolExecutor(1) as executor, patch.object(waiting, "ASK_EVERY", 1):
			typed = executor.submit(self.type_code, name)
			result = self.run_command("code", name, "+34600000001")
			typed.result()
		self.assertEqual(result.exit_code, 0, result.output)
		self.assertRegex(result.stdout, r"(?m)^    [A-Z0-9]{4}-[A-Z0-9]{4}$")
		self.assertIn("+34600000001", result.stdout)
		self.assertIn("Link with phone number instead", result.stdout)
		self.assertIn("Connected", result.stdout)
		self.assertIn("The code is valid for", result.stderr)

	def type_code(self, name: str) -> None:
		end = time.monotonic() + 60
		while not (code := self.sandbox.registry.named(name).pairing_code):
			assert time.monotonic() < end, "the server was never asked for a code"
			time.sleep(0.05)
		self.sandbox.enter_code(name, code.text, "34600000001")

	def test_one_that_expires_is_said_with_1(self):
		name = self.waiting()
		timing = self.sandbox.registry.named(name).timing
		self.sandbox.registry.named(name).timing = replace(timing, pairing_code_lifetime=1)
		self.assertFails(self.run_command("code", name, "34600000001"), 1, "The code has expired")
		self.sandbox.registry.named(name).timing = timing
		self.assertRegex(self.as_json("code", name, "34600000001")["code"], r"^[A-Z0-9]{8}$")

	def test_as_json_it_does_not_wait(self):
		answer = self.as_json("code", self.waiting(), "34600000001")
		self.assertRegex(answer["code"], r"^[A-Z0-9]{8}$")

	def test_a_server_without_codes_and_a_number_that_is_none(self):
		name = self.waiting()
		self.assertFails(self.run_command("code", name, "12"), 2, "phone number")
		self.behave(features={"pairingCode": False})
		frappe.cache.delete_keys("whatsapp_features")
		self.assertFails(self.run_command("code", name, "34600000001"), 1, "gives no codes")
		self.sandbox.behave(features={})
		frappe.cache.delete_keys("whatsapp_features")
		self.assertTrue(self.as_json("code", name, "34600000001")["code"])


class TestSendingATestMessage(CommandTestCase):
	sandbox_options = {"qr_delay": 0.0, "scan_delay": 0.0, "ack_delay": 0.0}

	def run_command(self, *arguments: str, **options: Any) -> Result:
		"""As if some time had passed since the server's list was asked last."""
		frappe.cache.delete_keys("whatsapp_proof_asked")
		return super().run_command(*arguments, **options)

	def assertArrives(self, name: str) -> None:
		result = self.run_command("test-message", name)
		self.assertEqual(result.exit_code, 0, result.output)
		self.assertIn("Delivered", result.stdout)
		self.assertIn("this session works", result.stdout)

	def test_waits_until_it_has_arrived(self):
		name = self.linked_session().name
		self.assertArrives(name)
		self.assertEqual(self.as_json("test-message", name, "+34600000002")["phone_number"], "34600000002")

	def test_one_that_does_not_arrive_is_1_with_what_to_do(self):
		name = self.linked_session().name
		self.assertArrives(name)
		self.sandbox.fault("send", "acks", numbers=[1, -1])
		result = self.run_command("test-message", name)
		self.assertEqual(result.exit_code, 1, result.output)
		self.assertIn("WhatsApp did not take the message", result.stdout)
		self.assertArrives(name)

	def test_a_session_that_is_down_is_one_sentence_and_1(self):
		name = self.create()
		self.assertFails(self.run_command("test-message", name), 1, "nothing was sent")
		self.sandbox.scan(name)
		self.assertArrives(name)
