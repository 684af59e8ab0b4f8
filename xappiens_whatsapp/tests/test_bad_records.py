"""What comes in by Frappe's own routes for documents, by webhooks and from the server's list: never 500, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from itertools import product
from typing import Any
from unittest import skipUnless

import frappe

from xappiens_whatsapp import SESSION, SETTINGS
from xappiens_whatsapp.api import diagnosis, session
from xappiens_whatsapp.tests.base import MANAGER, VIEWER, Response
from xappiens_whatsapp.tests.test_bad_input import LONE_SURROGATE, WRONG, BadInputTestCase
from xappiens_whatsapp.tests.workers import run_jobs

UNSTORABLE = (LONE_SURROGATE, "a\0b")
WRONG_VALUES: list[dict[str, Any]] = [
	*({field: value} for field, value in product(("session_name", "description"), UNSTORABLE)),
	{"description": "x" * 200_000},
	{"session_name": "x" * 300},
	{"session_name": " "},
	*({"assigned_users": [{"user": user, "role": "Viewer"}]} for user in (*UNSTORABLE, "x" * 300)),
	{"assigned_users": [{"user": VIEWER, "role": LONE_SURROGATE}]},
	{"assigned_users": [{"user": VIEWER, "role": "No such role"}]},
]
WRONG_SETTINGS: list[dict[str, Any]] = [
	*(
		{field: value}
		for field, value in product(
			("api_base_url", "api_key", "webhook_secret", "default_session", "disconnect_mode"),
			(*UNSTORABLE, "x" * 200_000),
		)
	),
	*({"api_timeout": value} for value in ("-1", -1, 100_000, 10**30)),
]
RECORD = f"/api/resource/{SESSION}"


class TestRecords(BadInputTestCase):
	"""Also within rows and links."""

	def setUp(self) -> None:
		super().setUp()
		self.doc = self.new_record(description="before")

	def test_fields_and_rows_of_a_session(self):
		with self.browser(MANAGER) as send:
			for values in WRONG_VALUES:
				with self.subTest(ascii(values)[:80]):
					self.assert_told(send("PUT", f"{RECORD}/{self.doc.name}", json=values))
					self.assert_told(send("POST", RECORD, json=self.new(**values)))
			self.assert_unharmed(send)

	@skipUnless(find_spec("frappe.utils.bench_helper"), "only a bench has these routes")
	def test_the_same_by_the_routes_that_only_a_bench_has(self):
		with self.browser(MANAGER) as send:
			for values in WRONG_VALUES:
				for answer in self.by_routes_of_a_bench(send, values):
					with self.subTest(ascii(values)[:80]):
						self.assert_told(answer)
			for answer in self.by_routes_of_a_bench(send, {"session_name": "Ventas"}):
				self.assertEqual(answer.status, 200, answer.text[-600:])
			self.assert_unharmed(send)

	def by_routes_of_a_bench(self, send: Any, values: dict[str, Any]) -> Iterator[Response]:
		yield send("PATCH", f"/api/v2/document/{SESSION}/{self.doc.name}", json=values)
		yield send("POST", f"/api/v2/document/{SESSION}", json=self.new(**values))
		yield send("POST", "/api/method/frappe.client.insert", json={"doc": self.new(**values)})
		whole = {"doctype": SESSION, "name": self.doc.name, "fieldname": values}
		yield send("POST", "/api/method/frappe.client.set_value", json=whole)

	def new(self, **values: Any) -> dict[str, Any]:
		return {"doctype": SESSION, "session_id": self.new_id(), "session_name": "Ventas", **values}

	def assert_unharmed(self, send: Any) -> None:
		answer = send("PUT", f"{RECORD}/{self.doc.name}", json={"session_name": "After"})
		self.assertEqual(answer.status, 200, answer.text)
		fresh = self.fresh(self.doc.name)
		stored = (fresh.session_name, fresh.description, fresh.assigned_users)
		self.assertEqual(stored, ("After", "before", []))
		self.assertEqual(send("POST", RECORD, json=self.new()).status, 200)

	def test_fields_of_the_settings(self):
		path = f"/api/resource/{SETTINGS}/{SETTINGS}"
		with self.browser(MANAGER) as send:
			for values in WRONG_SETTINGS:
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
		self.sandbox.drop(doc.session_id, 401)
		self.deliver(self.event("session.disconnected", doc.session_id))
		run_jobs()
		self.assertEqual(self.fresh(doc.name).status, "Disconnected")

	def test_a_reason_that_is_none_is_kept_as_what_can_be_read_of_it(self):
		doc = self.linked()
		self.sandbox.behave(reasons="codes")
		self.sandbox.drop(doc.session_id, 428)
		frappe.cache.delete_keys("whatsapp_")
		self.assertEqual(
			self.deliver(self.event("session.disconnected", doc.session_id, reason=LONE_SURROGATE))[0], 200
		)
		run_jobs()
		self.assertEqual(self.fresh(doc.name).status, "Disconnected")


class TestImport(BadInputTestCase):
	def test_names_that_a_server_has_and_no_database_takes(self):
		for label in (LONE_SURROGATE, "a\0b", "x" * 5000, "<b>x</b>"):
			with self.subTest(ascii(label)[:30]):
				remote = self.sandbox.add(self.new_id(), session_name=label)
				adopted = diagnosis.adopt_session(remote["id"])
				self.assertTrue(self.fresh(adopted["session"]).session_name)
