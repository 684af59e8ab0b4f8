"""A site of the predecessor, built by SQL, is taken in whole: sessions stay, secrets leave the plain columns."""

from __future__ import annotations

import frappe
from frappe.utils.password import set_encrypted_password

from xappiens_whatsapp import SETTINGS
from xappiens_whatsapp.api import session
from xappiens_whatsapp.patches.adopt_predecessor import execute
from xappiens_whatsapp.tests.base import WhatsAppTestCase

PLAIN = {"api_key": "old-plain-api-key-1234", "webhook_secret": "old-plain-secret-567890"}


def change_table(statement: str) -> None:
	frappe.db.commit()
	frappe.db.sql_ddl(f"alter table `tabWhatsApp Session` {statement}")
	frappe.clear_cache()


class TestMigration(WhatsAppTestCase):
	@classmethod
	def setUpClass(cls):
		super().setUpClass()
		change_table("add column qr_code_data text")
		cls.addClassCleanup(change_table, "drop column qr_code_data")

	def setUp(self):
		super().setUp()
		self.old_session_id = self.create_old_session()
		self.leave_plain_secrets()
		frappe.db.commit()

	def create_old_session(self) -> str:
		session_id = self.new_id()
		session.create_session(session_id, "Vieja")
		frappe.db.sql(
			"update `tabWhatsApp Session` set name = %s, session_db_id = 0, status = 'qr_required',"
			" qr_code_data = 'data:image/png;base64,AAAA' where name = %s",
			("test_0f1e2d3c4b", session_id),
		)
		return session_id

	def leave_plain_secrets(self) -> None:
		frappe.db.sql("delete from __Auth where doctype = %s", SETTINGS)
		for field, value in {**PLAIN, "jwt_token": "old-token", "auto_sync": "1"}.items():
			frappe.db.sql("delete from tabSingles where doctype = %s and field = %s", (SETTINGS, field))
			frappe.db.sql(
				"insert into tabSingles (doctype, field, value) values (%s, %s, %s)", (SETTINGS, field, value)
			)
		frappe.get_doc(
			doctype="Version",
			ref_doctype=SETTINGS,
			docname=SETTINGS,
			data='{"changed": [["api_key", "", "old-plain"]]}',
		).insert()
		frappe.clear_document_cache(SETTINGS, SETTINGS)

	def in_singles(self) -> dict[str, str]:
		return dict(frappe.db.sql("select field, value from tabSingles where doctype = %s", SETTINGS))

	def test_secrets_move_to_password_storage_and_are_gone_from_everywhere_else(self):
		execute()
		settings = frappe.get_doc(SETTINGS)
		for field, value in PLAIN.items():
			self.assertEqual(settings.get_password(field), value)
			self.assertEqual(set(self.in_singles()[field]), {"*"})
		self.assertNotIn("jwt_token", self.in_singles())
		self.assertEqual(self.in_singles()["auto_sync"], "1")
		kept = frappe.get_all("Version", filters={"ref_doctype": SETTINGS}, pluck="data")
		self.assertNotIn("old-plain", " ".join(kept))

	def test_what_the_predecessor_did_not_know_has_its_default_and_what_was_set_stays(self):
		self.addCleanup(self.settings)
		new = ("send_alerts", "webhook_enabled", "disconnect_mode")
		for field in new:
			frappe.db.sql("delete from tabSingles where doctype = %s and field = %s", (SETTINGS, field))
		frappe.db.set_single_value(SETTINGS, "enabled", 0)
		execute()
		settings = frappe.get_doc(SETTINGS)
		self.assertEqual([settings.get(field) for field in new], [1, 1, "Delete on the server"])
		self.assertFalse(settings.enabled)
		settings.rotate_webhook_secret()

	def test_a_secret_that_the_server_would_refuse_does_not_stop_a_creation(self):
		self.addCleanup(self.settings)
		self.settings(webhook_enabled=1)
		set_encrypted_password(SETTINGS, SETTINGS, "short", "webhook_secret")
		frappe.clear_document_cache(SETTINGS, SETTINGS)
		self.sandbox.clear_requests()
		session.create_session(self.new_id(), "Nueva")
		self.assertNotIn(b"webhookSecret", self.sandbox.requests[0].body)

	def test_sessions_stay_under_their_random_names_and_heal(self):
		execute()
		frappe.db.commit()
		doc = self.fresh("test_0f1e2d3c4b")
		self.assertEqual((doc.session_id, doc.status), (self.old_session_id, "Disconnected"))
		self.settings()
		data = session.get_session_status(self.old_session_id)["data"]
		self.assertEqual(self.fresh(doc.name).session_db_id, data["id"])
		doc = self.fresh(doc.name)
		doc.description = "still editable"
		doc.save()

	def test_stored_codes_are_erased(self):
		execute()
		stored = frappe.db.sql(
			"select qr_code_data from `tabWhatsApp Session` where name = 'test_0f1e2d3c4b'"
		)
		self.assertIsNone(stored[0][0])

	def test_running_it_again_changes_nothing(self):
		execute()
		before = self.in_singles()
		execute()
		self.assertEqual(self.in_singles(), before)
		self.assertEqual(frappe.get_doc(SETTINGS).get_password("api_key"), PLAIN["api_key"])
