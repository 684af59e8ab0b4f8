"""What became of a session: one row for each turn, with its reason and how long it took."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import frappe
from frappe.utils import add_to_date, now_datetime

from xappiens_whatsapp import SESSION, SESSION_EVENT
from xappiens_whatsapp.api import session
from xappiens_whatsapp.background import jobs, reconciliation
from xappiens_whatsapp.tests.base import MANAGER, SESSION_API, WhatsAppTestCase, request

PHONE = "34600000001"


class StoryTestCase(WhatsAppTestCase):
	def created(self) -> Any:
		answer = session.create_session(self.new_id(), "Ventas")
		frappe.db.commit()
		return self.fresh(answer["session"])

	def look(self, doc: Any) -> None:
		"""As a webhook's job does."""
		jobs.refresh_session(doc.name)
		frappe.db.commit()

	def rows(self, name: str) -> list[frappe._dict]:
		"""Oldest first."""
		frappe.db.rollback()
		filters = {"session": name}
		return frappe.get_all(SESSION_EVENT, filters=filters, fields=["*"], order_by="at asc")

	def events(self, doc: Any) -> list[str]:
		return [row.event for row in self.rows(doc.name)]

	def last(self, doc: Any) -> frappe._dict:
		return self.rows(doc.name)[-1]


class TestTurns(StoryTestCase):
	def test_a_session_is_created_and_linked_with_its_number(self):
		doc = self.linked_session()
		self.assertEqual(self.events(doc), ["Created", "Linked"])
		self.assertEqual(self.last(doc).phone_number, PHONE)

	def test_what_nobody_did_has_no_name(self):
		linked = self.last(self.linked_session())
		self.assertEqual((linked.by_user or "", linked.via or ""), ("", ""))

	def test_a_drop_has_its_reason_and_its_return_how_long_it_took(self):
		doc = self.linked_session()
		frappe.db.set_value(SESSION_EVENT, self.last(doc).name, "at", add_to_date(now_datetime(), hours=-3))
		frappe.db.commit()
		self.sandbox.drop(doc.session_id, 440)
		self.look(doc)
		dropped = self.last(doc)
		self.assertEqual((dropped.event, dropped.reason), ("Dropped", self.fresh(doc.name).error_code))
		self.assertAlmostEqual(dropped.seconds, 3 * 3600, delta=60)
		frappe.db.set_value(SESSION_EVENT, dropped.name, "at", add_to_date(now_datetime(), minutes=-5))
		frappe.db.commit()
		session.connect_session(doc.name)
		self.look(doc)
		back = self.last(doc)
		self.assertEqual(back.event, "Back")
		self.assertAlmostEqual(back.seconds, 300, delta=60)

	def test_a_phone_that_was_logged_out_is_linked_anew(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 401)
		self.look(doc)
		session.connect_session(doc.name)
		self.sandbox.scan(doc.session_id, "34600000002")
		self.look(doc)
		self.assertEqual(self.events(doc), ["Created", "Linked", "Dropped", "Linked"])
		self.assertEqual(self.last(doc).phone_number, "34600000002")

	def test_looks_that_show_nothing_new_write_nothing(self):
		doc = self.linked_session()
		before = self.events(doc)
		for _look in range(3):
			session.get_session_status(doc.name)
			reconciliation.reconcile()
		self.assertEqual(self.events(doc), before)

	def test_two_who_see_the_same_drop_write_it_once(self):
		doc = self.linked_session()
		self.sandbox.drop(doc.session_id, 440)
		path = f"/api/method/{SESSION_API}get_session_status"
		site = frappe.local.site
		with ThreadPoolExecutor(4) as executor:
			arguments = {"session_id": doc.name}
			asked = [executor.submit(request, site, path, "POST", MANAGER, arguments) for _ in range(4)]
			self.assertEqual([answer.result().status for answer in asked], [200] * 4)
		self.assertEqual(self.events(doc).count("Dropped"), 1)

	def test_a_record_that_is_older_than_its_story_goes_on_with_it(self):
		doc = self.linked_session()
		frappe.db.delete(SESSION_EVENT, {"session": doc.name})
		frappe.db.set_value(SESSION, doc.name, "status_since", add_to_date(now_datetime(), days=-2))
		frappe.db.commit()
		self.sandbox.drop(doc.session_id, 440)
		self.look(doc)
		self.assertEqual(self.events(doc), ["Dropped"])
		self.assertAlmostEqual(self.last(doc).seconds, 2 * 86400, delta=60)


class TestClock(StoryTestCase):
	def test_a_clock_that_was_set_back_gives_no_negative_times(self):
		doc = self.linked_session()
		frappe.db.set_value(SESSION_EVENT, self.last(doc).name, "at", add_to_date(now_datetime(), hours=1))
		frappe.db.commit()
		self.sandbox.drop(doc.session_id, 440)
		self.look(doc)
		dropped = next(row for row in self.rows(doc.name) if row.event == "Dropped")
		self.assertEqual(dropped.seconds, 0)
