"""Of what nobody is told: what people do themselves, what was never linked, servers that cannot be reached or that reconnect."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import add_to_date, now_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import session
from xappiens_whatsapp.background import reconciliation
from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.server.exceptions import GatewayError, GatewayFailed
from xappiens_whatsapp.sessions import alerts
from xappiens_whatsapp.tests.base import MANAGER
from xappiens_whatsapp.tests.test_alerts import AlertsTestCase
from xappiens_whatsapp.tests.workers import run_jobs


class TestSilence(AlertsTestCase):
	def assert_silent(self, doc: Any) -> None:
		run_jobs()
		self.assertEqual(self.told(doc), [])
		self.assertFalse(self.fresh(doc.name).down_since)

	def test_for_a_session_that_was_never_linked(self):
		doc = self.fresh(session.create_session(self.new_id(), "Ventas")["session"])
		self.sandbox.drop(doc.session_id, 408)
		self.observe(doc)
		self.assert_silent(doc)

	def test_for_what_people_do_themselves_even_when_the_webhook_is_faster(self):
		for mode in ("Delete on the server", "Keep on the server"):
			with self.subTest(mode):
				self.settings(disconnect_mode=mode)
				doc = self.linked_session()
				session.disconnect_session(doc.name)
				self.observe(doc)
				self.assert_silent(doc)
		doc = self.linked_session()
		with alerts.expecting_change(doc):
			BaileysClient(self.sandbox.url, self.sandbox.api_key).disconnect(doc.session_db_id)
			self.observe(doc)
		self.assert_silent(doc)

	def test_a_click_that_failed_does_not_hide_the_next_drop(self):
		doc = self.linked_session()
		self.sandbox.fault("restart", "html", status=502)
		with self.assertRaises(GatewayFailed):
			session.restart_session(doc.name)
		self.sandbox.drop(doc.session_id, 401)
		self.observe(doc)
		self.assertEqual(len(self.told(doc, MANAGER)), 1)

	def test_for_a_restart_and_a_connect_by_a_person(self):
		for action in (session.restart_session, session.connect_session):
			with self.subTest(action.__name__):
				doc = self.linked_session()
				action(doc.name)
				self.observe(doc)
				self.assert_silent(doc)

	def test_an_action_that_is_over_does_not_hide_a_later_drop(self):
		doc = self.linked_session()
		session.restart_session(doc.name)
		session.get_session_status(doc.name)
		self.assertEqual(self.fresh(doc.name).status, "Connected")
		self.sandbox.drop(doc.session_id, 401)
		self.observe(doc)
		self.assertEqual(len(self.told(doc, MANAGER)), 1)

	def test_while_the_server_itself_cannot_be_reached(self):
		doc = self.linked_session()
		for kind, details in (
			("reset", {}),
			("http", {"status": 503}),
			("http", {"status": 401}),
			("html", {"status": 502}),
		):
			with self.subTest(kind, **details):
				self.sandbox.fault("*", kind, times=None, **details)
				with self.assertRaises(GatewayError):
					session.get_session_status(doc.name)
				self.observe(doc)
				reconciliation.reconcile()
				self.sandbox.clear_faults()
				self.assert_silent(doc)
		self.assertEqual(self.fresh(doc.name).status, "Connected")

	def test_for_inactive_sessions(self):
		doc = self.linked_session(is_active=0)
		self.sandbox.drop(doc.session_id, 401)
		self.observe(doc)
		self.assert_silent(doc)
		self.assertEqual(self.fresh(doc.name).status, "Disconnected")

	def test_when_the_setting_is_off(self):
		self.settings(send_alerts=0)
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 401)
		self.observe(doc)
		self.assertEqual(self.told(doc), [])

	def test_a_disconnect_by_a_person_ends_a_drop_for_good(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 401)
		self.observe(doc)
		session.disconnect_session(doc.name)
		self.assertIsNone(self.fresh(doc.name).down_since)
		session.connect_session(doc.name)
		self.sandbox.scan(doc.session_id)
		self.observe(doc)
		self.assertEqual(self.fresh(doc.name).status, "Connected")
		self.assertEqual(len(self.told(doc, MANAGER)), 1)


class TestReconnecting(AlertsTestCase):
	"""A server that reconnects by itself is not a drop, unless it fails or takes too long."""

	sandbox_options = {"qr_delay": 30.0, "scan_delay": 0.0}

	def reconnecting(self) -> Any:
		name = self.new_id()
		self.sandbox.add(name, phone_number="34600000001")
		doc = self.new_record(session_id=name)
		reconciliation.reconcile()
		with BaileysClient(self.sandbox.url, self.sandbox.api_key) as client:
			client.restart(self.fresh(name).session_db_id)
		self.observe(doc)
		self.assertEqual(self.fresh(name).status, "Connecting")
		return self.fresh(name)

	def test_nobody_is_told_while_it_tries(self):
		doc = self.reconnecting()
		self.assertEqual(self.told(doc), [])
		self.assertTrue(doc.down_since)

	def test_its_failure_is_told_once(self):
		doc = self.reconnecting()
		self.sandbox.drop(doc.session_id, 440)
		for _observation in range(2):
			self.observe(doc)
		self.assertEqual(len(self.told(doc, MANAGER)), 1)

	def test_it_is_told_when_it_takes_too_long(self):
		doc = self.reconnecting()
		frappe.db.set_value(SESSION, doc.name, "down_since", add_to_date(now_datetime(), minutes=-3))
		frappe.db.commit()
		for _pass in range(2):
			reconciliation.reconcile()
			run_jobs()
		self.assertEqual(len(self.told(doc, MANAGER)), 1)
