from __future__ import annotations

from datetime import datetime

import frappe
import pytest


def test_a_document_named_by_a_field_takes_its_value_without_spaces_around(item):
	doc = item(" a1 ")
	assert (doc.name, doc.code) == ("a1", "a1")


def test_a_document_without_rule_gets_a_ten_character_hash():
	name = frappe.get_doc({"doctype": "Demo Note", "text": "x"}).insert().name
	assert len(name) == 10 and int(name, 16) >= 0


@pytest.mark.parametrize("code", ["<b>", "New Demo Item 1", "Demo Item"])
def test_names_that_frappe_refuses_are_refused(item, code):
	with pytest.raises(frappe.NameError):
		item(code)


def test_defaults_come_from_the_fields_and_a_select_starts_with_its_first_option(item):
	doc = item()
	assert (doc.amount, doc.done, doc.state) == (7, 1, "Open")
	assert item("a2", amount=0, done=0).amount == 0


def test_values_are_coerced_when_written_and_times_are_read_as_datetime(item):
	item(amount="12", done="yes", happened="2026-01-02 03:04:05")
	doc = frappe.get_doc("Demo Item", "a1")
	assert (doc.amount, doc.done, doc.happened) == (12, 0, datetime(2026, 1, 2, 3, 4, 5))
	assert frappe.db.get_value("Demo Item", {"happened": "2026-01-02 03:04:05.000000"}) == "a1"


@pytest.mark.parametrize("value", ["2026-01-02T03:04:05Z", "2026-01-02 03:04:05+00:00", "soon"])
def test_a_time_that_mariadb_would_refuse_is_refused(item, value):
	with pytest.raises(frappe.db.DataError):
		item(happened=value)


def test_whole_numbers_have_the_room_that_their_column_has(item):
	assert item(big=2**40).reload().big == 2**40
	with pytest.raises(frappe.CharacterLengthExceededError):
		item("a2", amount=2**31)
	with pytest.raises(frappe.db.DataError):
		frappe.db.set_value("Demo Item", "a1", "amount", 2**31)


def test_text_longer_than_its_column_is_refused_by_document_and_by_database(item):
	with pytest.raises(frappe.CharacterLengthExceededError):
		item(title="x" * 141)
	item()
	with pytest.raises(frappe.db.DataError):
		frappe.db.set_value("Demo Item", "a1", "title", "x" * 141)


def test_a_second_document_of_the_same_name_is_a_duplicate_entry_whatever_the_case(item):
	item("a1")
	with pytest.raises(frappe.DuplicateEntryError):
		item("A1")
	assert "already exists" in frappe.local.message_log[-1].message


def test_a_second_value_in_a_unique_field_names_the_field_and_empty_ones_do_not_collide(item):
	item("a1", serial="s")
	item("a2", serial="")
	item("a3", serial="")
	with pytest.raises(frappe.UniqueValidationError):
		item("a4", serial="S")
	assert frappe.local.message_log[-1].message == "Serial must be unique"


def test_a_field_set_only_once_cannot_be_changed(item):
	doc = item()
	doc.code = "other"
	doc.name = "a1"
	doc.flags.ignore_validate = True
	doc.meta.get_field("title").set_only_once = 1
	doc.title = "changed"
	try:
		with pytest.raises(frappe.CannotChangeConstantError):
			doc.save()
	finally:
		doc.meta.get_field("title").set_only_once = 0


def test_missing_values_are_listed_and_refused():
	with pytest.raises(frappe.MandatoryError, match="title"):
		frappe.get_doc({"doctype": "Demo Item", "code": "a1"}).insert()
	assert "Value missing for Demo Item: Title" in frappe.local.message_log[-1].message


def test_select_and_link_accept_only_what_exists(item):
	with pytest.raises(frappe.ValidationError, match="cannot be"):
		item(state="Nowhere")
	with pytest.raises(frappe.LinkValidationError):
		item(partner="who@example.com")
	assert item(partner="AGENT@example.com").partner == "agent@example.com"


def test_html_is_sanitised_and_plain_text_is_left_alone(item):
	assert item(title="<b>x</b><script>y</script>").title == "<b>x</b>&lt;script&gt;y&lt;/script&gt;"
	assert item("a2", title="1 < 2 & 3").title == "1 < 2 & 3"
	assert item("a3", title='y<img src="javascript:x" onerror=z>').title == "y<img>"


def test_the_order_of_events_is_frappes_and_hooks_run_after_the_controller(item):
	doc = item()
	assert doc.calls == [
		"before_insert", "before_naming", "before_validate", "validate", "before_save", "after_insert",
		"on_update", "hook on_update", "on_change",
	]  # fmt: skip
	doc.calls = []
	doc.save()
	assert doc.calls == [
		"before_validate",
		"validate",
		"before_save",
		"on_update",
		"hook on_update",
		"on_change",
	]


