"""The calls of `api.session`, over a real socket to the sandbox."""

from __future__ import annotations

import socket

import frappe

from xappiens_whatsapp.api import session
from xappiens_whatsapp.server.exceptions import (
	GatewayAuthenticationError,
	GatewayFailed,
	GatewayRateLimited,
	GatewayRejected,
	GatewayUnavailable,
	SessionMissingOnServer,
)
from xappiens_whatsapp.tests.base import AGENT, MANAGER, NOBODY, VIEWER, WhatsAppTestCase


class SessionTestCase(WhatsAppTestCase):
	def create(self, session_id: str | None = None, **arguments: object) -> dict:
		return session.create_session(session_id or self.new_id(), "Ventas", **arguments)

	def linked(self) -> dict:
		created = self.create()
		self.sandbox.scan(created["session_id"], phone_number="34600000001")
		session.get_session_status(created["session"])
		self.sandbox.clear_requests()
		return created

	def remote(self, session_id: str) -> dict | None:
		return next((row for row in self.sandbox.sessions() if row["sessionId"] == session_id), None)


class TestCreate(SessionTestCase):
	def test_stores_the_number_and_starts_linking_with_two_requests(self):
		created = self.create()
		doc = self.fresh(created["session"])
		self.assertTrue(created["success"])
		self.assertEqual(doc.session_db_id, self.remote(doc.session_id)["id"])
		self.assertEqual(created["session_db_id"], doc.session_db_id)
		self.assertEqual(doc.name, doc.session_id)
		self.assertEqual(doc.status, "Connecting")
		self.assertEqual(
			self.sent(), ["POST /api/sessions", f"POST /api/sessions/{doc.session_db_id}/connect"]
		)

	def test_the_number_survives_a_failing_connect_and_the_message_says_so(self):
		self.sandbox.fault("connect", "http", status=500, code="CONNECTION_ERROR", error="Error conectando")
		session_id = self.new_id()
		with self.assertRaises(GatewayFailed) as raised:
			self.create(session_id)
		frappe.db.rollback()
		doc = self.fresh(session_id)
		self.assertEqual(doc.session_db_id, self.remote(session_id)["id"])
		self.assertIn(str(doc.session_db_id), str(raised.exception))
		self.assertEqual(self.create(session_id)["session_db_id"], doc.session_db_id)

	def test_the_same_call_again_changes_nothing(self):
		first = self.create()
		again = self.create(first["session_id"])
		self.assertEqual(again["session_db_id"], first["session_db_id"])
		self.assertEqual(frappe.db.count("WhatsApp Session", {"session_id": first["session_id"]}), 1)

	def test_a_session_the_server_already_has_is_taken_over(self):
		created = self.create()
		frappe.db.delete("WhatsApp Session", {"name": created["session"]})
		frappe.db.commit()
		self.assertEqual(self.create(created["session_id"])["session_db_id"], created["session_db_id"])

	def test_an_answer_lost_on_the_way_is_looked_up_instead_of_sent_twice(self):
		session_id = self.new_id()
		self.sandbox.fault("create", "cut")
		created = self.create(session_id)
		self.assertEqual(created["session_db_id"], self.remote(session_id)["id"])
		self.assertEqual(self.sent("POST").count("POST /api/sessions"), 1)

	def test_a_gateway_error_after_the_work_was_done_is_looked_up_too(self):
		session_id = self.new_id()
		self.sandbox.fault("create", "html", status=504, performed=True)
		self.assertEqual(self.create(session_id)["session_db_id"], self.remote(session_id)["id"])

	def test_every_documented_answer_to_a_create_yields_the_number(self):
		for variant in ("session", "flat", "flat_qr", "webhook_echo", "no_id"):
			with self.subTest(variant):
				self.sandbox.fault("create", "variant", name=variant)
				created = self.create()
				self.assertEqual(created["session_db_id"], self.remote(created["session_id"])["id"])

	def test_a_code_that_comes_with_the_answer_is_handed_out(self):
		self.sandbox.fault("create", "variant", name="flat_qr")
		created = self.create()
		self.assertTrue(created["qr_available"])
		self.assertTrue(created["qr_code"].startswith("data:image/png;base64,"))

	def test_bad_ids_and_names_are_refused_before_anything_is_sent(self):
		for session_id in ("", "ab", "a" * 101, "con espacio", "../x", "x'; drop table--", "stats", "ñandú"):
			with self.subTest(session_id), self.assertRaises(frappe.ValidationError):
				session.create_session(session_id, "Ventas")
		for name in ("", "   ", "x" * 256):
			with self.subTest(name), self.assertRaises(frappe.ValidationError):
				session.create_session(self.new_id(), name)
		with self.assertRaises(frappe.ValidationError):
			self.create(phone_number="not a number")
		self.assertEqual(self.sent(), [])

	def test_markup_in_a_name_is_stored_as_text_and_never_sent_back_as_markup(self):
		created = session.create_session(self.new_id(), "<img src=x onerror=alert(1)> ' or 1=1")
		self.assertNotIn("<img", frappe.as_json(created))

	def test_ids_that_differ_only_in_case_do_not_reach_another_session(self):
		created = self.create()
		with self.assertRaises(frappe.DoesNotExistError):
			session.get_session_status(created["session_id"].upper())

	def test_the_phone_number_is_sent_as_digits(self):
		self.create(phone_number="+34 600 000 009")
		self.assertIn(b'"34600000009"', self.sandbox.requests[0].body)


