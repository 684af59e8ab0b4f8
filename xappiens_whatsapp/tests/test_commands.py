"""`bench whatsapp`: what it prints, in words and as JSON, its exit codes, and its processes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import skipUnless

import frappe
from click.testing import CliRunner, Result

import xappiens_whatsapp
from xappiens_whatsapp import commands
from xappiens_whatsapp.api import session
from xappiens_whatsapp.shell import console, gateway
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
		self.assertEqual(self.run_command("create", self.new_id(), "Ventas").exit_code, 0)

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
