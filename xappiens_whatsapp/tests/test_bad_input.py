"""What a text field or an argument cannot be is told in words, by every function and every route: never 500, and nothing is lost."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import frappe
import requests

from xappiens_whatsapp import SESSION, SETTINGS
from xappiens_whatsapp.api import diagnosis, pairing, session
from xappiens_whatsapp.tests.base import MANAGER, PASSWORD, VIEWER, logged_errors
from xappiens_whatsapp.tests.test_doors import APP, DOORS, EVERYBODY
from xappiens_whatsapp.tests.webhooks import WebhookTestCase, served_site
from xappiens_whatsapp.tests.workers import run_jobs

HALF = "half \ud83d"
WRONG: dict[str, Any] = {
	"half a character": HALF,
	"half a character within": [{"a": [HALF]}],
	"NUL": "a\0b",
	"very long": "x" * 200_000,
	"number": 123,
	"broken number": 1.5,
	"huge number": 10**30,
	"negative number": -1,
	"true": True,
	"list": ["x"],
	"list of lists": [["x"]],
	"dict": {"a": 1},
	"null": None,
	"blank": "  ",
	"empty": "",
	"markup": "<img src=x onerror=alert(1)>",
	"SQL": "' or 1=1 --",
	"a dict as text": '{"a": 1}',
	"a broken list as text": '["a"',
}


UNSTORABLE = ("half a character", "half a character within", "NUL")
GOOD: dict[str, dict[str, Any]] = {
	"api.diagnosis.delete_finding": {"session_id": "test_nobody_knows"},
	"api.pairing.create_link": {"minutes": 15, "language": "es"},
	"api.session.create_session": {
		"session_id": "test_bad_input",
		"session_name": "Ventas",
		"description": "x",
		"phone_number": "+34600000001",
	},
	"api.session.get_pairing_code": {"phone_number": "+34600000001"},
	"api.session.update_session_webhook": {
		"webhook_url": "https://a.example/hook",
		"webhook_secret": "a-secret-of-another-00000",
	},
}
"""Where the row of the door names what does not exist."""


def path_of(function: str) -> str:
	return f"/api/method/{APP}{function}"


def arguments_of(function: str) -> list[str]:
	module, _dot, name = f"{APP}{function}".rpartition(".")
	return [*inspect.signature(getattr(import_module(module), name)).parameters]


def written(verb: str, arguments: dict[str, Any]) -> dict[str, Any]:
	"""As a body of JSON or as a query; half of a character as the bytes that some clients make of it."""
	if verb == "POST":
		return {"json": arguments}
	texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in arguments.items()}
	return {"params": {key: text[:2000].encode("utf-8", "surrogatepass") for key, text in texts.items()}}


class Answer(NamedTuple):
	status: int
	text: str

	@property
	def words(self) -> str:
		body = json.loads(self.text)
		told = [json.loads(raw)["message"] for raw in json.loads(body.get("_server_messages") or "[]")]
		return " ".join([*told, str(body.get("exception") or "")]).strip()


class BadInputTestCase(WebhookTestCase):
	@contextmanager
	def browser(self, user: str | None) -> Iterator[Any]:
		"""Requests over a socket, as `send(verb, path, **how)`."""
		with served_site() as address, requests.Session() as browser:
			browser.headers["Accept"] = "application/json"
			if user:
				login = {"usr": user, "pwd": PASSWORD}
				self.assertEqual(
					browser.post(f"{address}/api/method/login", json=login, timeout=30).status_code, 200
				)

			def send(verb: str, path: str, **how: Any) -> Answer:
				frappe.db.commit()
				for spent in ("whatsapp_budget", "whatsapp_calls", "whatsapp_codes"):
					frappe.cache.delete_keys(spent)
				response = browser.request(verb, f"{address}{path}", timeout=30, **how)
				frappe.db.rollback()
				return Answer(response.status_code, response.text)

			yield send

	def assert_told(self, answer: Answer) -> None:
		self.assertIn(answer.status, (400, 403, 404, 409, 410, 417, 422), answer.text[-600:])
		self.assertTrue(answer.words, answer.text[-600:])
		self.assertNotIn("Traceback", answer.words)


class TestArguments(BadInputTestCase):
	"""Every argument of every function that a browser can name, one wrong at a time and the others right."""

	def test_nothing_that_is_wrong_is_answered_with_500_and_all_of_it_with_words(self):
		name = session.create_session(self.new_id(), "Ventas")["session"]
		logged = logged_errors()
		for user in (MANAGER, None):
			with self.browser(user) as send:
				for function, door in DOORS.items():
					if (user is None) == (door.opens_to == EVERYBODY):
						self.try_all(send, function, self.good(function, name, send))
		self.assertEqual(logged_errors(), logged)
		self.assertTrue(session.get_session_status(name)["success"])

	def good(self, function: str, name: str, send: Any) -> dict[str, Any]:
		"""What the function would take, with the session where a door needs one."""
		if "pairing" in function and DOORS[function].opens_to == EVERYBODY:
			token = urlsplit(pairing.create_link(name)["url"]).fragment
			self.assertEqual(
				send("POST", path_of("api.pairing.open_link"), json={"token": token}).status, 200
			)
			return {"token": token, "phone_number": "+34600000001"}
		return {**DOORS[function].arguments, "session_id": name, **GOOD.get(function, {})}

	def try_all(self, send: Any, function: str, good: dict[str, Any]) -> None:
		for argument in arguments_of(function):
			for kind, value in WRONG.items():
				for verb in DOORS[function].verbs:
					with self.subTest(function, argument=argument, kind=kind, verb=verb):
						answer = send(verb, path_of(function), **written(verb, {**good, argument: value}))
						if answer.status != 200 or (kind in UNSTORABLE and verb == "POST"):
							self.assert_told(answer)

	def test_arguments_that_do_not_exist_and_bodies_that_are_none(self):
		bodies = (
			{"data": b"x"},
			{"data": b"[]"},
			{"data": b'"x"'},
			{"data": b"null"},
			{"data": b'{"session_id": "\xff"}'},
			{"data": b"", "headers": {"Content-Type": "application/json"}},
			{"json": {"no_such_argument": 1}},
		)
		with self.browser(MANAGER) as send:
			for body in bodies:
				for function in ("api.session.get_session_status", "api.session.connect_session"):
					with self.subTest(function, body=body):
						answer = send("POST", path_of(function), **body)
						self.assertTrue(400 <= answer.status < 500, (answer.status, answer.text[-300:]))

	def test_several_sessions_are_named_in_a_list(self):
		name = self.new_record().name
		for wrong in ("x", "7", "null", '{"a": 1}', "[1]", "[null]", f'[["{name}"]]', "[" * 10_000):
			with self.subTest(wrong[:20]):
				answer = self.call("refresh_sessions", user=MANAGER, session_ids=wrong)
				self.assertEqual((answer.status, answer.words), (417, "Name the sessions in a list."))
		for right in ([name], json.dumps([name])):
			self.assertEqual(self.call("refresh_sessions", user=MANAGER, session_ids=right).status, 200)

	def test_an_id_is_never_taken_for_a_filter(self):
		name = self.new_record().name
		for wrong in (json.dumps({"name": name}), json.dumps([["name", "=", name]]), "{", "[", "%", "_" * 15):
			with self.subTest(wrong):
				answer = self.call("get_session_status", user=MANAGER, session_id=wrong)
				self.assertEqual(answer.status, 404, answer.text[-300:])
				self.assertIn("There is no WhatsApp session", answer.words)


class TestRecords(BadInputTestCase):
	"""What comes in by Frappe's own routes for documents, also within rows and links."""

	def test_fields_and_rows_of_a_session(self):
		doc = self.new_record(description="before")
		frappe.db.commit()
		wrong = [
			*({field: value} for field in ("session_name", "description") for value in (HALF, "a\0b")),
			{"description": "x" * 200_000},
			{"session_name": "x" * 300},
			{"session_name": " "},
			*({"assigned_users": [{"user": user, "role": "Viewer"}]} for user in (HALF, "a\0b", "x" * 300)),
			{"assigned_users": [{"user": VIEWER, "role": HALF}]},
			{"assigned_users": [{"user": VIEWER, "role": "No such role"}]},
		]
		path = f"/api/resource/{SESSION}/{doc.name}"
		with self.browser(MANAGER) as send:
			for values in wrong:
				for answer in self.by_every_route(send, doc.name, values):
					with self.subTest(ascii(values)[:80]):
						self.assert_told(answer)
			self.assertEqual(send("PUT", path, json={"session_name": "After"}).status, 200)
		fresh = self.fresh(doc.name)
		self.assertEqual(
			(fresh.session_name, fresh.description, fresh.assigned_users), ("After", "before", [])
		)

	def by_every_route(self, send: Any, name: str, values: dict[str, Any]) -> Iterator[Answer]:
		new = {"doctype": SESSION, "session_id": self.new_id(), "session_name": "Ventas", **values}
		yield send("PUT", f"/api/resource/{SESSION}/{name}", json=values)
		yield send("POST", f"/api/resource/{SESSION}", json=new)
		if not self.is_on_bench():
			return
		yield send("PATCH", f"/api/v2/document/{SESSION}/{name}", json=values)
		yield send("POST", f"/api/v2/document/{SESSION}", json=new)
		yield send("POST", "/api/method/frappe.client.insert", json={"doc": new})
		whole = {"doctype": SESSION, "name": name, "fieldname": values}
		yield send("POST", "/api/method/frappe.client.set_value", json=whole)

	def is_on_bench(self) -> bool:
		return not find_spec("devsite")

	def test_fields_of_the_settings(self):
		path = f"/api/resource/{SETTINGS}/{SETTINGS}"
		wrong = [
			{field: value}
			for field in ("api_base_url", "api_key", "webhook_secret", "default_session", "disconnect_mode")
			for value in (HALF, "a\0b", "x" * 200_000)
		]
		wrong += [{"api_timeout": value} for value in ("-1", -1, 100_000, 10**30)]
		with self.browser(MANAGER) as send:
			for values in wrong:
				with self.subTest(ascii(values)[:80]):
					self.assert_told(send("PUT", path, json=values))
			self.assertEqual(send("PUT", path, json={"api_timeout": 6}).status, 200)
		self.assertTrue(session.test_connection()["success"])