class TestNumber(SessionTestCase):
	def test_an_old_record_without_a_number_heals_at_any_call(self):
		for function in (
			session.get_session_status,
			session.get_qr_code,
			session.connect_session,
			session.disconnect_session,
		):
			with self.subTest(function.__name__):
				created = self.create()
				frappe.db.set_value("WhatsApp Session", created["session"], "session_db_id", 0)
				frappe.db.commit()
				self.sandbox.clear_requests()
				function(created["session"])
				self.assertIn("GET /api/sessions", self.sent()[0])
				self.assertIn(f"/api/sessions/{created['session_db_id']}", self.sent()[1])
				self.assertNotIn(created["session_id"], " ".join(self.sent()[1:]))

	def test_a_record_with_a_random_name_is_found_by_its_session_id(self):
		created = self.create()
		frappe.db.sql(
			"update `tabWhatsApp Session` set name = 'test_0a1b2c' where name = %s", created["session"]
		)
		frappe.db.commit()
		for identifier in ("test_0a1b2c", created["session_id"]):
			self.assertEqual(session.get_session_status(identifier)["data"]["id"], created["session_db_id"])

	def test_a_number_that_changed_on_the_server_is_written_back_and_the_call_repeated_once(self):
		created = self.create()
		self.sandbox.renumber(created["session_id"])
		current = self.remote(created["session_id"])["id"]
		self.sandbox.clear_requests()
		answer = session.get_session_status(created["session"])
		self.assertEqual(answer["data"]["id"], current)
		self.assertEqual(self.fresh(created["session"]).session_db_id, current)
		self.assertEqual(len(self.sent()), 3)

	def test_a_session_the_server_lost_loses_its_stale_number_and_can_be_created_again(self):
		created = self.linked()
		self.sandbox.forget(created["session_id"])
		with self.assertRaises(SessionMissingOnServer):
			session.get_session_status(created["session"])
		doc = self.fresh(created["session"])
		self.assertFalse(doc.session_db_id)
		self.assertEqual(doc.status, "Disconnected")
		self.assertEqual(doc.error_code, "SESSION_MISSING_ON_SERVER")
		self.assertEqual(
			session.connect_session(created["session"])["session_db_id"],
			self.remote(created["session_id"])["id"],
		)

	def test_the_answer_about_another_session_is_refused_and_teaches_nothing(self):
		created, other = self.create(), self.linked()
		before = self.fresh(created["session"]).status
		self.sandbox.fault("status", "wrong_session")
		with self.assertRaises(GatewayFailed):
			session.get_session_status(created["session"])
		self.assertEqual(self.fresh(created["session"]).status, before)
		self.assertFalse(self.fresh(created["session"]).phone_number)
		self.assertEqual(session.get_session_status(other["session"])["data"]["phoneNumber"], "34600000001")

	def test_a_number_of_64_bits_is_kept(self):
		doc = self.new_record(session_db_id=2**62 + 1)
		self.assertEqual(self.fresh(doc.name).session_db_id, 2**62 + 1)


