"""Pairs of people and jobs at the same session at the same moment, in random order: record and server agree in the end.

`INTERLEAVINGS` says how many (20), `INTERLEAVINGS_SEED` begins with a certain one, as a failure prints it.
"""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.background import reconciliation
from xappiens_whatsapp.sandbox import Sandbox
from xappiens_whatsapp.tests.base import MANAGER, SESSION_API, Response, request
from xappiens_whatsapp.tests.test_truth import TruthTestCase

ROUNDS = int(os.environ.get("INTERLEAVINGS", "20"))
SEED = int(os.environ.get("INTERLEAVINGS_SEED", "1"))
ACTIONS = ("create", "delete", "disconnect", "address", "reconcile")
PAIRS = tuple(itertools.combinations_with_replacement(ACTIONS, 2))
LONGEST_DELAY = 0.08
SLOWNESS = 0.06
MODES = ("Delete on the server", "Keep on the server")
ROUTES = ("create", "list", "status", "connect", "disconnect", "delete")


def post(site: str, method: str, arguments: dict[str, Any]) -> Response:
	return request(site, f"/api/method/{SESSION_API}{method}", "POST", MANAGER, arguments)


def pass_over_all(site: str, sites_path: str) -> None:
	"""As a worker runs it, with a connection of its own."""
	frappe.init(site, sites_path, force=True)
	frappe.connect()
	try:
		reconciliation.reconcile()
	finally:
		frappe.destroy()


class TestInterleavings(TruthTestCase):
	sandbox_options = {**TruthTestCase.sandbox_options, "rate_limit": 100000}

	@classmethod
	def setUpClass(cls) -> None:
		super().setUpClass()
		cls.other = Sandbox(cls.sandbox.api_key, **cls.sandbox_options)
		cls.other.start()
		cls.addClassCleanup(cls.other.stop)

	def test_every_pair_leaves_record_and_server_agreeing(self):
		for seed in range(SEED, SEED + ROUNDS):
			pair = PAIRS[seed % len(PAIRS)]
			with self.subTest(seed=seed, pair=pair):
				self.play(random.Random(seed), pair)

	def play(self, chance: random.Random, pair: tuple[str, str]) -> None:
		self.clean()
		self.settings(disconnect_mode=chance.choice(MODES))
		name = self.linked() if chance.random() < 0.7 else self.new_record().name
		bystanders = self.bystanders()
		for route in chance.sample(ROUTES, 2):
			self.sandbox.fault(route, "slow", seconds=chance.random() * SLOWNESS)
		responses = self.together(name, pair, [chance.random() * LONGEST_DELAY for _each in pair])
		frappe.cache.delete_keys("whatsapp_budget")
		self.settings()
		self.assertNotIn(500, [response.status for response in responses], [r.text[-400:] for r in responses])
		self.assertEqual(self.states_of(bystanders), bystanders)
		self.assert_agreeing(name, pair)

	def clean(self) -> None:
		self.doCleanups()
		self.setUp()
		for server in (self.sandbox, self.other):
			server.start_over()

	def bystanders(self) -> dict[tuple[str, int], str]:
		"""Sessions of others on both servers, under numbers that may be those of ours on the other one."""
		for server in (self.sandbox, self.other):
			for position in range(3):
				server.add(f"other_{frappe.generate_hash(length=8)}", phone_number=f"3461000000{position}")
		return {key: state for key, state in self.all_states().items() if key[0].startswith("other_")}

	def all_states(self) -> dict[tuple[str, int], str]:
		return {
			(row["sessionId"], row["id"]): row["status"]
			for server in (self.sandbox, self.other)
			for row in server.sessions()
		}

	def states_of(self, known: dict[tuple[str, int], str]) -> dict[tuple[str, int], str]:
		return {key: state for key, state in self.all_states().items() if key in known}

	def together(self, name: str, pair: tuple[str, str], delays: list[float]) -> list[Response]:
		frappe.db.commit()
		site, path = frappe.local.site, frappe.local.sites_path
		settings = "/api/resource/WhatsApp Settings/WhatsApp Settings"
		address = {"api_base_url": self.other.url, "api_key": self.other.api_key}
		steps: dict[str, Callable[[], Any]] = {
			"create": lambda: post(site, "create_session", {"session_id": name, "session_name": "Ventas"}),
			"delete": lambda: post(site, "delete_session", {"session_id": name}),
			"disconnect": lambda: post(site, "disconnect_session", {"session_id": name}),
			"address": lambda: request(site, settings, "PUT", MANAGER, address),
			"reconcile": lambda: pass_over_all(site, path),
		}

		def step(action: str, delay: float) -> Any:
			time.sleep(delay)
			return steps[action]()

		with ThreadPoolExecutor(len(pair)) as executor:
			answers = [*executor.map(step, pair, delays)]
		frappe.db.rollback()
		return [answer for answer in answers if answer]

	def assert_agreeing(self, name: str, pair: tuple[str, str]) -> None:
		"""At once no number but the session's own; in peace, after one pass, the same state on both sides."""
		self.sandbox.clear_faults()
		numbers = [row["id"] for row in self.sandbox.sessions() if row["sessionId"] == name]
		self.assertLessEqual(len(numbers), 1)
		if not frappe.db.exists(SESSION, name):
			self.assertIn("delete", pair)
			if "address" not in pair:
				self.assertEqual(numbers, [])
			return
		self.assertIn(self.fresh(name).session_db_id or 0, [0, *numbers])
		reconciliation.reconcile()
		self.assert_same_state(name, numbers)

	def assert_same_state(self, name: str, numbers: list[int]) -> None:
		fresh = self.fresh(name)
		row = next((row for row in self.sandbox.sessions() if row["sessionId"] == name), None)
		if row is None or not fresh.session_db_id:
			self.assertEqual((fresh.is_connected, fresh.session_db_id or 0), (0, 0))
			return
		self.assertEqual([fresh.session_db_id], numbers)
		self.assertEqual(bool(fresh.is_connected), bool(row.get("isConnected", row["status"] == "connected")))
