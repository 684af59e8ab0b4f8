"""Permissions that other apps bring for our DocTypes: named, and taken away."""

from __future__ import annotations

import frappe

from xappiens_whatsapp import SESSION, SETTINGS
from xappiens_whatsapp.setup import neighbours
from xappiens_whatsapp.tests.base import MANAGER, NOBODY, WhatsAppTestCase
from xappiens_whatsapp.tests.test_neighbours import DIAGNOSE


class TestForeignPermissions(WhatsAppTestCase):
	def setUp(self):
		super().setUp()
		self.addCleanup(frappe.db.commit)
		for doctype in (SESSION, SETTINGS):
			self.addCleanup(frappe.clear_cache, doctype=doctype)
			self.addCleanup(frappe.db.delete, "Custom DocPerm", {"parent": doctype})

	def permit(self, doctype: str, *roles: str) -> None:
		for role in roles:
			frappe.get_doc(doctype="Custom DocPerm", parent=doctype, role=role, read=1, permlevel=0).insert()
		frappe.clear_cache(doctype=doctype)
		frappe.db.commit()

	def rows(self, doctype: str) -> int:
		return frappe.db.count("Custom DocPerm", {"parent": doctype})

	def diagnosed(self) -> list[dict]:
		checks = self.call(DIAGNOSE, user=MANAGER).message["checks"]
		return [row for row in checks if row["check"] == "permissions"]

	def test_those_of_the_settings_are_reset_and_the_manager_reads_them_again(self):
		self.permit(SETTINGS, "System Manager", "WhatsApp User")
		path = "/api/resource/WhatsApp Settings/WhatsApp Settings"
		self.assertEqual(self.request(path, "GET", MANAGER).status, 403)
		with self.assertLogs(frappe.logger("xappiens_whatsapp")) as logged:
			neighbours.after_migrate()
		frappe.db.commit()
		self.assertIn("Added: WhatsApp User. Left out: WhatsApp Manager.", " ".join(logged.output))
		self.assertEqual(self.rows(SETTINGS), 0)
		self.assertEqual(self.request(path, "GET", MANAGER).status, 200)
		self.assertEqual(self.request(path, "GET", NOBODY).status, 403)

	def test_the_diagnosis_finds_them_and_says_what_to_do(self):
		self.assertEqual(self.diagnosed(), [])
		self.permit(SETTINGS, "System Manager", "WhatsApp Manager", "WhatsApp User")
		(row,) = self.diagnosed()
		self.assertFalse(row["ok"])
		self.assertIn("Added: WhatsApp User.", row["detail"])
		self.assertIn("migrate", row["remedy"])

	def test_what_was_changed_for_sessions_is_named_and_kept(self):
		self.permit(SESSION, "System Manager", "WhatsApp Manager", "Guest")
		neighbours.reset_foreign_permissions()
		(row,) = self.diagnosed()
		self.assertFalse(row["ok"])
		self.assertIn("Left out: WhatsApp User.", row["detail"])
		self.assertEqual(self.rows(SESSION), 3)

	def test_the_same_roles_with_other_rights_are_the_site_s_to_decide(self):
		self.permit(SETTINGS, "System Manager", "WhatsApp Manager")
		neighbours.reset_foreign_permissions()
		self.assertEqual((self.rows(SETTINGS), self.diagnosed()), (2, []))
