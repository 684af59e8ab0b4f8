"""What an argument cannot be is told in words, by every function: never 500, and nothing is lost."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import frappe
import requests

from xappiens_whatsapp.api import pairing, session
from xappiens_whatsapp.tests.base import MANAGER, PASSWORD, Response, keeps_refused_calls, logged_errors
from xappiens_whatsapp.tests.test_doors import APP, DOORS, EVERYBODY
from xappiens_whatsapp.tests.webhooks import SECRET, WebhookTestCase, served_site

Arguments = dict[str, Any]
LONE_SURROGATE = "half \ud83d"
UNSTORABLE = {
	"half a character": LONE_SURROGATE,
	"half a character within": [{"a": [LONE_SURROGATE]}],
	"NUL": "a\0b",
}
WRONG: Arguments = {
	**UNSTORABLE,
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
TEXTS = {"markup", "SQL", "a dict as text", "a broken list as text"}
NONE = {"null", "blank", "empty"}
ACCEPTED = {
	("api.diagnosis.delete_finding", "session_id"): {"null", "empty"},
	("api.diagnosis.diagnose", "session_id"): {"null"},
	("api.pairing.create_link", "minutes"): {"true"},
	("api.pairing.create_link", "language"): {"null", "empty"},
	("api.phone.keep_phone", "phone_number"): NONE,
	("api.phone.unlink_phone", "phone_number"): NONE,
	("api.proof.send_test_message", "phone_number"): NONE,
	("api.session.create_session", "session_name"): TEXTS,
	("api.session.create_session", "description"): TEXTS | NONE | {"very long"},
	("api.session.create_session", "phone_number"): NONE,
	("api.session.update_session_webhook", "webhook_secret"): {"null", "empty", "markup"},
	("api.story.timeline", "start"): {"number", "huge number", "negative number", "true"},
	("api.story.uptime_card", "filters"): set(WRONG),
}
"""What is no mistake there: a text like another, a number as any, or nothing where nothing need be said."""
NO_ARGUMENTS: tuple[Arguments, ...] = (
	{"data": b"x"},
	{"data": b"[]"},
	{"data": b'"x"'},
	{"data": b"null"},
	{"data": b'{"session_id": "\xff"}'},
	{"data": b"", "headers": {"Content-Type": "application/json"}},
	{"json": {"no_such_argument": 1}},
)
PHONE, OTHER_PHONE = "+34600000001", "+34600000002"


def path_of(function: str) -> str:
	return f"/api/method/{APP}{function}"


def arguments_of(function: str) -> list[str]:
	module, _dot, name = f"{APP}{function}".rpartition(".")
	return [*inspect.signature(getattr(import_module(module), name)).parameters]


def written(verb: str, arguments: Arguments) -> dict[str, Any]:
	"""As a body of JSON or as a query; half of a character as the bytes that some clients make of it."""
	if verb == "POST":
		return {"json": arguments}
	texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in arguments.items()}
	return {"params": {key: text[:2000].encode("utf-8", "surrogatepass") for key, text in texts.items()}}


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

			def send(verb: str, path: str, **how: Any) -> Response:
				frappe.db.commit()
				for spent in ("whatsapp_budget", "whatsapp_calls", "whatsapp_codes"):
					frappe.cache.delete_keys(spent)
				answer = browser.request(verb, f"{address}{path}", timeout=30, **how)
				frappe.db.rollback()
				return Response(answer.status_code, answer.json(), answer.text)

			yield send

	def assert_told(self, answer: Response) -> None:
		self.assertIn(answer.status, (400, 403, 404, 409, 410, 417, 422), answer.text[-600:])
		words = answer.words or str(answer.body.get("exception") or "")
		self.assertTrue(words, answer.text[-600:])
		self.assertNotIn("Traceback", words)


def waiting(_test: TestArguments) -> Arguments:
	return {
		"session_id": session.create_session(f"test_{frappe.generate_hash(length=10)}", "Ventas")["session"]
	}


def without_record(test: TestArguments) -> Arguments:
	return {"session_db_id": test.sandbox.add(test.new_id())["id"]}


def with_other_phone(test: TestArguments) -> Arguments:
	doc = test.linked_session(phone_number=OTHER_PHONE[1:], expected_number=PHONE)
	return {"session_id": doc.name, "phone_number": OTHER_PHONE}


GOOD: dict[str, Callable[[TestArguments], Arguments]] = {
	"api.diagnosis.adopt_session": without_record,
	"api.diagnosis.delete_finding": without_record,
	"api.pairing.create_link": lambda test: {**waiting(test), "minutes": 15, "language": "es"},
	"api.phone.keep_phone": with_other_phone,
	"api.phone.unlink_phone": with_other_phone,
	"api.proof.send_test_message": lambda test: {
		"session_id": test.linked_session().name,
		"phone_number": OTHER_PHONE,
	},
	"api.session.create_session": lambda test: {
		"session_id": test.new_id(),
		"session_name": "Ventas",
		"description": "x",
		"phone_number": PHONE,
	},
	"api.session.get_pairing_code": lambda test: {**waiting(test), "phone_number": PHONE},
	"api.session.refresh_sessions": lambda test: {"session_ids": [*waiting(test).values()]},
	"api.session.update_session_webhook": lambda test: {
		**waiting(test),
		"webhook_url": "https://a.example/hook",
		"webhook_secret": "a-secret-of-another-00000",
	},
	"api.story.timeline": lambda test: {**waiting(test), "start": 0},
	"api.story.uptime_card": lambda _test: {},
}
"""Every other function takes a session that waits for its phone."""


class TestArguments(BadInputTestCase):
	"""Every argument of every function that a browser can name, one wrong at a time and the others right."""

	sandbox_options = {**BadInputTestCase.sandbox_options, "rate_limit": 1_000_000}

	def setUp(self) -> None:
		super().setUp()
		self.settings()

	def test_nothing_that_is_wrong_is_answered_with_500_and_all_of_it_with_words(self):
		logged = logged_errors()
		for user in (MANAGER, None):
			with self.browser(user) as send:
				for function, door in DOORS.items():
					if arguments_of(function) and (user is None) == (door.opens_to == EVERYBODY):
						self.try_all(send, function)
		if not keeps_refused_calls():
			self.assertEqual(logged_errors(), logged)

	def try_all(self, send: Any, function: str) -> None:
		"""What was taken has changed its session: the next call is about another one."""
		self.assert_good(send, function)
		good = self.good(send, function)
		for argument, kind, verb in product(arguments_of(function), WRONG, DOORS[function].verbs):
			with self.subTest(function, argument=argument, kind=kind, verb=verb):
				arguments = {**good, argument: WRONG[kind]}
				answer = send(verb, path_of(function), **written(verb, arguments))
				if answer.status != 200:
					self.assert_told(answer)
					continue
				good = self.good(send, function)
				self.assertIn(kind, self.accepted(function, argument, verb))
				self.assert_stored(function, arguments)
		self.assert_good(send, function)

	def assert_good(self, send: Any, function: str) -> None:
		for verb in DOORS[function].verbs:
			with self.subTest(function, verb=verb):
				arguments = self.good(send, function)
				answer = send(verb, path_of(function), **written(verb, arguments))
				self.assertEqual(answer.status, 200, answer.text[-600:])
				self.assert_stored(function, arguments)

	def good(self, send: Any, function: str) -> Arguments:
		"""What the function takes, about a session of its own."""
		if DOORS[function].opens_to != EVERYBODY:
			return GOOD.get(function, waiting)(self)
		token = urlsplit(pairing.create_link(**waiting(self))["url"]).fragment
		opened = send("POST", path_of("api.pairing.open_link"), json={"token": token})
		self.assertEqual(opened.status, 200, opened.text)
		return {"token": token, "phone_number": PHONE}

	def accepted(self, function: str, argument: str, verb: str) -> set[str]:
		accepted = ACCEPTED.get((function, argument), set())
		return accepted - set(UNSTORABLE) if verb == "POST" else accepted

	def assert_stored(self, function: str, given: Arguments) -> None:
		if function == "api.session.create_session":
			doc = self.fresh(given["session_id"])
			self.assert_same_text(doc.session_name, given["session_name"])
			self.assert_same_text(doc.description, given["description"])
			self.assert_same_text(doc.expected_number, given["phone_number"])
		if function == "api.session.update_session_webhook":
			hook = self.sandbox.registry.named(given["session_id"]).webhook
			self.assertEqual(
				(hook.url, hook.secret), (given["webhook_url"], given["webhook_secret"] or SECRET)
			)

	def assert_same_text(self, stored: str | None, said: str | None) -> None:
		"""Frappe takes out of markup what would run."""
		if said == WRONG["markup"]:
			self.assertNotIn("onerror", stored)
		else:
			self.assertEqual((stored or "").strip(), (said or "").strip())

	def test_bodies_that_are_none_and_arguments_that_do_not_exist(self):
		good = waiting(self)
		with self.browser(MANAGER) as send:
			for body, function in product(NO_ARGUMENTS, ("get_session_status", "connect_session")):
				path = path_of(f"api.session.{function}")
				with self.subTest(function, body=body):
					answer = send("POST", path, **body)
					self.assertTrue(400 <= answer.status < 500, (answer.status, answer.text[-300:]))
					self.assertEqual(send("POST", path, json=good).status, 200)

	def test_several_sessions_are_named_in_a_list(self):
		name = self.new_record().name
		for wrong in ("x", "7", "null", '{"a": 1}', "[1]", "[null]", f'[["{name}"]]', "[" * 10_000):
			with self.subTest(wrong[:20]):
				answer = self.call("refresh_sessions", user=MANAGER, session_ids=wrong)
				self.assertEqual((answer.status, answer.words), (417, "Name the sessions in a list."))
		for right in ([name], json.dumps([name])):
			self.assertEqual(self.call("refresh_sessions", user=MANAGER, session_ids=right).status, 200)

	def test_an_id_is_never_taken_for_a_filter(self):
		name = waiting(self)["session_id"]
		for wrong in (json.dumps({"name": name}), json.dumps([["name", "=", name]]), "{", "[", "%", "_" * 15):
			with self.subTest(wrong):
				answer = self.call("get_session_status", user=MANAGER, session_id=wrong)
				self.assertEqual(answer.status, 404, answer.text[-300:])
				self.assertIn("There is no WhatsApp session", answer.words)
		self.assertEqual(self.call("get_session_status", user=MANAGER, session_id=name).status, 200)
