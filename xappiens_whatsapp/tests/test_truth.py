"""The record says what is true: late answers, lists that do not know, clocks set back, other people's numbers."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import frappe
from frappe.utils import now_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import diagnosis, session
from xappiens_whatsapp.background import jobs, reconciliation
from xappiens_whatsapp.baileys.models import RemoteSession
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.server.exceptions import GatewayFailed, GatewayRateLimited, SessionMissingOnServer
from xappiens_whatsapp.sessions import matching, nudges, qr_codes, records
from xappiens_whatsapp.sessions.belief import Observation, Seen
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.sessions.listing import ServerList
from xappiens_whatsapp.setup import uninstall
from xappiens_whatsapp.tests.base import MANAGER, VIEWER, WhatsAppTestCase

PHONES = itertools.count(3000)


class TruthTestCase(WhatsAppTestCase):
	def create(self) -> str:
		return session.create_session(self.new_id(), "Ventas")["session"]

	def linked(self) -> str:
		return self.linked_session(phone_number=f"3460{next(PHONES):07}").name

	def remote_id(self, name: str) -> int | None:
		return next((row["id"] for row in self.sandbox.sessions() if row["sessionId"] == name), None)

	def saw(self, name: str, **said: Any) -> records.Outcome:
		"""What the session's own route would have said just now."""
		doc, server = self.fresh(name), gateway.current_server()
		remote = RemoteSession(session_id=name, **said)
		return records.observe(doc, Observation(Seen.OWN_ROUTE, remote, now_datetime(), server))

	def is_changed_by(self, name: str, step: Any) -> bool:
		"""Whether `step` writes the record; whoever has it open is told, and asks again."""
		frappe.db.set_value(SESSION, name, "last_checked", now_datetime(), update_modified=False)
		before = self.fresh(name).as_dict()
		step()
		return self.fresh(name).as_dict() != before


def jobs_after_webhook(name: str) -> None:
	"""With so many sessions at once that the list is read."""
	nudges.enqueue_refresh(name, "logout")
	nudges.enqueue_refresh(f"{name}_that_is_gone")
	jobs.refresh_waiting()


class TestLateAnswers(TruthTestCase):
	def test_a_status_that_was_asked_for_before_a_disconnect_does_not_undo_it(self):
		name = self.linked()
		slow = Link(frappe.get_doc(SESSION, name))
		answer = slow.read(slow.client.get_status)
		session.disconnect_session(name)
		self.assertEqual(slow.observe(answer, Seen.OWN_ROUTE).why_not, records.OLDER)
		fresh = self.fresh(name)
		self.assertEqual([fresh.status, fresh.is_connected, fresh.session_db_id], ["Disconnected", 0, 0])

	def test_a_clock_that_was_set_back_holds_nothing_up(self):
		name = self.linked()
		ahead = now_datetime() + timedelta(minutes=55)
		frappe.db.set_value(SESSION, name, "last_checked", ahead, update_modified=False)
		self.sandbox.drop(name, 401)
		session.get_session_status(name)
		self.assertEqual(self.fresh(name).status, "Disconnected")
		self.assertLess(self.fresh(name).last_checked, ahead)


class TestCode(TruthTestCase):
	def test_none_is_kept_once_the_session_is_linked_or_lost(self):
		name = self.create()
		self.assertTrue(session.get_qr_code(name)["ready"])
		self.sandbox.scan(name)
		session.get_session_status(name)
		self.assertIsNone(qr_codes.cached(self.fresh(name)))
		self.sandbox.drop(name, 401)
		session.get_session_status(name)
		self.assertFalse(session.get_qr_code(name)["ready"])

	def test_a_server_that_says_404_until_there_is_one_is_asked_for_the_list_once(self):
		name = self.create()
		self.sandbox.fault("qr", "http", status=404, code="NOT_FOUND", error="Sin código", times=3)
		self.sandbox.clear_requests()
		for _poll in range(3):
			self.assertFalse(session.get_qr_code(name)["ready"])
		self.assertEqual(self.sent().count("GET /api/sessions"), 1)
		self.assertTrue(session.get_qr_code(name)["ready"])


