"""From the moment the server has a code to the moment a dialog can show it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from typing import Any

import frappe
import requests

from benchmarks.environment import Environment
from benchmarks.figures import Table, yes_no

API = "/api/method/xappiens_whatsapp.api.session."
CODE_AFTER = 1.0
ROUNDS = 10
DELAYS_WITHOUT_NUDGE = (0.5, 1.5, 2.5, 3.5, 4.5)
LONGEST_WAIT = 30.0
AIM = 1.0


class Nudges:
	"""What the desk's socket would pass on to an open document."""

	def __init__(self) -> None:
		self._arrived: dict[str, threading.Event] = {}
		self._lock = threading.Lock()

	def of(self, session: str) -> threading.Event:
		with self._lock:
			return self._arrived.setdefault(session, threading.Event())

	def take(self, payload: dict[str, Any]) -> None:
		if payload["event"] == "whatsapp_session_update":
			self.of(payload["message"]["session"]).set()


@contextmanager
def listening(environment: Environment) -> Iterator[Nudges]:
	nudges, stopping = Nudges(), threading.Event()
	channel = event_channel(environment)
	channel.subscribe("events")

	def listen() -> None:
		while not stopping.is_set():
			if found := channel.get_message(timeout=0.2):
				nudges.take(json.loads(found["data"]))

	thread = threading.Thread(target=listen, daemon=True)
	thread.start()
	try:
		yield nudges
	finally:
		stopping.set()
		thread.join()
		channel.close()


def event_channel(environment: Environment) -> Any:
	environment.new_request()
	if environment.is_devsite:
		return frappe.cache.pubsub(ignore_subscribe_messages=True)
	from frappe.utils.background_jobs import get_redis_connection_without_auth

	return get_redis_connection_without_auth().pubsub(ignore_subscribe_messages=True)


def measure(
	environment: Environment, rounds: int = ROUNDS, delays: tuple[float, ...] = DELAYS_WITHOUT_NUDGE
) -> Table:
	table = Table(
		"Seconds from the code on the server to the code on the screen",
		["way", "rounds", "median", "longest", "aim"],
		notes=[
			"By API, without a browser: an HTTP client does what the dialog does, asks for the code, and asks again when the"
			" site publishes a change (read from the Redis channel that the desk's socket server reads) or after the answer's"
			" `retry_after`. The socket's way to the browser and the drawing are not in it."
		],
	)
	with listening(environment) as nudges:
		environment.settings(webhook_enabled=1)
		times = [seconds_to_see(environment, CODE_AFTER, nudges) for _round in range(rounds)]
		met = yes_no(median(times) <= AIM)
		table.rows.append(["nudged by the webhook", rounds, *summary(times), f"within {AIM:.0f} s: {met}"])
		environment.settings(webhook_enabled=0)
		with ThreadPoolExecutor(max(1, len(delays))) as executor:
			times = list(executor.map(lambda delay: seconds_to_see(environment, delay, Nudges()), delays))
	if times:
		table.rows.append(
			["polling only, no webhook, no event", len(times), *summary(times), "at most 5 s and a call"]
		)
	return table


def summary(times: list[float]) -> list[str]:
	return [f"{median(times):.2f}", f"{max(times):.2f}"]


def seconds_to_see(environment: Environment, code_after: float, nudges: Nudges) -> float:
	"""The dialog opens when the session was created; the code comes `code_after` seconds later."""
	visitor = environment.visitor()
	session = f"bench_{time.time_ns()}"
	environment.sandbox.fault("connect", "late_qr", seconds=code_after)
	post(environment, visitor, "create_session", session_id=session, session_name="Visible")
	seen_at = seen(environment, visitor, session, nudges.of(session))
	return seen_at - environment.sandbox.registry.named(session).codes[0].generated_at


def seen(environment: Environment, visitor: requests.Session, session: str, nudge: threading.Event) -> float:
	until = time.time() + LONGEST_WAIT
	while time.time() < until:
		nudge.clear()
		answer = post(environment, visitor, "get_qr_code", session_id=session)
		if answer["ready"]:
			return time.time()
		nudge.wait(answer["retry_after"])
	raise TimeoutError(f"no code for {session} within {LONGEST_WAIT:.0f} s")


def post(
	environment: Environment, visitor: requests.Session, method: str, **arguments: object
) -> dict[str, Any]:
	answer = visitor.post(environment.address + API + method, json=arguments, timeout=60)
	answer.raise_for_status()
	return answer.json()["message"]
