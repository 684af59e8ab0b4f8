"""What went, came or changed hands meanwhile: sessions, numbers, records and servers."""

from __future__ import annotations

from typing import Any

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import diagnosis, session
from xappiens_whatsapp.background import jobs, reconciliation
from xappiens_whatsapp.baileys.errors import BaileysError
from xappiens_whatsapp.sandbox import Sandbox
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.server.exceptions import (
	ChangedMeanwhile,
	NumberOfAnother,
	SessionMissingOnServer,
)
from xappiens_whatsapp.sessions import creation, nudges, records
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.tests.test_alerts import AlertsTestCase
from xappiens_whatsapp.tests.test_refusals import StateTestCase
from xappiens_whatsapp.tests.workers import run_jobs
from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_settings import whatsapp_settings


class TestMissing(StateTestCase):
	def test_missing_needs_both(self):
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
		session.connect_session(name)
		self.assertTrue(session.get_session_status(name)["success"])

	def findings_about(self, name: str) -> list[str]:
		return [row["kind"] for row in diagnosis.diagnose()["findings"] if row["session"] == name]

	def test_what_is_gone_is_counted_as_changed(self):
		names = [self.linked() for _each in range(5)]
		for name in names:
			self.sandbox.forget(name)
		frappe.cache.delete_keys("whatsapp_budget")
		summary = reconciliation.reconcile()
		self.assertEqual((summary["changed"], summary["missing"]), (5, 5))
		self.assertEqual(reconciliation.reconcile()["changed"], 0)


class TestNumbersOfOthers(StateTestCase):
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

	def test_nothing_is_sent_to_the_session_that_has_the_number_now(self):
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
					session.connect_session(old)
					self.assertEqual(self.fresh(old).session_db_id, self.remote_id(old))

	def test_what_the_old_server_said_is_dropped(self):
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
	def test_a_failure_that_was_asked_for_earlier_changes_and_announces_nothing(self):
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


class TestMeanwhile(StateTestCase):
	def test_a_record_that_goes_before_the_connect_takes_its_session_along(self):
		name = self.create()
		link = Link(frappe.get_doc(SESSION, name))
		frappe.db.delete(SESSION, {"name": name})
		frappe.db.commit()
		with self.assertRaises(ChangedMeanwhile):
			creation.start(link)
		self.assertIsNone(self.remote_id(name))
		self.assertTrue(session.create_session(name, "Ventas")["success"])

	def test_so_does_one_that_goes_during_the_create(self):
		doc = self.new_record()
		link = Link(doc)
		frappe.db.delete(SESSION, {"name": doc.name})
		frappe.db.commit()
		with self.assertRaises(ChangedMeanwhile):
			creation.create_on_server(link)
		self.assertIsNone(self.remote_id(doc.name))
		self.assertTrue(session.create_session(doc.session_id, "Ventas")["success"])

	def test_a_code_that_the_server_has_shows_in_the_list(self):
		name = self.create()
		frappe.db.set_value(SESSION, name, "status", "Connecting")
		frappe.db.commit()
		nudges.enqueue_refresh(name)
		jobs.refresh_waiting()
		self.assertEqual(self.state(name)[0], "QR Code Required")


class TestNumbersOfAnotherServer(StateTestCase):
	def test_what_the_new_server_gave_meanwhile_is_not_forgotten(self):
		"""A job that begins after the address was stored may be quicker than the clearing up."""
		of = {"new": gateway.current_server(), "old": "another-server", "nobody": None}
		names = {who: self.new_record().name for who in of}
		for number, (who, name) in enumerate(names.items(), 70):
			frappe.db.set_value(SESSION, name, {"session_db_id": number, "server_id": of[who]})
		whatsapp_settings.forget_numbers()
		known = {who: self.fresh(name).session_db_id for who, name in names.items()}
		self.assertEqual(known, {"new": 70, "old": 0, "nobody": 0})
