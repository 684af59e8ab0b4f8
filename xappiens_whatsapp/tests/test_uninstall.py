"""What an uninstallation takes away, and what it leaves to others."""

from __future__ import annotations

import frappe

from xappiens_whatsapp import SESSION, SETTINGS
from xappiens_whatsapp.api import session
from xappiens_whatsapp.setup import uninstall
from xappiens_whatsapp.tests.base import MANAGER
from xappiens_whatsapp.tests.test_neighbours import NeighbourTestCase


class TestUninstall(NeighbourTestCase):
	"""In a transaction that is rolled back."""

	def setUp(self):
		super().setUp()
		self.addCleanup(frappe.clear_cache, doctype=SETTINGS)
		self.addCleanup(frappe.db.rollback)

	def secrets(self) -> list[str]:
		rows = frappe.db.sql("select fieldname from __Auth where doctype = %s", SETTINGS)
		return [fieldname for (fieldname,) in rows]

	def test_the_settings_of_the_other_app_and_their_permissions_stay(self):
		frappe.get_doc(doctype="Custom DocPerm", parent=SETTINGS, role="All", read=1, permlevel=0).insert()
		frappe.db.sql("insert into tabSingles values (%s, 'default_account', 'theirs')", SETTINGS)
		uninstall.remove_traces([SESSION])
		self.assertTrue(frappe.db.exists("Custom DocPerm", {"parent": SETTINGS}))
		self.assertIn("default_account", frappe.db.get_singles_dict(SETTINGS))
		self.assertTrue(self.secrets())

	def test_of_what_is_ours_no_trace_stays(self):
		frappe.get_doc(doctype="Version", ref_doctype=SETTINGS, docname=SETTINGS, data="{}").insert()
		uninstall.remove_traces([SETTINGS])
		self.assertFalse(frappe.db.exists("Version", {"ref_doctype": SETTINGS}))
		self.assertEqual((self.secrets(), frappe.db.get_singles_dict(SETTINGS)), ([], {}))

	def test_the_bin_keeps_nothing_that_the_app_brought_and_what_the_site_made(self):
		if not frappe.db.table_exists("Deleted Document"):
			self.skipTest("the development site has no bin")
		for doctype, name in (
			("DocType", SESSION),
			("Module Def", "Xappiens Whatsapp"),
			("Workspace", "WhatsApp"),
			("Number Card", "WhatsApp Setup"),
			("Number Card", "Ventas"),
			("Report", "Ventas"),
		):
			frappe.db.sql(
				"insert into `tabDeleted Document` (name, deleted_doctype, deleted_name) values (%s, %s, %s)",
				(self.new_id(), doctype, name),
			)
		uninstall.empty_the_bin()
		left = frappe.get_all(
			"Deleted Document", filters={"name": ("like", "test_%")}, pluck="deleted_doctype"
		)
		self.assertEqual(sorted(left), ["Number Card", "Report"])

	def test_no_task_points_to_a_session_that_is_gone(self):
		if not frappe.db.table_exists("ToDo"):
			self.skipTest("the development site has no tasks")
		name = session.create_session(self.new_id(), "Ventas")["session"]
		task = frappe.get_doc(doctype="ToDo", description="Call", reference_type=SESSION, reference_name=name)
		other = frappe.get_doc(doctype="ToDo", description="Call").insert()
		task.insert()
		uninstall.remove_traces([SESSION])
		self.assertFalse(frappe.db.exists("ToDo", task.name))
		self.assertTrue(frappe.db.exists("ToDo", other.name))

	def test_a_role_that_others_use_stays_and_is_named(self):
		frappe.db.sql(
			"insert into `tabHas Role` (name, parent, parenttype, parentfield, role)"
			" values ('test_row', 'Ventas', 'Report', 'roles', 'WhatsApp Manager')"
		)
		self.assertIn("Report Ventas", list(uninstall.used_by_others("WhatsApp Manager")))
		uninstall.remove_role("WhatsApp Manager")
		self.assertTrue(frappe.db.exists("Role", "WhatsApp Manager"))
		self.assertTrue(frappe.db.exists("Has Role", "test_row"))
		self.assertTrue(frappe.db.exists("Has Role", {"parent": MANAGER, "role": "WhatsApp Manager"}))
