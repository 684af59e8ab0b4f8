from __future__ import annotations

import unittest

import frappe


class FrappeTestCase(unittest.TestCase):
	"""Rolls back what a class of tests wrote and did not commit."""

	@classmethod
	def setUpClass(cls) -> None:
		frappe.db.commit()
		cls.addClassCleanup(_restore, dict(frappe.local.flags))
		cls.addClassCleanup(frappe.db.rollback)
		super().setUpClass()


def _restore(flags: dict) -> None:
	frappe.local.flags = frappe._dict(flags)
	frappe.local.message_log, frappe.local.cache, frappe.local.lang = [], {}, "en"