class TestStatus(SessionTestCase):
	def test_follows_the_session_from_scan_to_connected(self):
		created = self.create()
		self.sandbox.scan(created["session_id"], phone_number="34600000007")
		data = session.get_session_status(created["session"])["data"]
		doc = self.fresh(created["session"])
		self.assertEqual(data["status_frappe"], "Connected")
		self.assertTrue(data["isConnected"] and data["is_connected"])
		self.assertEqual(doc.phone_number, "34600000007")
		self.assertTrue(doc.last_seen and doc.last_checked and doc.status_since)

	def test_changing_nothing_costs_one_request_and_no_write(self):
		created = self.linked()
		before = self.fresh(created["session"])
		session.get_session_status(created["session"])
		after = self.fresh(created["session"])
		self.assertEqual(self.sent(), [f"GET /api/sessions/{created['session_db_id']}/status"])
		self.assertEqual(after.last_checked, before.last_checked)
		self.assertEqual(after.modified, before.modified)

	def test_connected_in_the_database_but_not_alive_is_disconnected(self):
		created = self.linked()
		self.sandbox.fault("status", "variant", name="stale")
		self.assertEqual(
			session.get_session_status(created["session"])["data"]["status_frappe"], "Disconnected"
		)
		self.assertEqual(self.fresh(created["session"]).error_code, "OUT_OF_STEP")
		session.get_session_status(created["session"])
		self.assertFalse(self.fresh(created["session"]).error_code)

	def test_an_unknown_word_changes_no_state_and_is_shown(self):
		created = self.linked()
		self.sandbox.fault("status", "variant", name="unknown_word")
		data = session.get_session_status(created["session"])["data"]
		doc = self.fresh(created["session"])
		self.assertEqual(doc.status, "Connected")
		self.assertIn(data["status"], doc.error_message)

	def test_a_404_right_after_creation_is_not_yet_and_not_gone(self):
		created = self.create()
		self.sandbox.fault(
			"status", "http", status=404, code="SESSION_NOT_FOUND", error="Sesión no encontrada"
		)
		data = session.get_session_status(created["session"])["data"]
		self.assertEqual(data["status"], "unknown")
		self.assertEqual(data["status_frappe"], "Connecting")
		self.assertEqual(self.fresh(created["session"]).session_db_id, created["session_db_id"])

	def test_the_reason_of_a_drop_is_kept_in_words(self):
		created = self.linked()
		self.sandbox.drop(created["session_id"], code=401)
		data = session.get_session_status(created["session"])["data"]
		self.assertEqual(data["status_frappe"], "Disconnected")
		self.assertEqual(data["reason"]["sentence"], "The session was logged out on the phone.")
		self.assertFalse(self.fresh(created["session"]).phone_number)

	def test_without_an_id_it_is_about_the_default_session_only(self):
		created = self.create()
		with self.assertRaises(frappe.DoesNotExistError):
			session.get_session_status()
		self.settings(default_session=created["session"])
		self.assertEqual(session.get_session_status()["data"]["sessionId"], created["session_id"])
		for unknown in ("", "unknown_session", "x" * 500, "' or 1=1 --"):
			with self.subTest(unknown), self.assertRaises(frappe.DoesNotExistError):
				session.get_session_status(unknown)

	def test_what_a_get_learns_is_kept(self):
		created = self.create()
		self.sandbox.scan(created["session_id"])
		response = self.call("get_session_status", "GET", MANAGER, session_id=created["session"])
		self.assertEqual(response.status, 200)
		self.assertEqual(self.fresh(created["session"]).status, "Connected")


