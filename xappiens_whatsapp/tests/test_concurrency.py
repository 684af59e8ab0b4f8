"""Real parallel requests: never two sessions on the server, never a lost number, never a 500."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import frappe

from xappiens_whatsapp.tests.base import MANAGER, SESSION_API, Response, WhatsAppTestCase, request

TOGETHER = 6
EXPECTED = (200, 404, 422, 429)


class TestConcurrency(WhatsAppTestCase):
	def together(self, *calls: tuple[str, dict]) -> list[Response]:
		"""All calls at once, each in a thread with its own connection, as web workers would run them."""
		frappe.db.commit()
		site = frappe.local.site
		frappe.cache.delete_keys("whatsapp_budget")
		with ThreadPoolExecutor(len(calls)) as executor:
			started = [
				executor.submit(request, site, f"/api/method/{SESSION_API}{name}", "POST", MANAGER, arguments)
				for name, arguments in calls
			]
			responses = [future.result() for future in started]
		frappe.db.rollback()
		return responses

	def create(self) -> str:
		return self.call("create_session", user=MANAGER, session_id=self.new_id(), session_name="x").message[
			"session"
		]

	def on_server(self, session_id: str) -> list[int]:
		return [row["id"] for row in self.sandbox.sessions() if row["sessionId"] == session_id]

	def assert_in_step(self, session_id: str) -> None:
		frappe.cache.delete_keys("whatsapp_budget")
		self.call("get_session_status", user=MANAGER, session_id=session_id)
		number = self.fresh(session_id).session_db_id
		self.assertEqual(self.on_server(session_id), [number] if number else [])

	def test_tabs_that_create_the_same_session_share_one(self):
		session_id = self.new_id()
		call = ("create_session", {"session_id": session_id, "session_name": "x"})
		responses = self.together(*[call] * TOGETHER)
		self.assertEqual(
			{response.status for response in responses}, {200}, [r.text[-300:] for r in responses]
		)
		self.assertEqual({r.message["session_db_id"] for r in responses}, set(self.on_server(session_id)))
		self.assertEqual(frappe.db.count("WhatsApp Session", {"session_id": session_id}), 1)
		self.assertEqual(len(self.on_server(session_id)), 1)

	def test_polls_of_a_record_without_number_all_find_the_same(self):
		session = self.create()
		frappe.db.set_value("WhatsApp Session", session, "session_db_id", 0)
		responses = self.together(*[("get_session_status", {"session_id": session})] * TOGETHER)
		self.assertEqual({response.status for response in responses}, {200})
		self.assert_in_step(session)

	def test_disconnect_races_qr_and_status(self):
		session = self.create()
		calls = [
			(name, {"session_id": session})
			for name in ("get_qr_code", "disconnect_session", "get_session_status")
		]
		responses = self.together(*calls * 2)
		self.assertTrue(
			{response.status for response in responses} <= set(EXPECTED), [r.text[-300:] for r in responses]
		)
		self.assertFalse(self.fresh(session).session_db_id)
		self.assertFalse(self.call("get_qr_code", user=MANAGER, session_id=session).body.get("message"))
		self.assertEqual(self.call("connect_session", user=MANAGER, session_id=session).status, 200)
		self.assert_in_step(session)

	def test_connect_races_connect_after_the_server_lost_the_session(self):
		session = self.create()
		self.sandbox.forget(session)
		responses = self.together(*[("connect_session", {"session_id": session})] * TOGETHER)
		self.assertTrue(
			{response.status for response in responses} <= set(EXPECTED), [r.text[-300:] for r in responses]
		)
		self.assertEqual(len(self.on_server(session)), 1)
		self.assert_in_step(session)

	def test_two_deletions_leave_nothing_on_either_side(self):
		session = self.create()
		responses = self.together(*[("delete_session", {"session_id": session})] * 2)
		self.assertIn(200, {response.status for response in responses})
		self.assertNotIn(500, {response.status for response in responses}, [r.text[-300:] for r in responses])
		self.assertFalse(frappe.db.exists("WhatsApp Session", session))
		self.assertEqual(self.on_server(session), [])

	def test_settings_that_change_meanwhile_do_no_harm(self):
		session = self.create()

		def change_settings() -> Response:
			path = "/api/resource/WhatsApp Settings/WhatsApp Settings"
			return request(site, path, "PUT", MANAGER, {"api_timeout": 7})

		site = frappe.local.site
		responses = self.with_calls(change_settings, session)
		self.assertEqual(
			{response.status for response in responses}, {200}, [r.text[-300:] for r in responses]
		)

	def with_calls(self, other: Callable[[], Response], session: str) -> list[Response]:
		with ThreadPoolExecutor(1) as executor:
			changed = executor.submit(other)
			responses = self.together(*[("get_session_status", {"session_id": session})] * 4)
			return [*responses, changed.result()]
