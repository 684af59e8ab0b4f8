from __future__ import annotations

import copy
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe


class FrappeTestCase(unittest.TestCase):
	"""Rolls back what a class of tests wrote and did not commit."""

	@classmethod
	def setUpClass(cls) -> None:
		cls.TEST_SITE = frappe.local.site
		frappe.db.commit()
		cls.addClassCleanup(_restore, copy.deepcopy(frappe.local.flags))
		cls.addClassCleanup(frappe.db.rollback)
		super().setUpClass()

	@contextmanager
	def set_user(self, user: str) -> Iterator[None]:
		before = frappe.session.user
		try:
			frappe.set_user(user)
			yield
		finally:
			frappe.set_user(before)

	def assertDocumentEqual(self, expected: dict, actual: Any) -> None:
		for field, value in expected.items():
			self.assertEqual(str(value), str(actual.get(field)), msg=f"{field} should be same.")


def _restore(flags: frappe._dict) -> None:
	frappe.local.flags = flags
	frappe.local.error_log, frappe.local.message_log, frappe.local.debug_log = [], [], []
	frappe.local.cache, frappe.local.lang, frappe.local.request = {}, "en", None


@contextmanager
def change_settings(doctype: str, settings_dict: dict | None = None, /, **settings: Any) -> Iterator[None]:
	changes = settings_dict or settings
	doc = frappe.get_doc(doctype)
	before = {key: doc.get(key) for key in changes}
	try:
		doc.update(changes).save(ignore_permissions=True)
		yield
	finally:
		frappe.get_doc(doctype).update(before).save(ignore_permissions=True)
