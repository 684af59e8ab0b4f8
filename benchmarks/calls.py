"""Each API call beside the bare HTTP requests that it stands for, and what it asks of server and database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import frappe
import requests

from benchmarks.environment import Environment
from benchmarks.figures import Table, counted_statements, interleaved, seconds_of, yes_no
from xappiens_whatsapp.api import session
from xappiens_whatsapp.background import jobs
from xappiens_whatsapp.sessions import qr_codes

PAIRS = 40
WARM_UP = 3
MOST_STATEMENTS = 3


class Server:
	"""The server as a program without this app would call it: plain `requests`, one connection for each call."""

	def __init__(self, environment: Environment) -> None:
		self.url = environment.sandbox.url
		self.headers = {"X-API-Key": environment.sandbox.api_key, "Accept": "application/json"}

	def send(self, method: str, path: str, body: dict[str, object] | None = None) -> dict[str, object]:
		answer = requests.request(method, self.url + path, headers=self.headers, json=body, timeout=30)
		answer.raise_for_status()
		return answer.json()


@dataclass
class Case:
	"""`prepare` is not timed; what it returns goes to the call that is."""

	name: str
	ours: Callable[[str], object]
	bare: Callable[[str], object]
	prepare: Callable[[], str]
	aim: int = 0


class Cases:
	def __init__(self, environment: Environment) -> None:
		self.environment = environment
		self.server = Server(environment)
		environment.new_request()
		self.waiting = environment.new_id()
		session.create_session(self.waiting, "Waiting for a scan")
		session.get_session_status(self.waiting)
		self.number = self.number_of(self.waiting)

	def all(self) -> list[Case]:
		return [*self.of_a_session(), *self.of_many()]

	def of_a_session(self) -> list[Case]:
		number, send = self.number, self.server.send
		return [
			Case(
				"get_session_status",
				session.get_session_status,
				lambda _id: send("GET", f"/api/sessions/{number}/status"),
				lambda: self.waiting,
				MOST_STATEMENTS,
			),
			Case(
				"get_qr_code, not cached",
				session.get_qr_code,
				lambda _id: send("GET", f"/api/sessions/{number}/qr"),
				self.without_code,
			),
			Case(
				"connect_session",
				session.connect_session,
				lambda _id: send("POST", f"/api/sessions/{number}/connect"),
				lambda: self.waiting,
			),
		]

	def of_many(self) -> list[Case]:
		send = self.server.send
		return [
			Case(
				"list_sessions",
				lambda _id: session.list_sessions(),
				lambda _id: send("GET", "/api/sessions?page=1&limit=100"),
				lambda: self.waiting,
			),
			Case(
				"create_session",
				lambda new: session.create_session(new, "New"),
				self.bare_create,
				self.environment.new_id,
			),
			Case(
				"disconnect_session",
				session.disconnect_session,
				lambda name: send("DELETE", f"/api/sessions/{self.number_of(name)}"),
				self.created,
			),
		]

	def number_of(self, session_id: str) -> int:
		return self.environment.sandbox.registry.named(session_id).id

	def without_code(self) -> str:
		qr_codes.forget(frappe.get_doc("WhatsApp Session", self.waiting))
		return self.waiting

	def created(self) -> str:
		return session.create_session(self.environment.new_id(), "Short-lived")["session_id"]

	def bare_create(self, session_id: str) -> None:
		self.server.send("POST", "/api/sessions", {"sessionId": session_id, "sessionName": "New"})
		self.server.send("POST", f"/api/sessions/{self.number_of(session_id)}/connect")


def measure_time(environment: Environment, pairs: int = PAIRS) -> Table:
	cases = Cases(environment)
	table = Table(
		"Time of each API call over the bare `requests` calls to the same sandbox",
		["call", "bare ms", "ours ms", "ratio", "added ms"],
		notes=[
			f"Called in process as a manager, {pairs} interleaved pairs, medians; every call begins without local caches."
		],
	)
	for case in cases.all():
		for _round in range(WARM_UP):
			timed(environment, case, case.ours)
		bare, ours = interleaved(
			pairs,
			lambda case=case: timed(environment, case, case.bare),
			lambda case=case: timed(environment, case, case.ours),
		)
		table.rows.append([case.name, *row_of(bare, ours)])
		tidy(environment, cases.waiting)
	return table


def timed(environment: Environment, case: Case, call: Callable[[str], object]) -> float:
	environment.new_request()
	subject = case.prepare()
	environment.new_request()
	return seconds_of(lambda: call(subject))


def row_of(bare: float, ours: float) -> list[str]:
	return [f"{bare * 1000:.1f}", f"{ours * 1000:.1f}", f"{ours / bare:.2f}", f"{(ours - bare) * 1000:.1f}"]


def tidy(environment: Environment, kept: str) -> None:
	"""So that the list has one entry in every case."""
	environment.new_request("Administrator")
	frappe.db.delete("WhatsApp Session", {"session_id": ("!=", kept)})
	frappe.db.commit()
	for row in environment.sandbox.sessions():
		if row["sessionId"] != kept:
			environment.sandbox.forget(row["sessionId"])


def measure_requests(environment: Environment) -> Table:
	cases = Cases(environment)
	extra = [
		Case("get_qr_code, cached", session.get_qr_code, lambda _id: None, lambda: cases.waiting),
		Case("webhook job, nothing new", jobs.refresh_session, lambda _id: None, lambda: cases.waiting),
	]
	table = Table(
		"Requests to the server and database statements of one operation",
		["operation", "requests", "statements", "aim"],
		notes=["Statements of the call itself, without those that begin and end a transaction."],
	)
	for case in [*cases.all(), *extra]:
		timed(environment, case, case.ours)
		requests_sent, statements = counted(environment, case)
		aim = f"at most {case.aim}: {yes_no(len(statements) <= case.aim)}" if case.aim else ""
		name = f"{case.name}, nothing changed" if case.aim else case.name
		table.rows.append([name, requests_sent, len(statements), aim])
	return table


def counted(environment: Environment, case: Case) -> tuple[int, list[str]]:
	environment.new_request()
	subject = case.prepare()
	environment.new_request()
	environment.sandbox.clear_requests()
	with counted_statements() as statements:
		case.ours(subject)
	return len(environment.sandbox.requests), statements