class TestScannedCode(TruthTestCase):
	sandbox_options = {"qr_delay": 0.0, "scan_delay": 60.0}

	def test_it_is_shown_no_more_while_the_phone_is_being_linked(self):
		name = self.create()
		self.assertTrue(session.get_qr_code(name)["ready"])
		session.get_session_status(name)
		self.assertTrue(session.get_qr_code(name)["ready"])
		self.sandbox.scan(name)
		session.get_session_status(name)
		code = session.get_qr_code(name)
		self.assertEqual([code["ready"], code["status"]], [False, "Connecting"])


class TestMissing(TruthTestCase):
	def test_asking_again_changes_nothing_so_nobody_is_told_to_ask_again(self):
		name = self.create()
		self.sandbox.forget(name)

		def ask() -> None:
			with self.assertRaises(SessionMissingOnServer):
				session.get_session_status(name)

		self.assertTrue(self.is_changed_by(name, ask))
		self.assertEqual(self.fresh(name).error_code, "SESSION_MISSING_ON_SERVER")
		self.assertFalse(self.is_changed_by(name, ask))

	def test_a_list_at_hand_is_newer_than_what_an_earlier_one_confirmed(self):
		name = self.create()
		self.sandbox.fault("qr", "http", status=404, code="NOT_FOUND", error="No code yet")
		self.assertFalse(session.get_qr_code(name)["ready"])
		self.sandbox.forget(name)
		self.assertEqual(reconciliation.reconcile()["missing"], 1)
		self.assertEqual(self.fresh(name).error_code, "SESSION_MISSING_ON_SERVER")

	def test_the_webhook_of_a_removal_by_hand_is_no_problem(self):
		name = self.linked()
		session.disconnect_session(name)
		jobs.refresh_session(name)
		self.assertFalse(self.fresh(name).error_code)

	def test_a_record_without_a_number_that_claims_to_be_linked_is_put_right(self):
		stale = self.new_record(status="Connected", is_connected=1).name
		blank = self.new_record().name
		self.assertEqual(reconciliation.reconcile()["missing"], 1)
		self.assertEqual([self.fresh(stale).status, self.fresh(stale).is_connected], ["Disconnected", 0])
		self.assertFalse(self.fresh(blank).error_code)