class TestQRCode(SessionTestCase):
	def test_is_one_png_data_url_whatever_the_server_sends(self):
		for variant in ("data_url", "base64", "raw", "qr_data"):
			with self.subTest(variant):
				created = self.create()
				self.sandbox.fault("qr", "variant", name=variant)
				code = session.get_qr_code(created["session"])
				self.assertTrue(code["ready"])
				self.assertEqual(code["qr_code"].count("data:image/png;base64,"), 1)
				self.assertEqual(code["qr_code"], code["qr_code_data_url"])
				self.assertTrue(code["expires_at"].endswith("Z"))
				self.assertEqual(code["status"], "QR Code Required")

	def test_not_ready_is_an_answer_and_not_an_error(self):
		created = self.create()
		for fault in (
			{
				"kind": "http",
				"status": 500,
				"code": "QR_GENERATION_ERROR",
				"error": "Error obteniendo código QR",
			},
			{"kind": "http", "status": 404, "code": "SESSION_NOT_FOUND", "error": "QR no disponible"},
			{"kind": "empty_qr"},
		):
			with self.subTest(fault):
				self.sandbox.fault("qr", **fault)
				code = session.get_qr_code(created["session"])
				self.assertFalse(code["ready"])
				self.assertGreaterEqual(code["retry_after"], 5)
		self.assertTrue(session.get_qr_code(created["session"])["ready"])

	def test_all_viewers_share_one_code_until_it_is_due(self):
		created = self.create()
		self.sandbox.clear_requests()
		codes = {session.get_qr_code(created["session"])["qr_code"] for _viewer in range(3)}
		self.assertEqual(len(codes), 1)
		self.assertEqual(len([path for path in self.sent() if path.endswith("/qr")]), 1)
		self.assertLessEqual(self.sent().count("GET /health"), 1)

	def test_a_connected_session_has_none_and_is_not_asked_for_it(self):
		created = self.linked()
		code = session.get_qr_code(created["session"])
		self.assertFalse(code["ready"])
		self.assertEqual(code["status"], "Connected")
		self.assertEqual(self.sent(), [])

	def test_is_not_stored_in_the_database(self):
		created = self.create()
		picture = session.get_qr_code(created["session"])["qr_code"]
		row = frappe.db.sql(
			"select * from `tabWhatsApp Session` where name = %s", created["session"], as_dict=True
		)
		self.assertNotIn(picture[30:90], frappe.as_json(row))

	def test_a_session_the_server_lost_is_told_apart_from_not_ready(self):
		created = self.create()
		self.sandbox.forget(created["session_id"])
		with self.assertRaises(SessionMissingOnServer):
			session.get_qr_code(created["session"])


