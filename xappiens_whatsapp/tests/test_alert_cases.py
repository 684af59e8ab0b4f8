"""Whom an alert reaches, whatever is wrong with the mail; what flaps and what drops together; people's own clicks."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from typing import Any
from unittest.mock import patch

import frappe
from frappe.utils import format_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import session
from xappiens_whatsapp.background import jobs, notices, reconciliation
from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.server.exceptions import GatewayError
from xappiens_whatsapp.sessions import alerts
from xappiens_whatsapp.tests.base import AGENT, MANAGER, VIEWER, logged_errors
from xappiens_whatsapp.tests.test_alerts import AlertsTestCase, outgoing_mail
from xappiens_whatsapp.tests.workers import run_jobs

TWELVE = 12
ANSWERS = (None, ("http", {"status": 500, "performed": True}), ("reset", {"performed": True}))
CLICKS = {
	"restart": session.restart_session,
	"disconnect": session.disconnect_session,
	"delete": session.recreate_session,
}


class CasesOfAlerts(AlertsTestCase):
	sandbox_options = {"qr_delay": 0.0, "scan_delay": 0.0, "exclusive_numbers": False, "rate_limit": 1000}

	def setUp(self) -> None:
		super().setUp()
		for user, language in ((MANAGER, "en"), (AGENT, "es"), (VIEWER, "en")):
			self.change_user(user, "language", language, afterwards="en")

	def dropped(self, code: int = 401) -> Any:
		doc = self.linked_session()
		self.assign(doc.name, AGENT, "Agent")
		self.assign(doc.name, VIEWER, "Viewer")
		self.sandbox.drop(doc.session_id, code)
		return doc

	def bells(self, doc: Any) -> list[int]:
		return [len(self.told(doc, user)) for user in (MANAGER, AGENT, VIEWER)]


class TestMailTrouble(CasesOfAlerts):
	"""Case 33."""

	def setUp(self) -> None:
		super().setUp()
		frappe.db.delete("Error Log", {"method": ("like", "WhatsApp%")})
		frappe.db.commit()

	def test_muted_mail_rings_every_bell_in_every_language(self):
		doc = self.dropped()
		with patch.dict(frappe.local.conf, mute_emails=1):
			jobs.refresh_session(doc.name)
			notices.send_waiting()
			run_jobs()
		self.assertEqual(self.bells(doc), [1, 1, 1])
		self.assertEqual(self.mailed(doc), [])
		self.assertNotIn("was not mailed", logged_errors())

	def test_without_an_outgoing_account_too(self):
		doc = self.dropped()
		self.observe(doc)
		self.assertEqual(self.bells(doc), [1, 1, 1])

	def test_a_broken_account_is_logged_once_and_the_next_alert_is_mailed(self):
		first, second = self.dropped(), self.dropped(440)
		for doc in (first, second):
			jobs.refresh_session(doc.name)
		with patch.object(frappe, "sendmail", side_effect=AttributeError("broken account")):
			notices.send_waiting()
		run_jobs()
		self.assertEqual(self.bells(first) + self.bells(second), [1] * 6)
		self.assertEqual(logged_errors().count("WhatsApp alert was not mailed"), 1)
		third = self.dropped(403)
		jobs.refresh_session(third.name)
		with outgoing_mail():
			notices.send_waiting()
		self.assertTrue(self.mailed(third))


class TestTogether(CasesOfAlerts):
	def many(self) -> list[Any]:
		docs = [self.linked_session(session_name=f"Number {position}") for position in range(TWELVE)]
		frappe.cache.delete_keys("whatsapp_budget")
		return docs

	def all_told(self, docs: list[Any]) -> list[str]:
		return [subject for doc in docs for subject in self.told(doc, MANAGER)]

	def test_twelve_numbers_are_one_message_and_one_when_all_are_back(self):
		docs = self.many()
		for doc in docs:
			self.sandbox.drop(doc.session_id, 428)
		reconciliation.reconcile()
		run_jobs()
		(told,) = self.all_told(docs)
		for doc in docs:
			self.assertIn(doc.session_name, told)
		with BaileysClient(self.sandbox.url, self.sandbox.api_key) as client:
			for doc in docs[:-1]:
				client.connect(doc.session_db_id)
			reconciliation.reconcile()
			run_jobs()
			self.assertEqual(len(self.all_told(docs)), 1)
			client.connect(docs[-1].session_db_id)
		reconciliation.reconcile()
		run_jobs()
		self.assertEqual(len(self.all_told(docs)), 2)

	def test_two_restricted_numbers_are_told_each_with_its_own_end(self):
		docs = [self.linked_session(session_name=f"Number {hours}") for hours in (2, 50)]
		for doc, hours in zip(docs, (2, 50), strict=True):
			self.sandbox.restrict(doc.session_id, hours * 3600)
			self.sandbox.drop(doc.session_id, 463)
			jobs.refresh_session(doc.name)
		run_jobs()
		for doc in docs:
			(told,) = self.told(doc, MANAGER)
			self.assertIn(doc.session_name, told)
			self.assertIn(format_datetime(self.fresh(doc.name).restricted_until), told)

	def test_a_number_that_flaps_is_told_once_that_it_keeps_dropping(self):
		doc = self.linked_session()
		with BaileysClient(self.sandbox.url, self.sandbox.api_key) as client:
			for _drop in range(5):
				self.sandbox.drop(doc.session_id, 428)
				self.observe(doc)
				client.connect(doc.session_db_id)
				self.observe(doc)
		told = self.told(doc, MANAGER)
		keeps = [subject for subject in told if "keeps dropping" in subject]
		self.assertEqual((len(keeps), len(told)), (1, 3), told)
		self.assertIn("2 times since", keeps[0])


class TestOwnClicks(CasesOfAlerts):
	def test_no_click_is_told_as_an_alarm_whatever_the_server_answers(self):
		for (route, click), answer in product(CLICKS.items(), ANSWERS):
			with self.subTest(route, answer=answer):
				mode = "Keep on the server" if route == "disconnect" else "Delete on the server"
				self.settings(disconnect_mode=mode)
				frappe.cache.delete_keys("whatsapp_budget")
				doc = self.linked_session()
				if answer:
					self.sandbox.fault(route, answer[0], **answer[1])
				with suppress(GatewayError):
					click(doc.name)
				self.observe(doc)
				reconciliation.reconcile()
				run_jobs()
				self.assertEqual(self.told(doc), [])
				self.sandbox.clear_faults()

	def test_nor_where_the_look_afterwards_fails_too(self):
		for route, mode in (("disconnect", "Keep on the server"), ("delete", "Delete on the server")):
			for seconds in (300, 0):
				with self.subTest(route, remembered_for=seconds):
					self.settings(disconnect_mode=mode)
					doc = self.left_open(route, seconds)
					self.assertEqual(self.fresh(doc.name).status, "Connected")
					self.sandbox.clear_faults()
					self.observe(doc)
					self.assertEqual(self.fresh(doc.name).status, "Disconnected")
					self.assertEqual(self.told(doc), [])

	def test_a_click_that_turned_out_not_done_excuses_no_later_drop(self):
		for route, mode in (("disconnect", "Keep on the server"), ("delete", "Delete on the server")):
			with self.subTest(route):
				self.settings(disconnect_mode=mode)
				doc = self.left_open(route, 0, performed=False)
				self.sandbox.clear_faults()
				self.observe(doc)
				self.assertEqual((self.fresh(doc.name).status, self.told(doc)), ("Connected", []))
				self.sandbox.fault("status", "http", status=503, times=None)
				with self.assertRaises(GatewayError):
					session.get_session_status(doc.name)
				self.sandbox.clear_faults()
				self.sandbox.drop(doc.session_id, 401)
				self.observe(doc)
				self.assertEqual(len(self.told(doc, MANAGER)), 1)

	def left_open(self, route: str, seconds: int, *, performed: bool = True) -> Any:
		"""A click whose answer was lost, as the server then was. Without a number the list names it, so that the first look does
		without the routes that fail; `seconds` is how long a click is remembered at least."""
		doc = self.linked_session()
		frappe.db.set_value(SESSION, doc.name, "session_db_id", 0)
		frappe.db.commit()
		self.sandbox.fault(route, "reset", performed=performed)
		for look in ("status", "get"):
			self.sandbox.fault(look, "http", status=503, times=None)
		with (
			patch.object(alerts, "EXPECTED_AFTER_UNKNOWN_OUTCOME_FOR", seconds),
			self.assertRaises(GatewayError),
		):
			session.disconnect_session(doc.name)
		return doc
