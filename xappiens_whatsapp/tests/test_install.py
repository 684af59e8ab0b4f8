"""Installing next to an app that has DocTypes of the same name stops before anything is written."""

from __future__ import annotations

import frappe

from xappiens_whatsapp.setup.install import DocTypeBelongsToAnotherApp, before_install, collision_message
from xappiens_whatsapp.tests.base import MANAGER, NOBODY, WhatsAppTestCase

OTHER_APP = "frappe_whatsapp"
OTHER_MODULE = "Other Whatsapp"


class TestCollisionGuard(WhatsAppTestCase):
	def pretend_settings_belong_to(self, module: str) -> None:
		frappe.db.sql("update tabDocType set module = %s where name = 'WhatsApp Settings'", module)
		frappe.clear_cache(doctype="WhatsApp Settings")

	def setUp(self):
		super().setUp()
		frappe.db.sql(
			"insert into `tabModule Def` (name, module_name, app_name) values (%s, %s, %s)",
			(OTHER_MODULE, OTHER_MODULE, OTHER_APP),
		)
		self.addCleanup(self.pretend_settings_belong_to, "Xappiens Whatsapp")
		self.addCleanup(frappe.db.rollback)

	def test_names_the_app_and_what_to_do_and_writes_nothing(self):
		self.pretend_settings_belong_to(OTHER_MODULE)
		with self.assertRaises(DocTypeBelongsToAnotherApp) as raised:
			before_install()
		message = str(raised.exception)
		self.assertIn("WhatsApp Settings belongs to frappe_whatsapp", message)
		self.assertIn("Nothing was changed", message)
		self.assertIn(f"bench --site {frappe.local.site} uninstall-app frappe_whatsapp --force`", message)

	def test_of_an_app_that_is_installed_the_removal_needs_no_force(self):
		message = collision_message({"WhatsApp Settings": "frappe"})
		self.assertIn("uninstall-app frappe`", message)

	def test_our_own_doctypes_and_those_of_the_predecessor_are_no_collision(self):
		before_install()


class TestSettingsAccess(WhatsAppTestCase):
	def test_a_permission_that_another_app_adds_does_not_open_the_settings(self):
		permission = frappe.get_doc(
			doctype="Custom DocPerm", parent="WhatsApp Settings", role="All", read=1, write=1, permlevel=0
		).insert()
		self.addCleanup(frappe.clear_cache, doctype="WhatsApp Settings")
		self.addCleanup(frappe.db.commit)
		self.addCleanup(frappe.db.delete, "Custom DocPerm", {"name": permission.name})
		frappe.clear_cache(doctype="WhatsApp Settings")
		frappe.db.commit()
		path = "/api/resource/WhatsApp Settings/WhatsApp Settings"
		self.assertEqual(self.request(path, "GET", NOBODY).status, 403)
		self.assertEqual(self.request(path, "PUT", NOBODY, {"api_timeout": 9}).status, 403)
		with self.as_user(NOBODY), self.assertRaises(frappe.PermissionError):
			settings = frappe.get_doc("WhatsApp Settings")
			settings.flags.ignore_permissions = True
			settings.save()

	def test_a_manager_reads_and_writes_them(self):
		path = "/api/resource/WhatsApp Settings/WhatsApp Settings"
		self.assertEqual(self.request(path, "PUT", MANAGER, {"api_timeout": 9}).status, 200)
		self.assertEqual(frappe.get_doc("WhatsApp Settings").timeout_seconds, 9)