class TestDisconnectAndDelete(SessionTestCase):
	def test_disconnect_deletes_by_default_and_connect_works_again(self):
		created = self.linked()
		answer = session.disconnect_session(created["session"])
		own = f"/api/sessions/{created['session_db_id']}"
		self.assertEqual(self.sent(), [f"GET {own}/status", f"DELETE {own}"])
		self.assertEqual(answer["status"], "Disconnected")
		self.assertIsNone(self.remote(created["session_id"]))
		again = session.connect_session(created["session"])
		self.assertNotEqual(again["session_db_id"], created["session_db_id"])
		self.assertEqual(again["session_db_id"], self.remote(created["session_id"])["id"])

	def test_disconnect_keeps_the_pairing_by_setting(self):
		self.settings(disconnect_mode="Keep on the server")
		created = self.linked()
		session.disconnect_session(created["session"])
		own = f"/api/sessions/{created['session_db_id']}"
		self.assertEqual(self.sent(), [f"GET {own}/status", f"POST {own}/disconnect"])
		session.connect_session(created["session"])
		status = session.get_session_status(created["session"])["data"]
		self.assertEqual((status["status_frappe"], status["id"]), ("Connected", created["session_db_id"]))

	def test_disconnecting_what_is_already_gone_succeeds(self):
		created = self.linked()
		self.sandbox.forget(created["session_id"])
		self.assertTrue(session.disconnect_session(created["session"])["success"])
		self.assertFalse(self.fresh(created["session"]).session_db_id)

	def test_delete_removes_that_session_and_no_other(self):
		created, other = self.linked(), self.create()
		session.delete_session(created["session"])
		self.assertFalse(frappe.db.exists("WhatsApp Session", created["session"]))
		self.assertIsNone(self.remote(created["session_id"]))
		self.assertIsNotNone(self.remote(other["session_id"]))

	def test_a_server_that_fails_keeps_the_record(self):
		created = self.create()
		self.sandbox.fault("delete", "http", status=503, code="INTERNAL_ERROR", error="Mantenimiento")
		with self.assertRaises(GatewayFailed):
			session.delete_session(created["session"])
		self.assertEqual(self.fresh(created["session"]).session_db_id, created["session_db_id"])
		session.delete_session(created["session"])
		self.assertFalse(frappe.db.exists("WhatsApp Session", created["session"]))

	def test_an_unknown_id_disconnects_and_deletes_nothing(self):
		created = self.linked()
		self.settings(default_session=created["session"])
		for function in (
			session.disconnect_session,
			session.delete_session,
			session.connect_session,
			session.get_qr_code,
		):
			with self.subTest(function.__name__), self.assertRaises(frappe.DoesNotExistError):
				function("unknown_session")
		self.assertEqual(self.sent(), [])


class TestErrors(SessionTestCase):
	def assert_error(self, kind: type[Exception], status: int, function=session.get_session_status):
		with self.assertRaises(kind) as raised:
			function(self.session)
		self.assertEqual(raised.exception.http_status_code, status)
		self.assertNotIn(self.sandbox.api_key, str(raised.exception))
		return raised.exception

	def assert_recovers(self):
		self.assertTrue(session.get_session_status(self.session)["success"])
		self.assertFalse(self.fresh(self.session).error_code)

	def setUp(self):
		super().setUp()
		self.session = self.linked()["session"]

	def test_each_failure_has_its_class_its_status_and_leaves_the_state(self):
		failures = (
			(
				{"kind": "http", "status": 401, "code": "INVALID_API_KEY", "error": "no"},
				GatewayAuthenticationError,
				502,
			),
			(
				{"kind": "http", "status": 403, "code": "AUTHORIZATION_FAILED", "error": "no"},
				GatewayAuthenticationError,
				502,
			),
			(
				{"kind": "http", "status": 422, "code": "VALIDATION_ERROR", "error": "no"},
				GatewayRejected,
				422,
			),
			(
				{"kind": "http", "status": 400, "code": "VALIDATION_ERROR", "error": "no"},
				GatewayRejected,
				422,
			),
			({"kind": "http", "status": 500, "code": "INTERNAL_ERROR", "error": "no"}, GatewayFailed, 502),
			({"kind": "not_json"}, GatewayFailed, 502),
			({"kind": "truncated"}, GatewayFailed, 502),
			({"kind": "cut", "times": 3}, GatewayUnavailable, 503),
			({"kind": "redirect", "location": "http://127.0.0.1:9/"}, GatewayFailed, 502),
			({"kind": "html", "status": 502, "times": 3}, GatewayFailed, 502),
			({"kind": "rate_limit", "reset": 30}, GatewayRateLimited, 429),
		)
		for fault, kind, status in failures:
			with self.subTest(fault):
				self.sandbox.fault("status", **fault)
				error = self.assert_error(kind, status)
				self.assertNotIn("<html", str(error))
				self.assertEqual(self.fresh(self.session).status, "Connected")
				self.sandbox.clear_faults()
				frappe.cache.delete_keys("whatsapp_budget")
				self.assert_recovers()

	def test_a_server_that_cannot_be_reached_is_named_with_its_address(self):
		with socket.create_server(("127.0.0.1", 0)) as probe:
			address = f"http://127.0.0.1:{probe.getsockname()[1]}"
		self.settings(api_base_url=address)
		error = self.assert_error(GatewayUnavailable, 503)
		self.assertIn(address, str(error))
		self.assertEqual(self.fresh(self.session).status, "Connected")
		self.assertEqual(self.fresh(self.session).error_code, "GATEWAY_UNAVAILABLE")
		self.settings()
		self.assert_recovers()

	def test_a_slow_server_is_a_504(self):
		self.settings(api_timeout=1)
		self.sandbox.fault("status", "slow", seconds=3, times=None)
		self.assert_error(GatewayUnavailable, 504)
		self.sandbox.clear_faults()
		self.settings()
		self.assert_recovers()

	def test_settings_that_are_not_complete_are_said_before_anything_is_sent(self):
		for values in ({"enabled": 0}, {"api_base_url": ""}):
			with self.subTest(values):
				self.settings(**values)
				self.assert_error(frappe.ValidationError, 417)
		self.settings()
		for bad in (
			"api.example.com",
			"ftp://api.example.com",
			"https://",
			"https://user:pw@api.example.com",
		):
			with self.subTest(bad), self.assertRaises(frappe.ValidationError):
				self.settings(api_base_url=bad)
		frappe.db.rollback()
		self.assertEqual(self.sent(), [])
		self.assert_recovers()

	def test_the_answer_carries_code_and_seconds_beside_the_message(self):
		self.sandbox.fault("status", "rate_limit", reset=30)
		response = self.call("get_session_status", "GET", MANAGER, session_id=self.session)
		self.assertEqual(response.status, 429)
		self.assertEqual(response.body["exc_type"], "GatewayRateLimited")
		self.assertEqual(response.body["error_code"], "RATE_LIMIT_EXCEEDED")
		self.assertTrue(1 <= response.body["retry_after"] <= 60)
		self.assertNotIn(self.sandbox.api_key, response.text)


