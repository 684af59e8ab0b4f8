"""One pass puts every record in step with the server, and costs no more than it must."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import frappe
from frappe.utils import add_to_date, get_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import health, session
from xappiens_whatsapp.background import reconciliation
from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.tests.base import AGENT, MANAGER, WhatsAppTestCase, counted_statements
from xappiens_whatsapp.tests.workers import run_jobs

LIST = "GET /api/sessions"
PHONES = itertools.count(1000)


class ReconciliationTestCase(WhatsAppTestCase):
	def run_pass(self) -> dict[str, Any]:
		self.sandbox.clear_requests()
		frappe.db.commit()
		summary = reconciliation.reconcile()
		frappe.db.commit()
		return summary

	def many(self, count: int) -> list[str]:
		"""Records and sessions that are in step, made without one call for each."""
		names = [self.new_id() for _index in range(count)]
		for name in names:
			row = self.sandbox.add(name, phone_number=f"3460{next(PHONES):07}")
			self.new_record(session_id=name, session_db_id=row["id"])
		self.assertEqual(self.run_pass()["changed"], count)
		return names


class TestPass(ReconciliationTestCase):
	def test_what_no_webhook_told_is_found_out_with_its_reason(self):
		dropped, renumbered, untouched = self.linked_session(), self.linked_session(), self.linked_session()
		self.sandbox.drop(dropped.session_id, 440)
		number = self.sandbox.renumber(renumbered.session_id)
		summary = self.run_pass()
		self.assertEqual(self.fresh(renumbered.name).session_db_id, number)
		self.assertEqual(self.fresh(untouched.name).as_dict(), untouched.as_dict())
		why = {f"GET /api/sessions/{one}/status" for one in (dropped.session_db_id, number)}
		self.assertEqual(set(self.sent()), {LIST, *why}, "the list does not say why a session is down")
		after = self.fresh(dropped.name)
		self.assertEqual((after.status, after.error_code), ("Disconnected", "440"))
		self.assertEqual((summary["changed"], summary["is_complete"]), (2, True))

	def test_a_reason_that_nobody_knows_is_asked_for_once(self):
		doc = self.linked_session()
		with BaileysClient(self.sandbox.url, self.sandbox.api_key) as client:
			client.disconnect(doc.session_db_id)
		self.run_pass()
		self.assertEqual(len(self.sent()), 2)
		self.run_pass()
		self.assertEqual(self.sent(), [LIST])

	def test_where_the_reason_cannot_be_asked_for_the_state_is_kept_all_the_same(self):
		for look in (self.run_pass, lambda: session.refresh_sessions([doc.name])):
			doc = self.linked_session()
			self.sandbox.drop(doc.session_id, 440)
			self.sandbox.fault("status", "http", times=3, status=500)
			look()
			self.assertEqual(self.fresh(doc.name).status, "Disconnected")
			self.sandbox.clear_faults()
			session.get_session_status(doc.name)
			self.assertEqual(self.fresh(doc.name).error_code, "440")

	def test_a_look_at_many_says_why_they_are_down(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 440)
		session.refresh_sessions([doc.name])
		self.assertEqual(self.fresh(doc.name).error_code, "440")

	def test_a_create_whose_answer_never_reached_the_database_is_repaired(self):
		doc = self.new_record()
		row = self.sandbox.add(doc.session_id, phone_number="34600000005")
		self.run_pass()
		after = self.fresh(doc.name)
		self.assertEqual(
			(after.session_db_id, after.status, after.phone_number), (row["id"], "Connected", "34600000005")
		)

	def test_a_session_that_is_gone_is_noted_once_its_own_route_says_so_too(self):
		doc = self.linked_session()
		self.sandbox.forget(doc.session_id)
		summary = self.run_pass()
		after = self.fresh(doc.name)
		self.assertEqual((after.session_db_id, after.status), (0, "Disconnected"))
		self.assertEqual(after.error_code, "SESSION_MISSING_ON_SERVER")
		self.assertEqual(self.sent(), [LIST, f"GET /api/sessions/{doc.session_db_id}/status"])
		self.assertEqual(summary["missing"], 1)
		self.run_pass()
		self.assertEqual(self.sent(), [LIST])

	def test_a_number_that_belongs_to_another_session_is_given_up(self):
		other = self.linked_session()
		doc = self.new_record(session_db_id=other.session_db_id, status="Connected")
		self.run_pass()
		self.assertEqual(self.fresh(doc.name).session_db_id, 0)
		self.assertEqual(self.fresh(other.name).session_db_id, other.session_db_id)

	def test_trouble_while_a_missing_session_is_confirmed_gives_nothing_up(self):
		doc = self.linked_session()
		self.sandbox.forget(doc.session_id)
		self.sandbox.fault("status", "html", status=502, times=None)
		self.run_pass()
		self.assertEqual(self.fresh(doc.name).session_db_id, doc.session_db_id)
		self.sandbox.clear_faults()
		self.run_pass()
		self.assertEqual(self.fresh(doc.name).session_db_id, 0)

	def test_a_session_that_only_the_server_has_is_never_adopted(self):
		self.linked_session()
		self.sandbox.add("test_somebody_elses")
		self.assertGreaterEqual(self.run_pass()["only_there"], 1)
		self.assertFalse(frappe.db.exists(SESSION, "test_somebody_elses"))

	def test_inactive_sessions_are_left_alone(self):
		doc = self.linked_session()
		frappe.db.set_value(SESSION, doc.name, "is_active", 0)
		self.sandbox.drop(doc.session_id, 401)
		self.assertIsNone(self.run_pass())
		self.assertEqual(self.fresh(doc.name).status, "Connected")
		self.assertEqual(self.sent(), [])

	def test_switched_off_nothing_is_queued_and_switched_on_one_pass_is(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 401)
		self.settings(enabled=0)
		reconciliation.enqueue_reconciliation()
		run_jobs()
		self.assertEqual(self.sent(), [])
		self.settings()
		for _tick in range(3):
			reconciliation.enqueue_reconciliation()
		run_jobs()
		self.assertEqual(self.fresh(doc.name).status, "Disconnected")

	def test_two_passes_at_once_end_in_the_same_state(self):
		docs = [self.linked_session(phone_number=f"3460000010{index}") for index in range(4)]
		for doc in docs:
			self.sandbox.renumber(doc.session_id)
			self.sandbox.drop(doc.session_id, 401)
		frappe.db.commit()
		with ThreadPoolExecutor(2) as executor:
			runs = [
				executor.submit(reconcile_elsewhere, frappe.local.site, frappe.local.sites_path)
				for _run in "ab"
			]
		self.assertTrue(all(run.result()["is_complete"] for run in runs))
		numbers = {row["sessionId"]: row["id"] for row in self.sandbox.sessions()}
		for doc in docs:
			after = self.fresh(doc.name)
			self.assertEqual((after.session_db_id, after.status), (numbers[doc.session_id], "Disconnected"))


def reconcile_elsewhere(site: str, sites_path: str) -> dict[str, Any]:
	frappe.init(site, sites_path, force=True)
	frappe.connect()
	try:
		return reconciliation.reconcile()
	finally:
		frappe.destroy()


class TestCost(ReconciliationTestCase):
	def test_statements_do_not_grow_with_unchanged_sessions_and_requests_only_with_pages(self):
		counts = []
		for more in (5, 120):
			self.many(more)
			with counted_statements() as seen:
				summary = self.run_pass()
			counts.append(len(seen))
			self.assertEqual(summary["changed"], 0)
		self.assertEqual(counts[0], counts[1])
		self.assertEqual(len(self.sent()), 2)

	def test_only_what_changed_is_written(self):
		names = self.many(30)
		before = {
			row.name: row.last_checked for row in frappe.get_all(SESSION, fields=["name", "last_checked"])
		}
		self.sandbox.drop(names[7], 401)
		summary = self.run_pass()
		self.assertEqual(summary["changed"], 1)
		after = {
			row.name: row.last_checked for row in frappe.get_all(SESSION, fields=["name", "last_checked"])
		}
		self.assertEqual([name for name in names if before[name] != after[name]], [names[7]])


class TestHealth(ReconciliationTestCase):
	def test_tells_counts_and_ages_to_managers_and_nothing_to_others(self):
		doc = self.linked_session()
		self.run_pass()
		answer = self.call("xappiens_whatsapp.api.health.status", verb="GET", user=MANAGER)
		self.assertEqual(answer.message["sessions"].get("Connected"), 1)
		self.assertTrue(answer.message["last_pass"]["is_complete"])
		self.assertLess(answer.message["seconds_since_last_pass"], 60)
		for secret in (doc.name, doc.phone_number, self.sandbox.url, self.sandbox.api_key):
			self.assertNotIn(secret, answer.text)
		for user in (AGENT, None):
			self.assertEqual(
				self.call("xappiens_whatsapp.api.health.status", verb="GET", user=user).status, 403
			)

	def test_the_age_of_the_last_pass_grows(self):
		self.linked_session()
		self.run_pass()
		key, before = reconciliation.LAST_PASS, frappe.cache.get_value(reconciliation.LAST_PASS)
		earlier = add_to_date(get_datetime(before["finished_at"]), minutes=-30)
		frappe.cache.set_value(key, {**before, "finished_at": str(earlier)})
		self.assertGreaterEqual(health.status()["seconds_since_last_pass"], 1800)
