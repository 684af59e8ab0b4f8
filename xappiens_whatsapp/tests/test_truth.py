"""The record says what is true: late answers, lists that do not know, clocks set back, other people's numbers."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import frappe
from frappe.utils import now_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import session
from xappiens_whatsapp.background import jobs, reconciliation
from xappiens_whatsapp.baileys.models import RemoteSession
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.server.exceptions import GatewayFailed, GatewayRateLimited, SessionMissingOnServer
from xappiens_whatsapp.sessions import nudges, qr_codes, records
from xappiens_whatsapp.sessions.belief import Observation, Seen
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.setup import uninstall
from xappiens_whatsapp.tests.base import MANAGER, WhatsAppTestCase

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
		session.connect_session(name)
		session.get_session_status(name)
		fresh = self.fresh(name)
		self.assertEqual((fresh.status, fresh.error_code or ""), ("Connected", ""))


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