class TestRights(SessionTestCase):
	def setUp(self):
		super().setUp()
		self.session = self.create()["session"]
		self.other = self.create()["session"]
		for user, role in ((VIEWER, "Viewer"), (AGENT, "Agent")):
			self.assign(self.session, user, role)

	def statuses(self, user: str | None, session_id: str) -> dict[str, int]:
		calls = ("get_session_status", "get_qr_code", "connect_session", "restart_session")
		return {name: self.call(name, "POST", user, session_id=session_id).status for name in calls}

	def test_each_role_reaches_what_the_table_gives_it(self):
		self.assertEqual(set(self.statuses(MANAGER, self.session).values()), {200})
		self.assertEqual(set(self.statuses(AGENT, self.session).values()), {200})
		self.assertEqual(
			self.statuses(VIEWER, self.session),
			{"get_session_status": 200, "get_qr_code": 403, "connect_session": 403, "restart_session": 403},
		)
		for user in (AGENT, VIEWER, NOBODY, None):
			self.assertEqual(set(self.statuses(user, self.other).values()), {403}, user)

	def test_only_an_assigned_manager_disconnects_and_deletes(self):
		for name in ("disconnect_session", "delete_session"):
			self.assertEqual(self.call(name, "POST", AGENT, session_id=self.session).status, 403)
		doc = frappe.get_doc("WhatsApp Session", self.session)
		doc.assigned_users[1].role = "Manager"
		doc.save()
		for name in ("disconnect_session", "delete_session"):
			self.assertEqual(self.call(name, "POST", AGENT, session_id=self.session).status, 200, name)
		self.assertFalse(frappe.db.exists("WhatsApp Session", self.session))

	def test_creating_is_for_managers(self):
		for user in (AGENT, NOBODY, None):
			response = self.call("create_session", "POST", user, session_id=self.new_id(), session_name="x")
			self.assertEqual(response.status, 403)

	def test_state_changing_calls_refuse_get(self):
		for name in (
			"create_session",
			"connect_session",
			"disconnect_session",
			"delete_session",
			"restart_session",
		):
			self.assertEqual(self.call(name, "GET", MANAGER, session_id=self.session).status, 403, name)

	def test_lists_show_assigned_sessions_only(self):
		with self.as_user(AGENT):
			self.assertEqual(frappe.get_list("WhatsApp Session", pluck="name"), [self.session])
		with self.as_user(NOBODY), self.assertRaises(frappe.PermissionError):
			frappe.get_list("WhatsApp Session")
		listed = self.request("/api/resource/WhatsApp Session", "GET", AGENT)
		self.assertEqual([row["name"] for row in listed.body["data"]], [self.session])

	def test_settings_are_closed_to_everybody_else(self):
		for user in (AGENT, VIEWER, NOBODY):
			response = self.request("/api/resource/WhatsApp Settings/WhatsApp Settings", "GET", user)
			self.assertEqual(response.status, 403)
		response = self.request("/api/resource/WhatsApp Settings/WhatsApp Settings", "GET", MANAGER)
		self.assertEqual(response.status, 200)
		self.assertNotIn(self.sandbox.api_key, response.text)


