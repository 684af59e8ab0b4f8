"""A pass over a list that cannot be believed, and over a server that fails: nothing is lost, and the next pass repairs."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import add_to_date, now_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import health
from xappiens_whatsapp.tests.test_reconciliation import LIST, ReconciliationTestCase

DOWN, BACK = "WhatsApp server cannot be used", "WhatsApp server is back"
WAYS_TO_FAIL = (
	("http", {"status": 500}),
	("http", {"status": 401}),
	("html", {"status": 502}),
	("not_json", {}),
	("truncated", {}),
	("reset", {}),
	("cut", {}),
	("redirect", {"location": "http://127.0.0.1:9/"}),
	("rate_limit", {"reset": 120}),
	("huge", {"megabytes": 10}),
)


class TestDoubtfulList(ReconciliationTestCase):
	"""A list without `isConnected` is what the server's database remembers, not what is true."""

	def setUp(self) -> None:
		super().setUp()
		self.docs = [self.linked_session(phone_number=f"3460000020{index}") for index in range(5)]
		for index, doc in enumerate(self.docs):
			frappe.db.set_value(
				SESSION, doc.name, "last_checked", add_to_date(now_datetime(), hours=-1 - index)
			)
		frappe.db.commit()
		self.sandbox.fault("list", "variant", name="database", times=None)

	def test_every_session_is_asked_one_by_one_the_oldest_check_first(self):
		self.assertTrue(self.run_pass()["is_complete"])
		asked = [f"GET /api/sessions/{doc.session_db_id}/status" for doc in reversed(self.docs)]
		self.assertEqual(self.sent(), [LIST, *asked])
		for doc in self.docs:
			self.assertGreater(self.fresh(doc.name).last_checked, doc.last_checked)

	def test_the_listed_state_is_not_believed_but_makes_the_session_the_first_to_be_asked(self):
		newest = self.docs[0]
		frappe.db.set_value(SESSION, newest.name, {"status": "Disconnected", "is_connected": 0})
		self.sandbox.fault("status", "variant", name="stale")
		self.run_pass()
		self.assertEqual(self.sent()[1], f"GET /api/sessions/{newest.session_db_id}/status")
		self.assertEqual(self.fresh(newest.name).status, "Disconnected")

	def test_the_budget_ends_the_single_calls_and_the_next_pass_goes_on_with_the_others(self):
		frappe.cache.delete_keys("whatsapp_budget")
		self.sandbox.limiter.limit, before = 6, self.sandbox.limiter.limit
		self.addCleanup(setattr, self.sandbox.limiter, "limit", before)
		self.sandbox.limiter._minutes.clear()
		summary = self.run_pass()
		self.assertFalse(summary["is_complete"])
		asked = [f"GET /api/sessions/{doc.session_db_id}/status" for doc in reversed(self.docs)]
		self.assertEqual(self.sent(), [LIST, *asked[:2]])
		self.sandbox.limiter.limit = before
		self.sandbox.limiter._minutes.clear()
		frappe.cache.delete_keys("whatsapp_budget")
		self.run_pass()
		self.assertEqual(self.sent()[1:4], asked[2:])


class TestServerTrouble(ReconciliationTestCase):
	def logged(self, title: str) -> int:
		return frappe.db.count("Error Log", {"method": title})

	def opened(self, doc: Any) -> dict[str, Any]:
		"""What the form gets beside the record."""
		fresh = self.fresh(doc.name)
		fresh.run_method("onload")
		return fresh.get("__onload")

	def test_a_server_that_is_down_costs_one_attempt_is_logged_once_and_changes_no_state(self):
		doc = self.linked_session()
		downs, backs = self.logged(DOWN), self.logged(BACK)
		self.sandbox.fault("*", "http", status=503, times=None)
		for _pass in range(3):
			self.run_pass()
			self.assertEqual(set(self.sent()), {LIST})
		self.assertEqual((self.logged(DOWN), self.logged(BACK)), (downs + 1, backs))
		after = self.fresh(doc.name)
		self.assertEqual((after.status, after.down_since), ("Connected", None))
		self.assertTrue(health.status()["server_down_since"])
		self.assertEqual(self.opened(doc)["check_failed"], "GATEWAY_FAILED")
		self.sandbox.clear_faults()
		for _pass in range(2):
			self.run_pass()
		self.assertEqual((self.logged(DOWN), self.logged(BACK)), (downs + 1, backs + 1))
		self.assertIsNone(health.status()["server_down_since"])
		self.assertFalse(self.opened(doc)["check_failed"])

	def test_every_way_to_fail_leaves_the_records_as_they_are_and_the_next_pass_repairs(self):
		doc = self.linked_session()
		for kind, details in WAYS_TO_FAIL:
			with self.subTest(kind, **details):
				self.sandbox.fault("list", kind, times=None, **details)
				self.assertFalse(self.run_pass()["is_complete"])
				self.assertEqual(self.fresh(doc.name).status, "Connected")
				self.sandbox.clear_faults()
				frappe.cache.delete_keys("whatsapp_budget")
		self.sandbox.drop(doc.session_id, 401)
		self.assertTrue(self.run_pass()["is_complete"])
		self.assertEqual(self.fresh(doc.name).status, "Disconnected")
