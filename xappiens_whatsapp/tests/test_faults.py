"""Every function through every fault: a typed error with the right status, the state kept, no key anywhere, and recovery."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import Any

import frappe
from redis import ConnectionPool, RedisError
from werkzeug.wrappers import Request

from xappiens_whatsapp.api import session as api
from xappiens_whatsapp.server.exceptions import GatewayFailed
from xappiens_whatsapp.tests.base import MANAGER, Response, WhatsAppTestCase, logged_errors

SERVER_FAULTS = {
	"400": (
		{"kind": "http", "status": 400, "code": "VALIDATION_ERROR", "error": "Datos inválidos"},
		422,
		"GatewayRejected",
	),
	"401": (
		{"kind": "http", "status": 401, "code": "INVALID_API_KEY", "error": "Clave"},
		502,
		"GatewayAuthenticationError",
	),
	"403": (
		{"kind": "http", "status": 403, "code": "AUTHORIZATION_FAILED", "error": "No"},
		502,
		"GatewayAuthenticationError",
	),
	"422": (
		{"kind": "http", "status": 422, "code": "VALIDATION_ERROR", "error": "Datos"},
		422,
		"GatewayRejected",
	),
	"429": ({"kind": "rate_limit", "reset": 40}, 429, "GatewayRateLimited"),
	"500": (
		{"kind": "http", "status": 500, "code": "INTERNAL_ERROR", "error": "Fallo"},
		502,
		"GatewayFailed",
	),
	"502 HTML": ({"kind": "html", "status": 502}, 502, "GatewayBlocked"),
	"503": (
		{"kind": "http", "status": 503, "code": "INTERNAL_ERROR", "error": "Fallo"},
		502,
		"GatewayFailed",
	),
	"504": ({"kind": "html", "status": 504}, 502, "GatewayBlocked"),
	"not JSON": ({"kind": "not_json"}, 502, "GatewayFailed"),
	"truncated": ({"kind": "truncated"}, 502, "GatewayFailed"),
	"redirect": ({"kind": "redirect", "location": "http://127.0.0.1:9/"}, 502, "GatewayFailed"),
	"10 MB": ({"kind": "huge", "megabytes": 10}, 502, "GatewayFailed"),
	"cut": ({"kind": "cut"}, 503, "GatewayUnavailable"),
	"reset": ({"kind": "reset"}, 503, "GatewayUnavailable"),
	"slow": ({"kind": "slow", "seconds": 2.5}, 504, "GatewayUnavailable"),
}
FUNCTIONS = {
	"get_session_status": "status",
	"get_qr_code": "qr",
	"connect_session": "connect",
	"restart_session": "restart",
	"disconnect_session": "delete",
	"delete_session": "delete",
	"list_sessions": "list",
	"refresh_sessions": "list",
	"update_session_webhook": "webhook",
}
SECRET = "a-secret-given-by-hand-0000"
OUTCOME_UNKNOWN = {*SERVER_FAULTS} - {"400", "401", "403", "404", "422", "429"}
STARTS = ("connect_session", "restart_session")
REMOVALS = ("disconnect_session", "delete_session")


class TestFaultMatrix(WhatsAppTestCase):
	def setUp(self):
		super().setUp()
		self.settings(api_timeout=1)
		self.forget_budget()

	def forget_budget(self) -> None:
		frappe.cache.delete_keys("whatsapp_budget")

	def new_session(self) -> str:
		self.forget_budget()
		created = self.call("create_session", user=MANAGER, session_id=self.new_id(), session_name="Ventas")
		self.assertEqual(created.status, 200, created.text)
		return created.message["session"]

	def run_function(self, name: str, session: str) -> Response:
		return self.call(name, user=MANAGER, **arguments_of(name, session))

	def assert_told(self, response: Response, status: int, exc_type: str) -> None:
		self.assertEqual(
			(response.status, response.body.get("exc_type")), (status, exc_type), response.text[-600:]
		)
		self.assertTrue(response.words)
		self.assertNotIn("<html", response.words.lower())
		self.assertTrue(response.body["error_code"])
		self.assert_key_is_nowhere(response)

	def assert_key_is_nowhere(self, response: Response) -> None:
		for secret in (self.sandbox.api_key, SECRET):
			self.assertNotIn(secret, response.text)
			self.assertNotIn(secret, logged_errors())

	def test_every_function_through_every_fault_of_the_server(self):
		for name, route in FUNCTIONS.items():
			session = self.new_session()
			for label, (fault, status, exc_type) in SERVER_FAULTS.items():
				with self.subTest(function=name, fault=label), self.faulty(route, fault):
					before, logged = self.known(session), logged_errors()
					response = self.run_function(name, session)
					if label in OUTCOME_UNKNOWN and self.is_done(name, session):
						self.assertEqual(response.status, 200, response.text[-600:])
					else:
						self.assert_told(response, status, exc_type)
						self.assertEqual(self.known(session), before)
					self.assertEqual(logged_errors(), logged)
				if name in REMOVALS:
					session = self.new_session()
			self.forget_budget()
			self.assertEqual(self.run_function(name, session).status, 200, name)

	@contextmanager
	def faulty(self, route: str, fault: dict):
		self.forget_budget()
		self.sandbox.fault(route, times=5, **fault)
		try:
			yield
		finally:
			self.sandbox.clear_faults()

	def known(self, session: str) -> tuple | None:
		return frappe.db.get_value("WhatsApp Session", session, ["session_db_id", "is_connected"])

	def is_done(self, name: str, session: str) -> bool:
		"""As the server has it: what failed in a way that leaves the outcome open is looked up."""
		row = next((row for row in self.sandbox.sessions() if row["sessionId"] == session), None)
		if name in REMOVALS:
			return row is None
		return name in STARTS and row["status"] in ("connecting", "qr_code", "connected")

	def test_creating_through_every_fault_never_makes_two_sessions(self):
		for label, (fault, status, exc_type) in SERVER_FAULTS.items():
			with self.subTest(fault=label):
				self.forget_budget()
				session_id = self.new_id()
				self.sandbox.fault("create", **fault)
				response = self.call("create_session", user=MANAGER, session_id=session_id, session_name="x")
				self.assert_key_is_nowhere(response)
				if response.status != 200:
					self.assert_told(response, status, exc_type)
				self.sandbox.clear_faults()
				self.forget_budget()
				again = self.call("create_session", user=MANAGER, session_id=session_id, session_name="x")
				self.assertEqual(again.status, 200, again.text)
				on_server = [row["id"] for row in self.sandbox.sessions() if row["sessionId"] == session_id]
				self.assertEqual([self.fresh(session_id).session_db_id], on_server)

	@contextmanager
	def server_at(self, url: str):
		self.settings(api_base_url=url, api_timeout=1)
		try:
			yield
		finally:
			self.settings()

	def test_a_server_that_is_not_there_is_told_by_its_cause(self):
		with socket.create_server(("127.0.0.1", 0)) as listener:
			closed = f"http://127.0.0.1:{listener.getsockname()[1]}"
		for url, status in (
			(closed, 503),
			("http://no-such-host.invalid", 503),
			(self.sandbox.url.replace("http:", "https:"), 503),
		):
			with self.subTest(url):
				session = self.new_session()
				with self.server_at(url):
					for name in FUNCTIONS:
						self.assert_told(self.run_function(name, session), status, "GatewayUnavailable")
					self.assertEqual(self.fresh(session).error_code, "GATEWAY_UNAVAILABLE")
				self.assertEqual(self.run_function("get_session_status", session).status, 200)
				self.assertFalse(self.fresh(session).error_code)

	def test_redis_that_is_gone_makes_it_slower_and_not_wrong(self):
		session = self.new_session()
		with unreachable_cache():
			self.assertRaises(RedisError, frappe.cache.get, "anything")
			answer = self.local("get_session_status", session)
			self.assertTrue(answer["success"])
			self.assertTrue(self.local("get_qr_code", session)["ready"])
		self.assertTrue(self.local("get_session_status", session)["success"])

	def local(self, name: str, session: str) -> dict:
		return getattr(api, name)(session)

	def test_other_code_gets_the_exception_in_a_request_of_its_own_and_outside(self):
		session = self.new_session()
		self.sandbox.fault("status", "html", times=None, status=502)
		with self.assertRaises(GatewayFailed):
			self.local("get_session_status", session)
		self.addCleanup(setattr, frappe.local, "request", getattr(frappe.local, "request", None))
		frappe.local.request = Request({"PATH_INFO": "/api/method/another_app.api.report"})
		with self.assertRaises(GatewayFailed):
			self.local("get_session_status", session)


def arguments_of(name: str, session: str) -> dict[str, Any]:
	if name == "list_sessions":
		return {}
	if name == "refresh_sessions":
		return {"session_ids": [session]}
	if name == "update_session_webhook":
		return {"session_id": session, "webhook_url": "https://crm.example/hook", "webhook_secret": SECRET}
	return {"session_id": session}


@contextmanager
def unreachable_cache():
	"""The cache's connections lead to a closed port, as when Redis is down."""
	with socket.create_server(("127.0.0.1", 0)) as listener:
		port = listener.getsockname()[1]
	pool = frappe.cache.connection_pool
	frappe.cache.connection_pool = ConnectionPool(host="127.0.0.1", port=port)
	try:
		yield
	finally:
		frappe.cache.connection_pool = pool