class TestList(SessionTestCase):
	def test_joins_all_pages_of_the_server_with_the_records(self):
		created = self.create()
		orphan = self.create()
		frappe.db.delete("WhatsApp Session", {"name": orphan["session"]})
		record_only = self.new_record()
		rows = {row["sessionId"]: row for row in session.list_sessions()["sessions"]}
		self.assertEqual(rows[created["session_id"]]["local"], created["session"])
		self.assertIsNone(rows[orphan["session_id"]]["local"])
		self.assertEqual(rows[record_only.session_id]["on_server"], False)

	def test_many_are_refreshed_with_one_request(self):
		ids = [self.create()["session_id"] for _number in range(3)]
		self.sandbox.scan(ids[1])
		self.sandbox.clear_requests()
		states = session.refresh_sessions(ids)["sessions"]
		self.assertEqual(states[ids[1]], "Connected")
		self.assertEqual(len(self.sent()), 1)


class TestRecord(SessionTestCase):
	def test_last_seen_is_in_lists(self):
		"""Frappe 15 leaves a column out of lists whose name contains `_seen`, unless the DocType tracks who saw it."""
		created = self.linked()
		rows = frappe.get_list(
			"WhatsApp Session", filters={"name": created["session"]}, fields=["name", "last_seen"]
		)
		self.assertTrue(rows[0].last_seen)

	def test_an_old_form_cannot_write_an_old_state_back(self):
		created = self.create()
		form = frappe.get_doc("WhatsApp Session", created["session"])
		self.sandbox.scan(created["session_id"])
		session.get_session_status(created["session"])
		form.description = "edited meanwhile"
		form.save()
		frappe.db.commit()
		doc = self.fresh(created["session"])
		self.assertEqual((doc.status, doc.description), ("Connected", "edited meanwhile"))

	def test_a_record_with_a_random_name_keeps_its_id_when_it_is_saved(self):
		doc = self.new_record()
		frappe.db.sql("update `tabWhatsApp Session` set name = 'test_random' where name = %s", doc.name)
		old = frappe.get_doc("WhatsApp Session", "test_random")
		old.description = "edited"
		old.save()
		frappe.db.commit()
		self.assertEqual(self.fresh("test_random").session_id, doc.session_id)

	def test_the_id_cannot_be_changed_later(self):
		doc = self.new_record()
		doc.session_id = self.new_id()
		with self.assertRaises(frappe.CannotChangeConstantError):
			doc.save()

	def test_lists_say_who_is_assigned(self):
		doc = self.new_record()
		self.assign(doc.name, AGENT, "Agent")
		self.assign(doc.name, VIEWER, "Viewer")
		row = frappe.get_list("WhatsApp Session", filters={"name": doc.name}, fields=["assigned_names"])[0]
		self.assertEqual(row.assigned_names, f"{AGENT}, {VIEWER}")

	def test_a_user_is_assigned_once(self):
		doc = self.new_record()
		for _time in range(2):
			doc.append("assigned_users", {"user": AGENT, "role": "Agent"})
		with self.assertRaises(frappe.ValidationError):
			doc.save()
