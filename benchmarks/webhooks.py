"""How fast webhook deliveries are taken in, beside `frappe.ping` on the same server, and whether any gets lost."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from urllib.parse import urlsplit

import frappe

from benchmarks.environment import Environment, add_sessions
from benchmarks.figures import Table, yes_no
from xappiens_whatsapp.baileys.webhooks import sign

WEBHOOK = "/api/method/xappiens_whatsapp.api.webhook.handle_webhook"
PING = "/api/method/ping"
CLIENTS = 8
ROUNDS = 5
SESSIONS_A_ROUND = 40
CALLS_A_ROUND = 120
LONGEST_WAIT = 120.0
AIM = 0.5

Call = tuple[str, str, bytes, dict[str, str]]


def measure(environment: Environment, rounds: int = ROUNDS, sessions: int = SESSIONS_A_ROUND) -> Table:
	environment.settings(webhook_enabled=1)
	names = add_sessions(environment, rounds * sessions)
	rates: dict[str, list[float]] = {"ping": [], "qr": [], "drop": [], "stored": []}
	lost = 0
	rate(environment, [ping()] * CLIENTS)
	for number in range(rounds):
		some = names[number * sessions : (number + 1) * sessions]
		rates["ping"].append(rate(environment, [ping()] * CALLS_A_ROUND))
		rates["qr"].append(rate(environment, code_deliveries(some, environment.secret)))
		began = time.perf_counter()
		rates["drop"].append(rate(environment, drops(environment, some)))
		lost += len(not_stored(environment, some))
		rates["stored"].append(len(some) / (time.perf_counter() - began))
	return table_of(rates, lost, rounds * sessions)


def table_of(rates: dict[str, list[float]], lost: int, deliveries: int) -> Table:
	middle = {name: median(values) for name, values in rates.items()}
	ratios = {name: middle[name] / middle["ping"] for name in ("drop", "qr")}
	table = Table(
		f"Webhook deliveries per second with {CLIENTS} clients, beside `frappe.ping`",
		["request", "per second", "ratio to ping", "aim"],
		notes=[
			f"{lost} of {deliveries} changes not stored after the jobs ran (aim: none; {yes_no(not lost)}); from the first"
			f" delivery of a block to its last change in the database {median(rates['stored']):.0f} a second. Blocks of each kind"
			" in turn, medians. Each block begins when the jobs of the last have run; they run beside the deliveries on a"
			" bench, after them on the development site. Client, server and sandbox share the machine."
		],
	)
	table.rows = [
		["frappe.ping", f"{middle['ping']:.0f}", "1.00", ""],
		*(
			[
				text,
				f"{middle[name]:.0f}",
				f"{ratios[name]:.2f}",
				f"at least {AIM}: {yes_no(ratios[name] >= AIM)}",
			]
			for name, text in (
				("drop", "session.disconnected (queues a job)"),
				("qr", "session.qr (publishes)"),
			)
		),
	]
	return table


def drops(environment: Environment, names: Sequence[str]) -> list[Call]:
	"""What the server says when phones log out, and how it says it."""
	for name in names:
		environment.sandbox.drop(name, 401)
	return [delivery("session.disconnected", name, environment.secret, reason="logout") for name in names]


def code_deliveries(names: Sequence[str], secret: str) -> list[Call]:
	"""No two alike: a repeated delivery is answered without any work."""
	return [delivery("session.qr", names[n % len(names)], secret, number=n) for n in range(CALLS_A_ROUND)]


def ping() -> Call:
	return "GET", PING, b"", {}


def delivery(event: str, session: str, secret: str, **data: object) -> Call:
	stamp = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
	body = json.dumps({"event": event, "sessionId": session, "timestamp": stamp, "data": data}).encode()
	headers = {"Content-Type": "application/json", "X-Webhook-Signature": sign(body, secret)}
	return "POST", WEBHOOK, body, headers


def rate(environment: Environment, calls: Sequence[Call]) -> float:
	"""Calls a second; every one must be answered with 200."""
	began = time.perf_counter()
	with ThreadPoolExecutor(CLIENTS) as executor:
		statuses = list(executor.map(lambda call: status_of(environment.address, call), calls))
	seconds = time.perf_counter() - began
	if any(status != 200 for status in statuses):
		raise RuntimeError(f"answered with {sorted(set(statuses))}")
	return len(calls) / seconds


def status_of(address: str, call: Call) -> int:
	"""Not by `requests`, which would be slower than the server it measures."""
	method, path, body, headers = call
	connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
	try:
		connection.request(method, path, body or None, headers)
		answer = connection.getresponse()
		answer.read()
		return answer.status
	finally:
		connection.close()


def not_stored(environment: Environment, names: Sequence[str]) -> list[str]:
	"""Whose record does not say yet what the server says; waits for the jobs."""
	environment.run_jobs()
	until = time.monotonic() + LONGEST_WAIT
	while missing := still_connected(environment, names):
		if time.monotonic() > until:
			return missing
		time.sleep(0.2)
	return []


def still_connected(environment: Environment, names: Sequence[str]) -> list[str]:
	environment.new_request("Administrator")
	filters = {"name": ("in", list(names)), "status": ("!=", "Disconnected")}
	return frappe.get_all("WhatsApp Session", filters=filters, pluck="name")
