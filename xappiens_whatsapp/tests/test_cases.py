"""The inputs on which the first version fell short, one test per number of the list of cases, with its brothers."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from unittest import TestCase

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import diagnosis, pairing, session
from xappiens_whatsapp.background import jobs, reconciliation
from xappiens_whatsapp.baileys.errors import BaileysError
from xappiens_whatsapp.baileys.reasons import read_reason
from xappiens_whatsapp.sandbox import Sandbox
from xappiens_whatsapp.server.exceptions import (
	ChangedMeanwhile,
	ConnectsInVain,
	GatewayError,
	NumberOfAnother,
	SessionMissingOnServer,
)
from xappiens_whatsapp.sessions import creation, nudges, reasons, records
from xappiens_whatsapp.sessions.belief import Seen
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.tests.base import MANAGER, WhatsAppTestCase
from xappiens_whatsapp.tests.test_alerts import AlertsTestCase
from xappiens_whatsapp.tests.test_truth import TruthTestCase
from xappiens_whatsapp.tests.workers import run_jobs

CORRECT_IT = "Correct what it names"
BAILEYS = {
	"badSession": "damaged",
	"connectionClosed": "interrupted",
	"connectionLost": "was lost",
	"connectionReplaced": "second server",
	"forbidden": "banned",
	"loggedOut": "logged out",
	"multideviceMismatch": "linked devices",
	"restartRequired": "restart",
	"timedOut": "was lost",
	"unavailableService": "not available",
}
NUMBERS = {
	400: "refused",
	401: "logged out",
	402: "for a time",
	403: "banned",
	405: "version",
	406: "banned",
	408: "was lost",
	409: "refused",
	411: "linked devices",
	428: "interrupted",
	440: "second server",
	500: "problem",
	503: "not available",
	515: "restart",
}
NOT_BY_CONNECTING = (402, 403, 406)


class CasesTestCase(TruthTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.sandbox.behave(
			list_shape="sessions", strict=False, without_headers=[], reasons="words", exclusive_numbers=True
		)

	def state(self, name: str) -> tuple[str, str]:
		fresh = self.fresh(name)
		return fresh.status, fresh.error_code or ""

	def changing(self) -> list[str]:
		return [line for line in self.sent() if not line.startswith("GET")]


class TestRefusals(CasesTestCase):
	def refused(self, name: str) -> None:
		self.sandbox.behave(list_shape="database")
		self.sandbox.fault("status", "refusal", name="not_connected", times=None)

	def test_1_a_refusal_that_states_the_state_is_believed_by_status_pass_and_webhook(self):
		routes: dict[str, tuple[Callable[[str], Any], str]] = {
			"status": (session.get_session_status, ""),
			"pass": (lambda _name: reconciliation.reconcile(), ""),
			"diagnosis": (diagnosis.diagnose, ""),
			"webhook": (self.told_by_webhook, "401"),
		}
		for route, (learn, code) in routes.items():
			with self.subTest(route):
				name = self.linked()
				self.refused(name)
				learn(name)
				self.assertEqual(self.state(name), ("Disconnected", code))
				self.assertNotIn(CORRECT_IT, self.fresh(name).error_message or "")
				self.sandbox.clear_faults()
				session.get_session_status(name)
				self.assertEqual(self.state(name), ("Connected", ""))
				self.sandbox.behave(list_shape="sessions")

	def told_by_webhook(self, name: str) -> None:
		nudges.enqueue_refresh(name, "logout")
		jobs.refresh_session(name)

	def test_1_a_reason_that_comes_after_the_refusal_is_kept(self):
		name = self.linked()
		self.refused(name)
		session.get_session_status(name)
		self.told_by_webhook(name)
		self.assertEqual(self.state(name), ("Disconnected", "401"))
		reconciliation.reconcile()
		self.assertEqual(self.state(name), ("Disconnected", "401"))

	def test_2_a_refused_action_asks_for_the_state_and_tells_it(self):
		self.settings(disconnect_mode="Keep on the server")
		name = self.linked()
		self.sandbox.drop(name, 428)
		self.sandbox.fault("disconnect", "refusal", name="not_connected")
		self.assertTrue(session.disconnect_session(name)["success"])
		self.assertEqual(self.state(name)[0], "Disconnected")
		self.assertIn("/status", self.sent("GET")[-1])

	def test_2_a_restart_that_is_refused_says_what_is_true(self):
		name = self.linked()
		self.sandbox.drop(name, 401)
		self.sandbox.fault("restart", "refusal", name="not_connected")
		answer = self.call("restart_session", user=MANAGER, session_id=name)
		self.assertNotEqual(answer.status, 500)
		self.assertNotIn(CORRECT_IT, answer.words)
		self.assertEqual(self.state(name), ("Disconnected", "401"))
		self.assertEqual(self.call("restart_session", user=MANAGER, session_id=name).status, 200)

	def test_2_a_create_that_is_refused_because_the_session_is_there_finds_it(self):
		name = self.linked()
		frappe.db.set_value(SESSION, name, {"status": "Disconnected", "is_connected": 0, "session_db_id": 0})
		frappe.db.commit()
		for refusal in ("already_connected", "already_connected_conflict", "already_connected_text"):
			with self.subTest(refusal):
				self.sandbox.fault("create", "refusal", name=refusal)
				self.assertEqual(session.create_session(name, "Ventas")["status"], "Connected")
				self.assertEqual(self.fresh(name).session_db_id, self.remote_id(name))
		new = self.new_id()
		self.sandbox.fault("create", "refusal", name="already_connected")
		with self.assertRaises(GatewayError):
			session.create_session(new, "Ventas")
		self.assertTrue(session.create_session(new, "Ventas")["success"])


class TestUnknownOutcomes(AlertsTestCase):
	def test_3_done_but_answered_500_or_nothing_is_done_and_nobody_is_alarmed(self):
		for mode, route in (("Delete on the server", "delete"), ("Keep on the server", "disconnect")):
			for kind, details in (("http", {"status": 500}), ("cut", {}), ("reset", {"performed": True})):
				with self.subTest(route, kind=kind):
					self.settings(disconnect_mode=mode)
					doc = self.linked_session()
					if kind == "cut":
						self.sandbox.fault(route, kind)
					else:
						self.sandbox.fault(route, kind, **{"performed": True, **details})
					session.disconnect_session(doc.name)
					self.observe(doc)
					fresh = self.fresh(doc.name)
					self.assertEqual((fresh.status, fresh.down_since), ("Disconnected", None))
					self.assertEqual(bool(fresh.session_db_id), route == "disconnect")
					self.assertEqual(self.told(doc), [])

	def test_3_a_record_is_deleted_although_the_server_answered_500(self):
		doc = self.linked_session()
		self.sandbox.fault("delete", "http", status=500, performed=True)
		session.delete_session(doc.name)
		self.assertFalse(frappe.db.exists(SESSION, doc.name))

	def test_3_what_the_server_did_not_do_is_not_done(self):
		doc = self.linked_session()
		self.sandbox.fault("delete", "http", status=500)
		with self.assertRaises(GatewayError):
			session.disconnect_session(doc.name)
		self.assertEqual(self.fresh(doc.name).status, "Connected")
		session.disconnect_session(doc.name)
		self.assertEqual(self.fresh(doc.name).status, "Disconnected")


class TestCreate(CasesTestCase):
	def test_4_an_inline_code_that_is_none_does_not_undo_a_create(self):
		for variant in ("jpeg_qr", "undefined_qr", "blank_qr", "object_qr", "null_word_qr"):
			with self.subTest(variant):
				self.sandbox.fault("create", "variant", name=variant)
				answer = self.call(
					"create_session", user=MANAGER, session_id=self.new_id(), session_name="Ventas"
				)
				self.assertEqual(answer.status, 200, answer.text[-300:])
				self.assertTrue(self.fresh(answer.message["session"]).session_db_id)
				self.assertFalse(answer.message.get("qr_code"))

	def test_5_codes_that_nobody_scanned_are_no_lost_connection(self):
		for style in ("words", "names", "texts", "codes", "nested", "gateway"):
			with self.subTest(style):
				self.sandbox.behave(reasons=style)
				name = self.create()
				self.sandbox.drop(name, 408, "qr_timeout")
				session.get_session_status(name)
				self.assertEqual(self.state(name), ("Disconnected", reasons.QR_TIMEOUT))
				self.assertIn("Nobody scanned", self.fresh(name).error_message)


class TestReasons(CasesTestCase):
	def test_6_every_number_and_every_name_of_baileys_has_a_sentence(self):
		for number, words in NUMBERS.items():
			text = reasons.text_of(reasons.code_of(number, None, was_linked=True))
			self.assertIn(words, text, number)
			self.assertNotIn("gave the reason", text)
		for name, words in BAILEYS.items():
			for written in (name, name.lower(), name.upper()):
				text = reasons.text_of(reasons.code_of(None, written, was_linked=True))
				self.assertIn(words, text, written)

	def test_6_what_baileys_writes_where_it_has_no_name_for_it(self):
		for written, words in (
			("Error: QR refs attempts ended", "Nobody scanned"),
			("Boom: Error: QR refs attempts ended", "Nobody scanned"),
			("DisconnectReason.loggedOut", "logged out"),
			("Intentional Logout", "logged out"),
			("Stream Errored (conflict)", "second server"),
			("Error: Stream Errored (restart required)", "restart"),
			("Connection Terminated by Server", "interrupted"),
			("Connection was lost", "was lost"),
			("Multi-device beta not joined", "linked devices"),
		):
			with self.subTest(written):
				code, word = read_reason({"lastDisconnect": {"error": {"message": written}}})
				self.assertIn(words, reasons.text_of(reasons.code_of(code, word, was_linked=True)))

	def test_6_nobody_is_sent_to_connect_a_banned_number(self):
		for number in NOT_BY_CONNECTING:
			self.assertNotIn("ress Connect", reasons.text_of(str(number)))

	def test_6_the_word_comes_before_its_number(self):
		self.assertEqual(reasons.code_of(500, "badSession", was_linked=True), reasons.BAD_SESSION)
		self.assertEqual(reasons.code_of(408, "whatsapp_unreachable", was_linked=True), reasons.UNREACHABLE)

	def test_6_the_nested_code_is_read(self):
		self.sandbox.behave(reasons="nested")
		name = self.linked()
		self.sandbox.drop(name, 401)
		session.get_session_status(name)
		self.assertEqual(self.state(name), ("Disconnected", "401"))

	def test_52_three_kinds_of_408(self):
		for word, code in (
			("qr_timeout", reasons.QR_TIMEOUT),
			("whatsapp_unreachable", reasons.UNREACHABLE),
			("connection_lost", "408"),
		):
			for style in ("words", "gateway"):
				with self.subTest(word, style=style):
					self.sandbox.behave(reasons=style)
					name = self.create() if word == "qr_timeout" else self.linked()
					self.sandbox.drop(name, 408, word)
					session.get_session_status(name)
					self.assertEqual(self.state(name)[1], code)

	def test_55_440_is_a_second_server_with_the_same_pairing(self):
		text = reasons.text_of("440")
		self.assertIn("second server", text)
		self.assertNotIn("Close the other session", text)

	def test_56_411_is_not_the_outdated_version(self):
		self.assertNotEqual(reasons.text_of("411"), reasons.text_of("405"))


class TestConnect(CasesTestCase):
	def test_7_nothing_but_a_read_goes_to_a_session_that_is_connected(self):
		for click in (session.connect_session, session.create_session):
			name = self.linked()
			frappe.db.set_value(SESSION, name, {"status": "Disconnected", "is_connected": 0})
			frappe.db.commit()
			self.sandbox.clear_requests()
			click(name) if click is session.connect_session else click(name, "Ventas")
			asked = [] if click is session.connect_session else ["POST /api/sessions"]
			self.assertEqual(self.changing(), asked)
			self.assertEqual(self.state(name)[0], "Connected")

	def test_7_a_pairing_link_neither(self):
		name = self.linked()
		frappe.db.set_value(SESSION, name, {"status": "Disconnected", "is_connected": 0})
		frappe.db.commit()
		self.sandbox.clear_requests()
		self.call("xappiens_whatsapp.api.pairing.create_link", user=MANAGER, session_id=name)
		self.assertEqual(self.changing(), [])
		self.assertEqual(self.state(name)[0], "Connected")

	def test_8_the_second_failure_offers_to_create_again(self):
		name = self.linked()
		self.sandbox.drop(name, 428)
		self.sandbox.break_credentials(name)
		with self.assertRaises(GatewayError) as first:
			session.connect_session(name)
		self.assertNotIsInstance(first.exception, ConnectsInVain)
		with self.assertRaises(ConnectsInVain):
			session.connect_session(name)
		session.recreate_session(name)
		self.assertIn(self.state(name), [("QR Code Required", ""), ("Connecting", "")])


class TestMissing(CasesTestCase):
	def test_9_missing_needs_both(self):
		name = self.linked()
		self.sandbox.hide(name)
		self.assertEqual(self.findings_about(name), [])
		for learn in (
			session.get_session_status,
			lambda _name: reconciliation.reconcile(),
			lambda one: session.refresh_sessions([one]),
			jobs.refresh_session,
			lambda _name: session.list_sessions(),
		):
			learn(name)
			self.assertEqual(self.state(name), ("Connected", ""))
		self.sandbox.forget(name)
		self.assertEqual(self.findings_about(name), ["missing_on_server"])
		with self.assertRaises(SessionMissingOnServer):
			session.get_session_status(name)

	def findings_about(self, name: str) -> list[str]:
		return [row["kind"] for row in diagnosis.diagnose()["findings"] if row["session"] == name]

	def test_37_what_is_gone_is_counted_as_changed(self):
		names = [self.linked() for _each in range(5)]
		for name in names:
			self.sandbox.forget(name)
		frappe.cache.delete_keys("whatsapp_budget")
		summary = reconciliation.reconcile()
		self.assertEqual((summary["changed"], summary["missing"]), (5, 5))
		self.assertEqual(reconciliation.reconcile()["changed"], 0)


class TestNumbersOfOthers(CasesTestCase):
	def swapped(self) -> tuple[str, str, int]:
		"""The server was set up anew: the old record's number is now another session's, which lives."""
		self.sandbox.start_over()
		old = self.linked()
		number = self.remote_id(old)
		frappe.db.set_value(SESSION, old, "is_active", 0)
		frappe.db.commit()
		self.sandbox.start_over(number)
		live = self.new_id()
		self.sandbox.add(live, phone_number="34600000099")
		self.assertEqual(self.remote_id(live), number)
		self.sandbox.clear_requests()
		return old, live, number

	def test_21_22_nothing_is_sent_to_the_session_that_has_the_number_now(self):
		for mode in ("Delete on the server", "Keep on the server"):
			for click in (
				session.delete_session,
				session.disconnect_session,
				session.restart_session,
				session.recreate_session,
				lambda name: frappe.delete_doc(SESSION, name),
			):
				with self.subTest(mode):
					self.settings(disconnect_mode=mode)
					frappe.cache.delete_keys("whatsapp_budget")
					old, live, number = self.swapped()
					with self.assertRaises(NumberOfAnother):
						click(old)
					self.assertEqual(self.changing(), [])
					self.assertEqual(self.remote_id(live), number)
					self.assertFalse(self.fresh(old).session_db_id)

	def test_23_what_the_old_server_said_is_dropped(self):
		name = self.linked()
		run = reconciliation.Pass(reconciliation.active_records())
		run.read_list()
		with Sandbox("test-api-key-0001") as other:
			self.settings(api_base_url=other.url, api_key=other.api_key)
			run.learn_from_list()
			self.assertFalse(self.fresh(name).session_db_id)
		self.settings()
		session.get_session_status(name)
		self.assertEqual(self.fresh(name).session_db_id, self.remote_id(name))


class TestLateFailure(AlertsTestCase):
	def test_24_a_failure_that_was_asked_for_earlier_changes_and_announces_nothing(self):
		doc = self.linked_session()
		slow = Link(self.fresh(doc.name))
		self.sandbox.fault("status", "http", status=503, times=None)
		failure = self.failure_of(slow)
		asked_at = slow.asked_at
		self.sandbox.clear_faults()
		self.sandbox.drop(doc.session_id, 401)
		self.observe(doc)
		before = self.told(doc)
		records.note_failure(slow.doc, failure, asked_at, slow.server)
		run_jobs()
		fresh = self.fresh(doc.name)
		self.assertEqual((fresh.status, fresh.error_code), ("Disconnected", "401"))
		self.assertEqual(self.told(doc), before)

	def failure_of(self, link: Link) -> Any:
		with self.assertRaises(BaileysError) as raised:
			link.ask(link.client.get_status, link.number)
		return raised.exception


class TestMeanwhile(CasesTestCase):
	def test_29_a_record_that_goes_before_the_connect_takes_its_session_along(self):
		name = self.create()
		link = Link(frappe.get_doc(SESSION, name))
		frappe.db.delete(SESSION, {"name": name})
		frappe.db.commit()
		with self.assertRaises(ChangedMeanwhile):
			creation.start(link)
		self.assertIsNone(self.remote_id(name))
		self.assertTrue(session.create_session(name, "Ventas")["success"])

	def test_29_so_does_one_that_goes_during_the_create(self):
		doc = self.new_record()
		link = Link(doc)
		frappe.db.delete(SESSION, {"name": doc.name})
		frappe.db.commit()
		with self.assertRaises(ChangedMeanwhile):
			creation.create_on_server(link)
		self.assertIsNone(self.remote_id(doc.name))

	def test_58_a_code_that_the_server_has_shows_in_the_list(self):
		name = self.create()
		frappe.db.set_value(SESSION, name, "status", "Connecting")
		frappe.db.commit()
		nudges.enqueue_refresh(name)
		jobs.refresh_waiting()
		self.assertEqual(self.state(name)[0], "QR Code Required")


class TestReconnecting(CasesTestCase):
	def test_50_51_a_paired_session_that_reconnects_keeps_number_and_reason(self):
		self.sandbox.behave(reasons="gateway")
		name = self.linked()
		phone = self.fresh(name).phone_number
		self.sandbox.drop(name, 428, back_after=300)
		for learn in (session.get_session_status, lambda _name: reconciliation.reconcile()):
			learn(name)
			fresh = self.fresh(name)
			self.assertEqual((fresh.status, fresh.phone_number), ("Connecting", phone))
			self.assertIn(fresh.error_code, ("428", "408"))
		self.assertFalse(session.get_qr_code(name)["ready"])

	def test_nobody_is_told_to_press_what_a_session_that_reconnects_does_not_need(self):
		self.sandbox.behave(reasons="gateway")
		name = self.linked()
		self.sandbox.drop(name, 428, back_after=300)
		answer = session.get_session_status(name)["data"]
		words = "The connection to WhatsApp was lost. It reconnects by itself; no code is needed."
		self.assertEqual(" ".join(answer["reason"].values()), words)
		self.assertEqual(self.fresh(name).error_message, words)
		form = self.fresh(name)
		form.run_method("onload")
		self.assertEqual(form.error_message, words)
		self.assertEqual(form.get("__onload").reason, answer["reason"])

	def test_who_has_to_act_on_one_that_reconnects_is_still_told_what_to_do(self):
		self.sandbox.behave(reasons="gateway")
		name = self.linked()
		self.sandbox.drop(name, 428, back_after=300)
		session.get_session_status(name)
		records.note_problem(self.fresh(name), reasons.CONNECTS_IN_VAIN)
		form = self.fresh(name)
		form.run_method("onload")
		self.assertIn("Press Create Again", form.error_message)