class TestReason(TruthTestCase):
	def test_what_the_server_calls_our_own_disconnect_is_no_reason(self):
		self.settings(disconnect_mode="Keep on the server")
		name = self.linked()
		session.disconnect_session(name)
		nudges.enqueue_refresh(name, "logout")
		jobs.refresh_session(name)
		self.assertFalse(self.fresh(name).error_code)

	def test_the_servers_words_never_become_markup(self):
		name = self.linked()
		self.saw(name, status="<img src=x onerror=alert(1)>")
		self.assertIn("img src=x", self.fresh(name).error_message)
		self.saw(name, status="error", disconnect_reason="<b>7</b>")
		fresh = self.fresh(name)
		self.assertNotIn("<", fresh.error_message + fresh.error_code)

	def test_a_plain_error_does_not_replace_what_is_known_of_it(self):
		name = self.linked()
		for said, code in (
			({"status": "error", "disconnect_code": 403}, "403"),
			({"status": "error"}, "403"),
			({"status": "rate_limited"}, "RATE_LIMITED"),
			({"status": "rate_limited", "disconnect_code": 401}, "401"),
		):
			self.saw(name, **said)
			self.assertEqual(self.fresh(name).error_code, code)

	def test_it_is_stored_in_the_language_of_the_site_whoever_looks(self):
		name = self.linked()
		self.sandbox.drop(name, 401)
		self.addCleanup(setattr, frappe.local, "lang", frappe.local.lang)
		frappe.local.lang = "es"
		session.get_session_status(name)
		self.assertIn("logged out", self.fresh(name).error_message)
		self.assertFalse(self.is_changed_by(name, lambda: session.get_session_status(name)))
		opened = self.fresh(name)
		opened.run_method("onload")
		self.assertIn("cerró", opened.error_message)
		opened.save()
		self.assertIn("logged out", self.fresh(name).error_message)

	def test_it_is_known_again_after_an_outage(self):
		name = self.linked()
		self.sandbox.drop(name, 401)
		session.get_session_status(name)
		self.sandbox.fault("status", "html", status=502, times=None)
		with self.assertRaises(GatewayFailed):
			session.get_session_status(name)
		self.assertEqual(self.fresh(name).error_code, "GATEWAY_BLOCKED")
		self.sandbox.clear_faults()
		self.saw(name, status="disconnected", is_connected=False)
		self.assertEqual(self.fresh(name).error_code, "401")
		self.saw(name, status="connected", is_connected=True)
		self.saw(name, status="disconnected", is_connected=False)
		self.assertFalse(self.fresh(name).error_code)

	def test_a_server_that_slows_us_down_is_noted_and_forgotten(self):
		name = self.linked()
		self.sandbox.fault("status", "rate_limit", reset=40)
		with self.assertRaises(GatewayRateLimited):
			session.get_session_status(name)
		fresh = self.fresh(name)
		self.assertEqual([fresh.status, fresh.error_code], ["Connected", "GATEWAY_RATE_LIMITED"])
		frappe.cache.delete_keys("whatsapp_budget")
		session.get_session_status(name)
		self.assertFalse(self.fresh(name).error_code)

	def test_a_server_that_fails_to_connect_can_still_be_checked(self):
		name = self.linked()
		self.sandbox.drop(name, 428)
		self.sandbox.fault("connect", "http", status=500, code="CONNECTION_ERROR", error="No")
		with self.assertRaises(GatewayFailed) as raised:
			session.connect_session(name)
		self.assertIn("The server reported an error: No.", str(raised.exception))
		self.assertEqual(self.fresh(name).error_code, "428")


class TestLists(TruthTestCase):
	def from_the_database(self) -> None:
		self.sandbox.fault("list", "variant", name="database", times=None)

	def test_one_that_does_not_know_the_connection_is_not_believed(self):
		name = self.linked()
		frappe.db.set_value(SESSION, name, {"status": "Disconnected", "session_db_id": 0})
		self.from_the_database()
		answer = session.refresh_sessions([name])
		self.assertEqual(answer["sessions"], {name: "Connected"})
		self.assertEqual(
			self.sent(), ["GET /api/sessions", f"GET /api/sessions/{self.remote_id(name)}/status"]
		)

	def test_one_that_agrees_is_believed_by_every_route_that_has_other_things_to_ask(self):
		for learn, asks in (
			(lambda name: session.refresh_sessions([name]), False),
			(lambda name: diagnosis.adopt_session(self.remote_id(name)), False),
			(lambda _name: reconciliation.reconcile(), True),
			(jobs_after_webhook, True),
		):
			name = self.linked()
			self.from_the_database()
			own_route = f"GET /api/sessions/{self.remote_id(name)}/status"
			learn(name)
			with self.subTest(asks=asks):
				self.assertEqual(own_route in self.sent(), asks, self.sent())
				self.assertEqual(self.fresh(name).status, "Connected")
			self.sandbox.clear_faults()
			self.sandbox.drop(name, 401)
			self.from_the_database()
			self.sandbox.clear_requests()
			learn(name)
			with self.subTest("contradicts", asks=asks):
				self.assertIn(own_route, self.sent())
				fresh = self.fresh(name)
				self.assertEqual((fresh.status, fresh.error_code), ("Disconnected", "401"))
			self.sandbox.clear_faults()
			frappe.delete_doc(SESSION, name)

	def test_adopting_from_such_a_list_asks_for_the_state(self):
		remote = self.sandbox.add(self.new_id(), phone_number="34600000002")
		self.from_the_database()
		name = diagnosis.adopt_session(remote["id"])["session"]
		self.assertEqual(self.fresh(name).status, "Connected")
		self.assertIn(f"GET /api/sessions/{remote['id']}/status", self.sent())

	def test_missing_sessions_are_named_and_the_others_refreshed(self):
		here, gone, never = self.linked(), self.linked(), self.new_record().name
		self.sandbox.forget(gone)
		answer = self.call(
			"refresh_sessions", user=MANAGER, session_ids=frappe.as_json([here, gone, never])
		).message
		self.assertEqual(answer["missing"], [gone, never])
		self.assertEqual(answer["sessions"][here], "Connected")
		self.assertEqual(self.fresh(gone).error_code, "SESSION_MISSING_ON_SERVER")

	def test_reading_them_gives_a_record_its_number_back(self):
		name = self.linked()
		frappe.db.set_value(SESSION, name, "session_db_id", 0)
		session.list_sessions()
		self.assertEqual(self.fresh(name).session_db_id, self.remote_id(name))


