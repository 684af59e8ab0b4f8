"""What the app takes for granted of Frappe's permissions: the same on v15, v16 and the development site."""

from __future__ import annotations

from typing import Any

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.tests.base import AGENT, MANAGER, NOBODY, WhatsAppTestCase


def new_doc(session_id: str) -> Any:
	return frappe.get_doc(doctype=SESSION, session_id=session_id, session_name="Test")


class TestRights(WhatsAppTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.mine = self.new_record(assigned_users=[{"user": AGENT}]).name
		self.other = self.new_record().name

	def may(self, ptype: str, name: str, user: str) -> bool:
		return bool(frappe.has_permission(SESSION, ptype, name, user=user))

	def test_the_hook_takes_away_and_gives_nothing_that_the_role_lacks(self):
		self.assertTrue(self.may("read", self.mine, AGENT))
		self.assertFalse(self.may("read", self.other, AGENT))
		self.assertFalse(self.may("write", self.mine, AGENT))
		self.assertFalse(self.may("delete", self.mine, AGENT))
		for ptype in ("read", "write", "delete", "create"):
			self.assertTrue(self.may(ptype, self.other, MANAGER), ptype)
			self.assertTrue(self.may(ptype, self.other, "Administrator"), ptype)
			self.assertFalse(self.may(ptype, self.mine, NOBODY), ptype)
			self.assertFalse(self.may(ptype, self.mine, "Guest"), ptype)

	def test_lists_are_narrowed_and_get_all_is_not(self):
		names = {"name": ("in", [self.mine, self.other])}
		with self.as_user(AGENT):
			self.assertEqual(frappe.get_list(SESSION, filters=names, pluck="name"), [self.mine])
			self.assertEqual(len(frappe.get_all(SESSION, filters=names)), 2)
		with self.as_user(NOBODY):
			self.assertEqual(len(frappe.get_all(SESSION, filters=names)), 2)
			with self.assertRaises(frappe.PermissionError):
				frappe.get_list(SESSION, filters=names)

	def test_what_is_not_allowed_raises(self):
		with self.as_user(AGENT):
			frappe.has_permission(SESSION, "read", throw=True)
			frappe.get_doc(SESSION, self.mine).check_permission("read")
			for attempt in (
				lambda: frappe.has_permission(SESSION, "create", throw=True),
				lambda: frappe.get_doc(SESSION, self.other).check_permission("read"),
				lambda: frappe.get_doc(SESSION, self.mine).save(),
				lambda: new_doc(self.new_id()).insert(),
				lambda: frappe.delete_doc(SESSION, self.mine),
			):
				with self.assertRaises(frappe.PermissionError):
					attempt()
			new_doc(self.new_id()).insert(ignore_permissions=True)

	def test_roles_of_a_user_have_those_of_everybody_beside_them(self):
		self.assertLessEqual({"WhatsApp User", "All", "Guest", "Desk User"}, set(frappe.get_roles(AGENT)))
		self.assertEqual(frappe.get_roles("Guest"), ["Guest"])
		self.assertIn("WhatsApp Manager", frappe.get_roles("Administrator"))
		self.assertNotIn("Desk User", frappe.get_roles(NOBODY))

	def test_roles_follow_the_user(self):
		user = frappe.get_doc("User", NOBODY)
		self.addCleanup(frappe.db.commit)
		for role, has_it in (("WhatsApp User", True), (None, False)):
			user.set("roles", [{"role": role}] if role else [])
			user.save()
			self.assertEqual("WhatsApp User" in frappe.get_roles(NOBODY), has_it)
			self.assertEqual(frappe.has_permission(SESSION, "read", user=NOBODY), has_it)
