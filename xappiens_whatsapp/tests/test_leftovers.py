"""What a test leaves is found, named and removed, also when the test failed; what is somebody else's stays."""

from __future__ import annotations

from typing import Any

import frappe

from xappiens_whatsapp import SESSION, SESSION_EVENT
from xappiens_whatsapp.site import queue
from xappiens_whatsapp.tests import leftovers
from xappiens_whatsapp.tests.base import MANAGER, WhatsAppTestCase
from xappiens_whatsapp.tests.workers import run_jobs

OF_OTHERS = (
	{"doctype": "Error Log", "method": "Another app", "error": "Its error"},
	{
		"doctype": "Notification Log",
		"subject": "x",
		"for_user": "Administrator",
		"document_type": "User",
		"document_name": "Administrator",
	},
	{
		"doctype": "Comment",
		"comment_type": "Comment",
		"reference_doctype": "User",
		"reference_name": "Administrator",
		"content": "x",
	},
)


def fail() -> None:
	raise ZeroDivisionError


class TestLeftovers(WhatsAppTestCase):
	def leave(self, after: str = "") -> set[str]:
		"""One of each kind; which kinds these are."""
		self.new_record()
		frappe.log_error(title="WhatsApp test", message="left behind")
		notice = {
			"doctype": "Notification Log",
			"subject": "x",
			"for_user": MANAGER,
			"document_type": SESSION,
		}
		frappe.get_doc(notice).insert(ignore_permissions=True)
		frappe.cache.set_value(f"whatsapp_left{after}", 1)
		queue.enqueue_short("xappiens_whatsapp.tests.test_leftovers.fail")
		frappe.db.commit()
		return {SESSION, "Error Log", "Notification Log", leftovers.CACHE, leftovers.QUEUE}

	def test_it_is_named_with_whoever_left_it_and_removed(self):
		before = leftovers.snapshot()
		kinds = self.leave()
		self.assertLessEqual(kinds, set(leftovers.left_since(before)))
		with self.assertRaisesRegex(AssertionError, "A test left .*whatsapp_left"):
			leftovers.check_since(before, "A test")
		self.assertEqual(leftovers.left_since(before), {})

	def test_a_job_that_fails_leaves_nothing_in_the_queue(self):
		before = leftovers.snapshot()
		queue.enqueue_short("xappiens_whatsapp.tests.test_leftovers.fail")
		try:
			run_jobs()
		except ZeroDivisionError:
			pass
		self.assertNotIn(leftovers.QUEUE, leftovers.left_since(before))

	def test_what_was_there_before_stays(self):
		kinds = self.leave()
		mine = leftovers.snapshot()
		self.leave(after="_later")
		leftovers.remove_since(mine, "A test")
		now = leftovers.snapshot()
		for kind in kinds:
			with self.subTest(kind):
				self.assertTrue(mine[kind])
				self.assertEqual(now[kind], mine[kind])

	def test_what_somebody_else_adds_meanwhile_stays(self):
		before = leftovers.snapshot()
		added = [
			self.add_of_others(values) for values in OF_OTHERS if frappe.db.table_exists(values["doctype"])
		]
		leftovers.remove_since(before, "A test")
		for doctype, name in added:
			with self.subTest(doctype):
				self.assertTrue(frappe.db.exists(doctype, name))

	def add_of_others(self, values: dict[str, Any]) -> tuple[str, str]:
		doc = frappe.get_doc(values).insert(ignore_permissions=True)
		frappe.db.commit()
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, doc.doctype, {"name": doc.name})
		return doc.doctype, doc.name

	def test_a_session_with_another_name_fails_the_test_and_stays(self):
		before = leftovers.snapshot()
		name = self.new_record(session_id="ventas_norte").name
		self.addCleanup(self.delete_session, name)
		with self.assertRaisesRegex(AssertionError, "A test left .*ventas_norte"):
			leftovers.remove_since(before, "A test")
		self.assertTrue(frappe.db.exists(SESSION, name))

	def delete_session(self, name: str) -> None:
		for table, field in ((SESSION, "name"), (SESSION_EVENT, "session")):
			frappe.db.delete(table, {field: name})
		frappe.db.commit()