def test_saving_what_somebody_else_changed_is_refused(item):
	doc = item()
	frappe.db.set_value("Demo Item", "a1", "title", "theirs")
	with pytest.raises(frappe.TimestampMismatchError):
		doc.save()
	doc.reload().save()
	assert doc.title == "theirs"


def test_has_value_changed_compares_with_what_was_stored(item):
	doc = item(happened="2026-01-02 03:04:05")
	doc.title = "two"
	doc.happened = "2026-01-02 03:04:05"
	doc.save()
	assert doc.has_value_changed("title") and not doc.has_value_changed("happened")
	assert doc.get_doc_before_save().title == "one"


def test_child_rows_are_kept_changed_added_and_removed_with_their_parent(item):
	doc = item(rows=[{"who": "agent@example.com"}, {"who": "viewer@example.com", "part": "A"}])
	kept = doc.rows[1].name
	doc.remove(doc.rows[0])
	doc.append("rows", {"who": "manager@example.com"})
	doc.save()
	rows = frappe.get_doc("Demo Item", "a1").rows
	assert [(row.who, row.part, row.idx) for row in rows] == [
		("viewer@example.com", "A", 1),
		("manager@example.com", "B", 2),
	]
	assert rows[0].name == kept and rows[0].parentfield == "rows"


def test_a_password_is_stored_encrypted_shown_as_stars_and_read_only_on_purpose(item):
	doc = item(secret="s3cret")
	assert doc.secret == "******" and doc.get_password("secret") == "s3cret"
	stored = frappe.db.sql("select password from `__Auth` where doctype = 'Demo Item'", pluck=True)[0]
	assert "s3cret" not in stored
	doc.save()
	assert frappe.get_doc("Demo Item", "a1").get_password("secret") == "s3cret"
	doc.secret = ""
	doc.save()
	assert doc.get_password("secret", raise_exception=False) is None
	with pytest.raises(frappe.ValidationError):
		doc.get_password("secret")


def test_a_single_has_defaults_until_it_is_saved_and_types_after():
	assert frappe.get_doc("Demo Settings").limit == 5
	assert frappe.db.get_single_value("Demo Settings", "limit") == 0
	frappe.get_doc("Demo Settings").update({"enabled": 1, "since": "2026-01-02 03:04:05"}).save()
	settings = frappe.get_doc("Demo Settings")
	assert (settings.enabled, settings.limit) == (1, 5)
	assert frappe.db.get_single_value("Demo Settings", "since") == datetime(2026, 1, 2, 3, 4, 5)
	frappe.db.set_single_value("Demo Settings", "limit", 9)
	assert frappe.get_doc("Demo Settings").limit == 9


def test_db_set_writes_at_once_and_keeps_the_document_savable(item):
	doc = item()
	doc.db_set("title", "two")
	assert frappe.db.get_value("Demo Item", "a1", "title") == "two"
	doc.title = "three"
	assert doc.save().title == "three"


def test_deleting_runs_its_events_and_takes_children_and_secrets_along(item):
	item(secret="x", rows=[{"who": "agent@example.com"}])
	frappe.delete_doc("Demo Item", "a1")
	assert not frappe.db.exists("Demo Item", "a1")
	assert frappe.db.count("Demo Row") == 0
	assert frappe.db.get_value("__Auth", {"doctype": "Demo Item"}, "name", order_by=None) is None
	assert frappe.delete_doc("Demo Item", "a1") is False
	with pytest.raises(frappe.DoesNotExistError):
		frappe.delete_doc("Demo Item", "a1", ignore_missing=False)


def test_what_is_linked_cannot_be_deleted(item):
	frappe.get_doc({"doctype": "User", "email": "gone@example.com", "first_name": "G"}).insert()
	item(partner="gone@example.com")
	with pytest.raises(frappe.LinkExistsError):
		frappe.delete_doc("User", "gone@example.com")
	frappe.delete_doc("Demo Item", "a1")
	frappe.delete_doc("User", "gone@example.com")


def test_a_cached_document_follows_a_save(item):
	doc = item()
	assert frappe.get_cached_doc("Demo Item", "a1").title == "one"
	doc.title = "two"
	doc.save()
	assert frappe.get_cached_doc("Demo Item", "a1").title == "two"


def test_an_unknown_document_or_doctype_is_not_found():
	with pytest.raises(frappe.DoesNotExistError, match="Demo Item nothing not found"):
		frappe.get_doc("Demo Item", "nothing")
	with pytest.raises(frappe.DoesNotExistError):
		frappe.get_doc("No Such Type", "x")
