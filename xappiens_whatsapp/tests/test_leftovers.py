"""Case 38: what a test leaves is found, named and removed, also when the test failed."""

from __future__ import annotations

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.site import queue
from xappiens_whatsapp.tests import leftovers
from xappiens_whatsapp.tests.base import MANAGER, WhatsAppTestCase
from xappiens_whatsapp.tests.workers import run_jobs


def fail() -> None:
	raise ZeroDivisionError


class TestLeftovers(WhatsAppTestCase):
	def leave(self) -> set[str]:
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
		frappe.cache.set_value("whatsapp_left", 1)
		queue.enqueue_short("xappiens_whatsapp.tests.test_leftovers.fail")
		frappe.db.commit()
		return {SESSION, "Error Log", "Notification Log", leftovers.CACHE, leftovers.QUEUE}

	def test_it_is_named_with_whoever_left_it_and_removed(self):
		before = leftovers.there()
		kinds = self.leave()
		self.assertLessEqual(kinds, set(leftovers.left_since(before)))
		with self.assertRaisesRegex(AssertionError, "A test left .*whatsapp_left"):
			leftovers.check_since(before, "A test")
		self.assertEqual(leftovers.left_since(before), {})

	def test_a_job_that_fails_leaves_nothing_in_the_queue(self):
		before = leftovers.there()
		queue.enqueue_short("xappiens_whatsapp.tests.test_leftovers.fail")
		try:
			run_jobs()
		except ZeroDivisionError:
			pass
		self.assertNotIn(leftovers.QUEUE, leftovers.left_since(before))

	def test_what_was_there_before_stays(self):
		name = self.new_record().name
		before = leftovers.there()
		self.new_record()
		leftovers.remove_since(before)
		self.assertTrue(frappe.db.exists(SESSION, name))