class TestNumbers(TruthTestCase):
	def test_a_list_that_was_read_before_a_disconnect_does_not_bring_the_number_back(self):
		name = self.linked()
		stale = frappe.get_doc(SESSION, name)
		found = ServerList(gateway.connect_to_server())
		row = found.row_of(name, 0)
		session.disconnect_session(name)
		for learn in (matching.note_number, matching.observe):
			self.assertEqual(learn(stale, row, found), (False, records.OLDER))
		self.assertFalse(self.fresh(name).session_db_id)
		session.delete_session(name)
		for learn in (matching.note_number, matching.observe):
			self.assertEqual(learn(stale, row, found), (False, records.GONE))
		self.assertFalse(frappe.db.exists(SESSION, name))

	def test_an_id_that_the_server_would_refuse_is_told_before_anything_is_sent(self):
		doc = self.new_record()
		frappe.db.set_value(SESSION, doc.name, "session_id", "Ventas Norte")
		self.sandbox.clear_requests()
		with self.assertRaises(frappe.ValidationError) as raised:
			session.connect_session(doc.name)
		self.assertIn("3 to 100 characters", str(raised.exception))
		self.assertNotIn("POST /api/sessions", self.sent())

	def test_a_new_record_does_not_bring_its_own(self):
		victim = self.linked()
		values = {
			"session_id": self.new_id(),
			"session_name": "x",
			"status": "Connected",
			"is_connected": 1,
			"session_db_id": self.remote_id(victim),
		}
		answer = self.request(f"/api/resource/{SESSION}", "POST", MANAGER, values)
		doc = self.fresh(answer.body["data"]["name"])
		self.assertEqual([doc.status, doc.is_connected, doc.session_db_id], ["Disconnected", 0, 0])

	def test_those_of_another_server_are_forgotten_and_found_again(self):
		name = self.linked()
		self.settings(api_base_url="http://127.0.0.1:9")
		self.assertFalse(self.fresh(name).session_db_id)
		self.settings()
		session.get_session_status(name)
		self.assertEqual(self.fresh(name).session_db_id, self.remote_id(name))

	def test_creating_what_is_linked_already_says_so(self):
		name = self.linked()
		frappe.db.set_value(SESSION, name, {"status": "Disconnected", "session_db_id": 0})
		answer = session.create_session(name, "Ventas")
		self.assertEqual(answer["status"], "Connected")
		self.assertIn("linked already", answer["message"])
		number = self.remote_id(name)
		self.assertEqual(
			self.sent(), ["POST /api/sessions", "GET /api/sessions", f"GET /api/sessions/{number}/status"]
		)