class TestWebhooks(BadInputTestCase):
	def test_what_a_signed_call_says_wrongly_is_taken_in_and_changes_nothing(self):
		doc = self.linked()
		places = ("event", "sessionId", "timestamp", "data")
		for place in places:
			for kind, value in WRONG.items():
				with self.subTest(place, kind=kind):
					payload = {**self.event("session.disconnected", doc.session_id, reason="x"), place: value}
					self.assertEqual(self.deliver(payload)[0], 200)
		for key in ("reason", "code", "statusCode", "lastDisconnect"):
			for kind, value in WRONG.items():
				with self.subTest(key, kind=kind):
					payload = self.event("session.disconnected", doc.session_id, **{key: value})
					self.assertEqual(self.deliver(payload)[0], 200)
		run_jobs()
		fresh = self.fresh(doc.name)
		self.assertEqual((fresh.status, fresh.error_code or ""), ("Connected", ""))

	def test_a_reason_that_is_none_is_kept_as_what_can_be_read_of_it(self):
		doc = self.linked()
		self.sandbox.behave(reasons="codes")
		self.sandbox.drop(doc.session_id, 428)
		frappe.cache.delete_keys("whatsapp_")
		self.assertEqual(
			self.deliver(self.event("session.disconnected", doc.session_id, reason=HALF))[0], 200
		)
		run_jobs()
		self.assertEqual(self.fresh(doc.name).status, "Disconnected")


class TestImport(BadInputTestCase):
	def test_names_that_a_server_has_and_no_database_takes(self):
		for label in (HALF, "a\0b", "x" * 5000, "<b>x</b>"):
			with self.subTest(ascii(label)[:30]):
				remote = self.sandbox.add(self.new_id(), session_name=label)
				adopted = diagnosis.adopt_session(remote["id"])
				self.assertTrue(self.fresh(adopted["session"]).session_name)
