"""What the app takes for granted of Frappe's documents: the same on v15, v16 and the development site."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import frappe
from frappe.utils import get_datetime

from xappiens_whatsapp import SESSION, SETTINGS
from xappiens_whatsapp.tests.base import AGENT, MANAGER, VIEWER, WhatsAppTestCase

ROW = "WhatsApp Session User"
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901)


class BehaviourTestCase(WhatsAppTestCase):
	def new_doc(self, session_id: str | None = None, **values: Any) -> Any:
		"""Not inserted yet."""
		return frappe.get_doc(
			{"doctype": SESSION, "session_id": session_id or self.new_id(), "session_name": "Test", **values}
		)

	def raw(self, name: str, *fields: str) -> frappe._dict:
		return frappe.db.get_value(SESSION, name, fields, as_dict=True)

	def found(self, **filters: Any) -> list[str]:
		return frappe.get_all(SESSION, filters=filters, pluck="session_name", order_by="session_name")

	def last_message(self) -> str:
		return frappe.get_message_log()[-1]["message"]


class TestNames(BehaviourTestCase):
	def test_the_controller_names_the_document_whatever_the_caller_says(self):
		session_id = self.new_id()
		doc = self.new_doc(session_id, name="another").insert()
		self.assertEqual((doc.name, doc.is_new()), (session_id, None))
		self.assertEqual(self.new_doc().insert(set_name="test_given").name, "test_given")

	def test_rows_get_ten_characters(self):
		row = self.new_record(assigned_users=[{"user": AGENT}]).assigned_users[0]
		self.assertEqual(len(row.name), 10)

	def test_a_name_counts_once_whatever_its_case(self):
		session_id = self.new_id()
		self.new_record(session_id=session_id)
		for again in (session_id, session_id.upper()):
			with self.subTest(again), self.assertRaises(frappe.DuplicateEntryError) as raised:
				self.new_doc(again).insert()
			self.assertEqual(raised.exception.http_status_code, 409)
		self.assertIn("already exists", self.last_message())

	def test_a_unique_value_counts_once_under_any_name(self):
		session_id = self.new_id()
		self.new_record(session_id=session_id)
		with self.assertRaises(frappe.UniqueValidationError) as raised:
			self.new_doc(session_id.upper()).insert(set_name="test_other")
		self.assertEqual(raised.exception.http_status_code, 417)
		self.assertIn("must be unique", self.last_message())

	def test_a_refused_insert_leaves_the_transaction_alive(self):
		first = self.new_doc().insert()
		with self.assertRaises(frappe.DuplicateEntryError):
			self.new_doc(first.name).insert()
		self.new_doc("test_after").insert()
		frappe.db.commit()
		self.assertTrue(frappe.db.exists(SESSION, first.name) and frappe.db.exists(SESSION, "test_after"))


class TestValues(BehaviourTestCase):
	def test_defaults_are_there_after_the_insert(self):
		doc = self.new_doc(assigned_users=[{"user": AGENT}]).insert()
		self.assertEqual((doc.status, doc.is_active, doc.is_connected), ("Disconnected", 1, 0))
		self.assertEqual(doc.assigned_users[0].role, "Agent")
		doc.reload()
		self.assertEqual((doc.session_db_id, doc.phone_number, doc.last_seen), (0, None, None))
		self.assertEqual(self.new_doc(is_active=0).insert().is_active, 0)
		new = frappe.new_doc(SESSION)
		self.assertEqual((new.status, new.is_active, new.owner), ("Disconnected", 1, "Administrator"))

	def test_numbers_and_ticks_are_stored_as_such(self):
		doc = self.new_doc().insert()
		for given, stored in (("12", 12), (True, 1), (2**40, 2**40)):
			with self.subTest(given):
				doc.db_set("session_db_id", given)
				self.assertEqual(self.raw(doc.name, "session_db_id").session_db_id, stored)
				self.assertIs(type(frappe.get_doc(SESSION, doc.name).session_db_id), int)
		for given, stored in (("1", 1), (True, 1), ("yes", 0), (5, 1), ("0", 0)):
			with self.subTest(given):
				self.assertEqual(self.new_doc(is_active=given).insert().reload().is_active, stored)

	def test_times_come_back_as_datetimes_with_microseconds(self):
		for given in (MOMENT, str(MOMENT)):
			doc = self.new_doc().insert()
			doc.db_set("last_seen", given)
			self.assertEqual(get_datetime(doc.last_seen), MOMENT)
			self.assertEqual(doc.reload().last_seen, MOMENT)
			self.assertEqual(frappe.db.get_value(SESSION, doc.name, "last_seen"), MOMENT)
			self.assertEqual(self.found(name=doc.name, last_seen=MOMENT), ["Test"])
		doc.db_set("last_seen", None)
		self.assertIsNone(doc.reload().last_seen)
		self.assertIsInstance(doc.modified, datetime)

	def test_a_time_with_a_zone_and_a_text_too_long_are_refused_by_the_database(self):
		name = self.new_record().name
		for field, value in (
			("last_seen", "2026-01-02T03:04:05Z"),
			("last_seen", "soon"),
			("phone_number", "x" * 141),
		):
			with self.subTest(value), self.assertRaises((frappe.db.DataError, frappe.db.OperationalError)):
				frappe.db.set_value(SESSION, name, field, value)

	def test_a_long_text_is_kept_whole(self):
		doc = self.new_doc().insert()
		doc.db_set("error_message", "x" * 2000)
		self.assertEqual(len(doc.reload().error_message), 2000)

	def test_what_is_required_is_named(self):
		for missing in ("", None, "   ", "<br>"):
			with self.subTest(missing), self.assertRaises(frappe.ValidationError):
				self.new_doc(session_name=missing).insert()
		with self.assertRaises(frappe.MandatoryError) as raised:
			self.new_doc(assigned_users=[{"role": "Agent"}]).insert()
		self.assertIn("user", str(raised.exception))
		self.assertIn("Value missing for", self.last_message())
		doc = self.new_doc(assigned_users=[{"role": "Agent"}])
		doc.flags.ignore_mandatory = True
		doc.insert()

	def test_choices_and_links_must_exist(self):
		with self.assertRaisesRegex(frappe.ValidationError, "cannot be"):
			self.new_doc(assigned_users=[{"user": AGENT, "role": "agent"}]).insert()
		with self.assertRaises(frappe.LinkValidationError):
			self.new_doc(assigned_users=[{"user": "who@example.com"}]).insert()
		doc = self.new_doc(assigned_users=[{"user": AGENT.upper()}]).insert()
		self.assertEqual(doc.assigned_users[0].user, AGENT)
		with self.assertRaises(frappe.LinkValidationError):
			self.settings(default_session="nothing")

	def test_a_script_in_a_text_does_not_survive_as_one(self):
		doc = self.new_doc(session_name="<script>alert(1)</script>x", description="1 < 2 & 3").insert()
		self.assertNotIn("<script", doc.reload().session_name)
		self.assertEqual(doc.description, "1 < 2 & 3")

	def test_a_field_set_once_stays(self):
		doc = self.new_record()
		doc.session_id = self.new_id()
		with self.assertRaises(frappe.CannotChangeConstantError):
			doc.save()
		self.assertIn("Value cannot be changed", self.last_message())


class TestSecrets(BehaviourTestCase):
	def test_they_are_shown_as_stars_and_read_on_purpose_only(self):
		self.settings(api_key="a-secret-0000")
		settings = frappe.get_doc(SETTINGS)
		self.assertEqual(settings.api_key, "*" * 13)
		self.assertEqual(settings.as_dict().api_key, "*" * 13)
		self.assertEqual(frappe.db.get_single_value(SETTINGS, "api_key"), "*" * 13)
		self.assertEqual(settings.get_password("api_key"), "a-secret-0000")
		stored = frappe.db.sql(
			"select password from __Auth where doctype = %s and fieldname = 'api_key'", SETTINGS
		)
		self.assertNotIn("a-secret-0000", stored[0][0])

	def test_stars_keep_and_nothing_removes_them(self):
		self.settings(api_key="a-secret-0000")
		frappe.get_doc(SETTINGS).save()
		self.assertEqual(frappe.get_doc(SETTINGS).get_password("api_key"), "a-secret-0000")
		self.settings(api_key="")
		settings = frappe.get_doc(SETTINGS)
		self.assertIsNone(settings.get_password("api_key", raise_exception=False))
		with self.assertRaises((frappe.ValidationError, frappe.AuthenticationError)):
			settings.get_password("api_key")


class TestSingle(BehaviourTestCase):
	def test_its_values_have_types(self):
		self.settings(api_timeout="7", webhook_enabled="1", webhook_secret_rotated_on=MOMENT)
		for settings in (frappe.get_doc(SETTINGS), frappe.get_cached_doc(SETTINGS)):
			self.assertEqual(
				(settings.name, settings.api_timeout, settings.webhook_enabled), (SETTINGS, 7, 1)
			)
			self.assertEqual(get_datetime(settings.webhook_secret_rotated_on), MOMENT)
			self.assertIn("handle_webhook", settings.as_dict().webhook_url)
		self.assertEqual(frappe.db.get_single_value(SETTINGS, "api_timeout"), 7)
		self.assertEqual(frappe.db.get_single_value(SETTINGS, "webhook_secret_rotated_on"), MOMENT)
		self.assertIs(frappe.db.get_single_value(SETTINGS, "webhook_enabled"), 1)

	def test_the_cached_one_follows_every_kind_of_write(self):
		self.assertEqual(frappe.get_cached_doc(SETTINGS).api_timeout, 5)
		self.settings(api_timeout=8)
		self.assertEqual(frappe.get_cached_doc(SETTINGS).api_timeout, 8)
		frappe.db.set_single_value(SETTINGS, "api_timeout", 9)
		self.assertEqual(frappe.get_cached_doc(SETTINGS).api_timeout, 9)

	def test_a_linked_record_is_not_deleted(self):
		name = self.new_record().name
		self.settings(default_session=name)
		with self.assertRaises(frappe.LinkExistsError):
			frappe.delete_doc(SESSION, name)
		self.settings(default_session=None)
		frappe.delete_doc(SESSION, name)
		self.assertFalse(frappe.db.exists(SESSION, name))


class TestSaving(BehaviourTestCase):
	def test_the_controller_sees_what_was_stored_before(self):
		doc = self.new_doc().insert()
		self.assertIsNone(doc.get_doc_before_save())
		doc.session_name = "Later"
		doc.save()
		self.assertEqual(doc.get_doc_before_save().session_name, "Test")

	def test_what_somebody_else_stored_since_is_not_overwritten(self):
		doc = self.new_record()
		frappe.db.set_value(SESSION, doc.name, "description", "unnoticed", update_modified=False)
		doc.save()
		frappe.db.set_value(SESSION, doc.name, "description", "noticed")
		with self.assertRaises(frappe.TimestampMismatchError):
			doc.save()
		doc.reload().save()

	def test_db_set_writes_at_once_and_leaves_the_document_savable(self):
		doc = self.new_record()
		before = doc.modified
		doc.db_set({"down_since": MOMENT, "error_code": "X"}, update_modified=False)
		self.assertEqual(str(self.raw(doc.name, "modified").modified), str(get_datetime(before)))
		doc.db_set("error_code", "Y")
		self.assertEqual(
			self.raw(doc.name, "error_code", "down_since"), {"error_code": "Y", "down_since": MOMENT}
		)
		self.assertNotEqual(str(self.raw(doc.name, "modified").modified), str(get_datetime(before)))
		self.assertEqual(doc.error_code, "Y")
		doc.description = "after"
		doc.save()

	def test_rows_are_kept_added_and_removed_with_their_document(self):
		doc = self.new_record(assigned_users=[{"user": AGENT}, {"user": VIEWER, "role": "Viewer"}])
		kept = doc.assigned_users[1].name
		doc.update({"assigned_users": [{**doc.assigned_users[1].as_dict(), "idx": 1}]})
		doc.append("assigned_users", {"user": MANAGER})
		doc.save()
		rows = frappe.get_doc(SESSION, doc.name).assigned_users
		self.assertEqual(
			[(row.user, row.role, row.idx) for row in rows], [(VIEWER, "Viewer", 1), (MANAGER, "Agent", 2)]
		)
		self.assertEqual((rows[0].name, frappe.db.count(ROW, {"parent": doc.name})), (kept, 2))
		frappe.delete_doc(SESSION, doc.name)
		self.assertEqual(frappe.db.count(ROW, {"parent": doc.name}), 0)

	def test_what_is_not_there_is_said_so(self):
		with self.assertRaisesRegex(frappe.DoesNotExistError, "WhatsApp Session nothing not found"):
			frappe.get_doc(SESSION, "nothing")
		frappe.delete_doc(SESSION, "nothing")
		with self.assertRaises(frappe.DoesNotExistError):
			frappe.delete_doc(SESSION, "nothing", ignore_missing=False)
		self.assertIsNone(frappe.db.get_value(SESSION, "nothing"))
		self.assertIsNone(frappe.db.get_value(SESSION, "nothing", ["name", "status"], as_dict=True))
		self.assertFalse(frappe.db.exists(SESSION, "nothing"))