class TestDeletion(TruthTestCase):
	def test_what_others_link_to_stays_on_both_sides(self):
		name = self.linked()
		self.settings(default_session=name)
		self.addCleanup(self.settings)
		answer = self.call("delete_session", user=MANAGER, session_id=name)
		self.assertEqual(answer.status, 417)
		self.assertTrue(self.remote_id(name) and self.fresh(name).session_db_id)
		self.settings()
		self.assertEqual(self.call("delete_session", user=MANAGER, session_id=name).status, 200)
		self.assertFalse(self.remote_id(name) or frappe.db.exists(SESSION, name))

	def test_from_the_console_it_is_for_good(self):
		name = self.linked()
		session.delete_session(name)
		frappe.db.rollback()
		self.assertFalse(frappe.db.exists(SESSION, name))

	def test_a_server_that_fails_keeps_the_record_even_if_somebody_commits(self):
		name = self.linked()
		self.sandbox.fault("delete", "html", status=502)
		with self.assertRaises(GatewayFailed):
			frappe.delete_doc(SESSION, name)
		frappe.db.commit()
		self.assertTrue(frappe.db.exists(SESSION, name))
		frappe.delete_doc(SESSION, name)
		self.assertFalse(self.remote_id(name))

	def test_a_dry_run_of_the_uninstallation_takes_nothing(self):
		before = frappe.get_doc("WhatsApp Settings").get_api_key()
		uninstall.after_uninstall()
		self.assertEqual(frappe.get_doc("WhatsApp Settings").get_api_key(), before)
		self.assertTrue(frappe.db.exists("Role", "WhatsApp Manager"))


class TestSamePhone(TruthTestCase):
	"""Real servers link one phone to several sessions."""

	sandbox_options = {**TruthTestCase.sandbox_options, "exclusive_numbers": False}

	def both(self) -> list[Any]:
		names = [session.create_session(self.new_id(), label)["session"] for label in ("Ventas", "Taller")]
		phone_number = f"3460{next(PHONES):07}"
		for name in names:
			self.sandbox.scan(name, phone_number=phone_number)
			session.get_session_status(name)
		return [self.fresh(name) for name in names]

	def others_of(self, doc: Any) -> list[str]:
		doc.run_method("onload")
		return doc.get("__onload")["same_phone"]

	def said(self, doc: Any, user: str | None = None) -> tuple[list[str], ...]:
		"""On the form, in the answer about the state, and in the list of sessions."""
		status = self.call("get_session_status", user=user or MANAGER, session_id=doc.name).message["data"]
		rows = self.call("list_sessions", user=user or MANAGER).message["sessions"]
		listed = next(row["same_phone"] for row in rows if row["local"] == doc.name)
		with self.as_user(user or MANAGER):
			return self.others_of(self.fresh(doc.name)), status["same_phone"], listed

	def test_it_is_said_on_both_everywhere_until_one_is_disconnected(self):
		first, second = self.both()
		self.assertEqual(self.said(first), (["Taller"],) * 3)
		self.assertEqual(self.said(second), (["Ventas"],) * 3)
		session.disconnect_session(second.name)
		self.assertEqual(self.said(first), ([],) * 3)

	def test_a_session_that_is_down_keeps_its_number_and_is_no_second_one(self):
		self.settings(disconnect_mode="Keep on the server")
		first, second = self.both()
		session.disconnect_session(second.name)
		self.assertTrue(self.fresh(second.name).phone_number)
		for doc in (first, second):
			self.assertEqual(self.said(doc), ([],) * 3)

	def test_people_read_of_sessions_that_they_may_see(self):
		first, second = self.both()
		self.assign(first.name, VIEWER, "Viewer")
		self.assertEqual(self.said(first, VIEWER), ([],) * 3)
		self.assign(second.name, VIEWER, "Viewer")
		self.assertEqual(self.said(first, VIEWER), (["Taller"],) * 3)

	def test_the_diagnosis_finds_both(self):
		names = {doc.name for doc in self.both()}
		found = {row["session"] for row in diagnosis.diagnose()["findings"] if row["kind"] == "phone_twice"}
		self.assertEqual(found, names)
