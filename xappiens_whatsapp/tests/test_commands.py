"""`bench whatsapp`: what it prints, in words and as JSON, its exit codes, and waiting for the phone."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import skipUnless
from unittest.mock import patch

import frappe
from click.testing import CliRunner, Result

import xappiens_whatsapp
from xappiens_whatsapp import commands
from xappiens_whatsapp.api import session
from xappiens_whatsapp.baileys import qr_terminal
from xappiens_whatsapp.shell import console, gateway, waiting
from xappiens_whatsapp.tests.base import WhatsAppTestCase

REPOSITORY = str(Path(xappiens_whatsapp.__file__).parents[1])


class CommandTestCase(WhatsAppTestCase):
	def run_command(self, *arguments: str, context: Any = None, **options: Any) -> Result:
		"""In a thread of its own: a command connects to the site by itself, and disconnects at its end."""
		frappe.db.commit()
		context = context or {
			"sites": [frappe.local.site],
			"force": False,
			"profile": False,
			"verbose": False,
		}
		before = os.getcwd()
		os.chdir(frappe.local.sites_path)
		try:
			with ThreadPoolExecutor(1) as executor:
				run = executor.submit(
					CliRunner().invoke, commands.whatsapp, arguments, obj=context, **options
				)
				return run.result()
		finally:
			os.chdir(before)
			frappe.db.rollback()

	def as_json(self, *arguments: str, exit_code: int = 0) -> dict[str, Any]:
		result = self.run_command(*arguments, "--json")
		self.assertEqual(result.exit_code, exit_code, result.output)
		return json.loads(result.stdout)

	def assertFails(self, result: Result, exit_code: int, words: str) -> None:
		self.assertEqual(result.exit_code, exit_code, result.output)
		self.assertIn(words, result.stderr)
		self.assertNotIn("Traceback", result.output)
		self.assertNotIn("<strong>", result.output)

	def create(self) -> str:
		return session.create_session(self.new_id(), "Ventas")["session"]


class TestSessions(CommandTestCase):
	def test_create_tells_both_identifiers_and_can_be_repeated(self):
		session_id = self.new_id()
		result = self.run_command(
			"create", session_id, "Ventas", "--description", "Tienda", "--phone", "34600000001"
		)
		doc = self.fresh(session_id)
		self.assertEqual(result.exit_code, 0)
		self.assertIn(session_id, result.output)
		self.assertIn(str(doc.session_db_id), result.output)
		self.assertEqual((doc.session_name, doc.description), ("Ventas", "Tienda"))
		again = self.as_json("create", session_id, "Ventas")
		self.assertEqual(again["session_db_id"], doc.session_db_id)
		self.assertEqual(self.sent().count("POST /api/sessions"), 2)

	def test_the_list_shows_what_either_side_has(self):
		name, lost = self.create(), self.new_record().name
		elsewhere = self.sandbox.add(self.new_id(), phone_number="34600000009")["sessionId"]
		lines = self.run_command("list").output.splitlines()
		self.assertIn("Session ID", lines[0])
		shown = {line.split()[0]: line for line in lines[2:]}
		self.assertIn(str(self.fresh(name).session_db_id), shown[name])
		self.assertIn("34600000009", shown[elsewhere])
		self.assertIn("No", shown[lost].split())
		rows = {row["sessionId"]: row for row in self.as_json("list")["sessions"]}
		self.assertEqual((rows[name]["local"], rows[elsewhere]["local"]), (name, None))

	def test_status_asks_the_server_and_keeps_what_it_learns(self):
		name = self.create()
		self.sandbox.scan(name, phone_number="34600000002")
		result = self.run_command("status", name)
		self.assertEqual(result.exit_code, 0)
		self.assertIn("34600000002", result.output)
		self.assertEqual(self.fresh(name).status, "Connected")
		self.assertTrue(self.as_json("status", name)["isConnected"])

	def test_status_gives_reason_and_next_step(self):
		name = self.create()
		self.sandbox.drop(name, code=401)
		self.assertIn("logged out on the phone", self.run_command("status", name).output)

	def test_disconnecting_asks_first(self):
		name = self.create()
		refused = self.run_command("disconnect", name, input="n\n")
		self.assertEqual((refused.exit_code, self.sent("DELETE")), (1, []))
		self.assertIn("scan a QR code again", refused.output)
		self.assertEqual(self.run_command("disconnect", name, input="y\n").exit_code, 0)
		self.assertEqual(self.fresh(name).session_db_id, 0)
		self.assertEqual(len(self.sent("DELETE")), 1)

	def test_disconnecting_without_asking_keeps_the_pairing_where_the_settings_say_so(self):
		self.settings(disconnect_mode="Keep on the server")
		name = self.create()
		self.assertTrue(self.as_json("disconnect", name, "--yes")["success"])
		self.assertEqual(self.sent("DELETE"), [])

	def test_diagnose_tells_the_cause_the_remedy_and_the_findings(self):
		name = self.create()
		self.assertEqual(self.run_command("diagnose").exit_code, 0)
		self.sandbox.renumber(name)
		elsewhere = self.sandbox.add(self.new_id())["sessionId"]
		result = self.run_command("diagnose", name)
		self.assertEqual(result.exit_code, 1)
		self.assertIn("Press Status", result.output)
		site = self.run_command("diagnose")
		self.assertEqual(site.exit_code, 0)
		self.assertIn(f"- {elsewhere}: the server has this session", site.output)
		self.assertIn("number_mismatch", [row["kind"] for row in self.as_json("diagnose")["findings"]])


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


class TestFailures(CommandTestCase):
	def test_trouble_with_the_server_is_one_sentence_and_1(self):
		name = self.create()
		self.sandbox.fault(
			"status", "http", times=None, status=500, code="INTERNAL_ERROR", error="Error interno"
		)
		self.assertFails(self.run_command("status", name), 1, "Error interno")
		failure = self.as_json("status", name, exit_code=1)
		self.assertEqual((failure["success"], failure["error_code"]), (False, "INTERNAL_ERROR"))
		self.sandbox.clear_faults()
		self.assertEqual(self.run_command("status", name).exit_code, 0)

	def test_a_session_nobody_knows_and_wrong_usage_are_2(self):
		for arguments in (
			("status", "test_nobody"),
			("qr", "test_nobody"),
			("disconnect", "test_nobody", "--yes"),
		):
			self.assertFails(self.run_command(*arguments), 2, "There is no WhatsApp session test_nobody")
		self.assertFails(self.run_command("create", "no id", "Ventas"), 2, "3 to 100 characters")
		for arguments in (("create",), ("qr",), ("qr", "x", "--wait", "0"), ("paint",)):
			self.assertEqual(self.run_command(*arguments).exit_code, 2)
		self.assertEqual(self.sent(), [])

	def test_an_unfinished_setting_names_the_place_to_finish_it(self):
		self.settings(api_key="")
		self.assertFails(self.run_command("list"), 2, "WhatsApp Settings")
		self.settings()
		self.assertEqual(self.run_command("list").exit_code, 0)

	def test_the_site_has_to_be_named_and_to_exist(self):
		for sites, words in (
			([], "Name one site"),
			(["a.localhost", "b.localhost"], "Name one site"),
			(["nosite.localhost"], "no site nosite.localhost"),
		):
			self.assertFails(self.run_command("list", context={"sites": sites}), 2, words)
		self.assertEqual(
			self.run_command("list", context=SimpleNamespace(sites=[frappe.local.site])).exit_code, 0
		)


class TestProcesses(CommandTestCase):
	def python(self, code: str, **options: Any) -> subprocess.Popen:
		environment = {**os.environ, "PYTHONPATH": REPOSITORY}
		command = [sys.executable, "-c", code]
		return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, **options)

	def test_reading_the_commands_needs_no_frappe(self):
		process = self.python("import sys, xappiens_whatsapp.commands; sys.exit('frappe' in sys.modules)")
		process.communicate(timeout=60)
		self.assertEqual(process.returncode, 0)

	def test_the_sandbox_runs_until_it_is_stopped(self):
		code = "from xappiens_whatsapp.commands import whatsapp; whatsapp(['sandbox', '--port', '0', '--api-key', 'k0'])"
		process = self.python(code)
		self.addCleanup(process.kill)
		url = re.fullmatch(r"ready (\S+)\n", process.stdout.readline())[1]
		with urllib.request.urlopen(f"{url}/health", timeout=10) as response:
			self.assertTrue(json.load(response)["success"])
		process.send_signal(signal.SIGTERM)
		process.communicate(timeout=30)
		self.assertEqual(process.returncode, 0)

	@skipUnless(find_spec("frappe.utils.bench_helper"), "there is no bench to start")
	def test_bench_finds_the_commands_and_hands_their_exit_code_on(self):
		name = self.create()
		listed = self.bench("list", "--json")
		self.assertEqual(listed.returncode, 0, listed.stderr)
		self.assertIn(name, [row["local"] for row in json.loads(listed.stdout)["sessions"]])
		unknown = self.bench("status", "test_nobody")
		self.assertEqual(unknown.returncode, 2)
		self.assertNotIn("Traceback", unknown.stdout + unknown.stderr)

	def bench(self, *arguments: str) -> subprocess.CompletedProcess:
		helper = [sys.executable, "-m", "frappe.utils.bench_helper", "frappe", "--site", frappe.local.site]
		options = {"cwd": frappe.local.sites_path, "capture_output": True, "text": True, "timeout": 120}
		return subprocess.run([*helper, "whatsapp", *arguments], check=False, **options)


@skipUnless(
	(Path(REPOSITORY) / "gateway/node_modules/baileys").exists(), "needs the gateway's packages: make gateway"
)
class TestGateway(CommandTestCase):
	def test_a_port_in_use_is_one_line_and_the_settings_stay(self):
		before = frappe.get_doc("WhatsApp Settings").api_base_url
		with socket.create_server(("127.0.0.1", 0)) as taken:
			port = str(taken.getsockname()[1])
			result = self.run_command("gateway", "--port", port, "--connect")
		self.assertFails(result, 1, f"Port {port} is in use: name another one with --port.")
		self.assertEqual(frappe.get_doc("WhatsApp Settings").api_base_url, before)

	def test_its_address_and_key_in_the_settings_are_those_that_it_answers_to(self):
		with tempfile.TemporaryDirectory() as folder, gateway.run(Path(folder), 0) as running:
			console.connect_to(running)
			self.assertEqual(frappe.get_doc("WhatsApp Settings").api_base_url, running.url)
			listed = session.list_sessions()
			self.assertEqual((listed["success"], running.process.poll()), (True, None))
			self.assertIn(running.url, console.gateway_words({"url": running.url, "key_file": "x"}))
		self.assertEqual(running.process.returncode, 0)
