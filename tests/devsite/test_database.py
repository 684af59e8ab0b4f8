from __future__ import annotations

import threading
import time
from datetime import datetime

import frappe
import pytest


def names(**options):
	return sorted(frappe.get_all("Demo Item", pluck="name", **options))


def test_lists_count_nothing_as_empty_but_get_value_does_not(item):
	item("a1", serial="s")
	item("a2")
	assert names(filters={"serial": ("!=", "x")}) == ["a1", "a2"]
	assert frappe.db.get_values("Demo Item", {"serial": ("!=", "x")}, "name", pluck=True) == ["a1"]
	assert names(filters={"serial": ("is", "not set")}) == ["a2"]
	assert names(filters={"serial": ("is", "set")}) == ["a1"]


def test_comparisons_ignore_case_and_accents_as_mariadb_does(item):
	item("a1", title="Sesión Uno")
	assert names(filters={"title": "sesion uno"}) == ["a1"]
	assert names(filters={"title": ("in", ["SESIÓN UNO", ""])}) == ["a1"]
	assert frappe.db.exists("Demo Item", "A1") == "a1"


@pytest.mark.parametrize(
	("filters", "found"),
	[
		({"amount": (">", 5)}, ["a2", "a3"]),
		({"title": ("like", "%2_%")}, []),
		({"title": ("like", "t_")}, ["a1", "a2", "a3"]),
		([["Demo Item", "amount", "<=", 6], ["state", "=", "Open"]], ["a1", "a2"]),
		([["amount", "not in", [5, 7]]], ["a2"]),
		({"happened": (">=", datetime(2026, 1, 6))}, ["a2", "a3"]),
		({"happened": ("between", ["2026-01-05 00:00:00", "2026-01-06 00:00:00"])}, ["a1", "a2"]),
		([["Demo Row", "who", "=", "agent@example.com"]], ["a3"]),
		("a1", ["a1"]),
	],
)
def test_filters_of_every_form(item, filters, found):
	for number in (1, 2, 3):
		item(f"a{number}", title=f"t{number}", amount=4 + number, happened=f"2026-01-0{4 + number} 00:00:00")
	frappe.get_doc("Demo Item", "a3").update({"rows": [{"who": "agent@example.com"}]}).save()
	assert names(filters=filters) == found


def test_or_filters_order_page_and_group(item):
	for number in (1, 2, 3):
		item(f"a{number}", amount=number % 2)
	assert names(or_filters={"name": "a1", "amount": 0}) == ["a1", "a2"]
	assert frappe.get_all("Demo Item", order_by="name desc", limit=1, limit_start=1) == [{"name": "a2"}]
	counted = frappe.get_all(
		"Demo Item", fields=["amount", "count(name) as n"], group_by="amount", order_by="amount"
	)
	assert [(row.amount, row.n) for row in counted] == [(0, 1), (1, 2)]
	assert frappe.db.count("Demo Item", {"amount": 1}) == 2


@pytest.mark.parametrize("order", ["name; drop table x", "(select 1)", "name union select 1"])
def test_an_order_that_is_more_than_an_order_is_refused(order):
	with pytest.raises(frappe.ValidationError):
		frappe.get_all("Demo Item", order_by=order)


def test_quotes_in_values_stay_values(item):
	hostile = "x' or '1'='1 %s \\"
	item("a1", title=hostile)
	assert names(filters={"title": hostile}) == ["a1"]
	assert frappe.db.get_value("Demo Item", {"title": hostile}) == "a1"
	frappe.db.set_value("Demo Item", {"title": hostile}, "serial", "100%")
	assert (
		frappe.db.sql("select serial from `tabDemo Item` where title = %(t)s", {"t": hostile})[0][0] == "100%"
	)
	assert names(filters={"title": "y' or '1'='1"}) == []


def test_rollback_undoes_and_a_savepoint_undoes_a_part(item):
	item("a1")
	frappe.db.savepoint("here")
	item("a2")
	frappe.db.rollback(save_point="here")
	assert names() == ["a1"]
	frappe.db.rollback()
	assert names() == []


def test_callbacks_run_after_their_transaction_and_not_after_the_other_end(item):
	ran: list[str] = []
	frappe.db.after_commit.add(lambda: ran.append("commit"))
	frappe.db.rollback()
	frappe.db.after_rollback.add(lambda: ran.append("rollback"))
	frappe.db.commit()
	assert ran == []
	frappe.db.after_commit.add(lambda: ran.append("commit"))
	frappe.db.commit()
	assert ran == ["commit"]


def test_others_see_a_change_only_after_the_commit_and_a_reader_keeps_its_snapshot(item, elsewhere):
	item("a1")
	assert elsewhere(names) == []
	frappe.db.commit()
	assert elsewhere(names) == ["a1"]

	def read_around_a_change():
		before = frappe.db.get_value("Demo Item", "a1", "title")
		changed.set()
		committed.wait(5)
		return before, frappe.db.get_value("Demo Item", "a1", "title")

	changed, committed, seen = threading.Event(), threading.Event(), []
	reader = threading.Thread(target=lambda: seen.append(elsewhere(read_around_a_change)))
	reader.start()
	changed.wait(5)
	frappe.db.set_value("Demo Item", "a1", "title", "two")
	frappe.db.commit()
	committed.set()
	reader.join()
	assert seen == [("one", "one")]


def test_a_second_writer_waits_and_no_increment_is_lost(item, elsewhere):
	item("a1", amount=0)
	frappe.db.commit()

	def add_one():
		amount = frappe.db.get_value("Demo Item", "a1", "amount", for_update=True)
		time.sleep(0.05)
		frappe.db.set_value("Demo Item", "a1", "amount", amount + 1)
		frappe.db.commit()

	writers = [threading.Thread(target=lambda: elsewhere(add_one)) for _number in range(4)]
	for writer in writers:
		writer.start()
	for writer in writers:
		writer.join()
	assert frappe.db.get_value("Demo Item", "a1", "amount") == 4


def test_of_two_who_insert_the_same_name_one_gets_a_duplicate_entry(item, elsewhere):
	def insert():
		doc = item("a1")
		time.sleep(0.05)
		frappe.db.commit()
		return doc.name

	results: list = []
	writers = [threading.Thread(target=lambda: results.append(elsewhere(insert))) for _number in range(2)]
	for writer in writers:
		writer.start()
	for writer in writers:
		writer.join()
	assert sorted(type(result).__name__ for result in results) == ["DuplicateEntryError", "str"]


def test_a_writer_that_waits_too_long_gets_a_timeout(item, elsewhere, monkeypatch):
	monkeypatch.setattr("frappe.connection.LOCK_WAIT_SECONDS", 0.1)
	item("a1")
	assert isinstance(elsewhere(lambda: item("a2")), frappe.QueryTimeoutError)


def test_get_list_asks_for_permission_and_applies_the_condition_and_get_all_does_neither(item):
	item("a1")
	item("a2", title="hidden")
	frappe.set_user("agent@example.com")
	assert [row.name for row in frappe.get_list("Demo Item")] == ["a1"]
	assert names() == ["a1", "a2"]
	frappe.set_user("viewer@example.com")
	with pytest.raises(frappe.PermissionError):
		frappe.get_list("Demo Item")


def test_roles_grant_and_the_hook_only_takes_away_and_none_leaves_it_to_the_roles(item):
	open_item, hidden = item("a1"), item("a2", title="hidden")
	assert frappe.has_permission("Demo Item", "read", open_item, user="agent@example.com")
	assert not frappe.has_permission("Demo Item", "read", hidden, user="agent@example.com")
	assert not frappe.has_permission("Demo Item", "delete", open_item, user="agent@example.com")
	assert not frappe.has_permission("Demo Item", "read", open_item, user="viewer@example.com")
	assert frappe.has_permission("Demo Item", "delete", hidden, user="Administrator")
	frappe.set_user("agent@example.com")
	with pytest.raises(frappe.PermissionError):
		frappe.get_doc("Demo Item", "a2").check_permission("read")
	with pytest.raises(frappe.PermissionError):
		frappe.get_doc({"doctype": "Demo Item", "code": "a3", "title": "x"}).insert()
	with pytest.raises(frappe.PermissionError):
		frappe.delete_doc("Demo Item", "a1")
	frappe.get_doc({"doctype": "Demo Item", "code": "a3", "title": "x"}).insert(ignore_permissions=True)


def test_a_child_row_follows_its_parents_permission(item):
	row = item("a1", rows=[{"who": "agent@example.com"}]).rows[0]
	assert frappe.has_permission("Demo Row", "read", row, user="agent@example.com")
	assert not frappe.has_permission("Demo Row", "read", row, user="viewer@example.com")
	assert not frappe.has_permission("Demo Row", "read", user="agent@example.com")


def test_the_cache_is_shared_expires_and_counts(elsewhere):
	frappe.cache.set_value("greeting", {"a": 1}, expires_in_sec=30)
	assert elsewhere(lambda: frappe.cache.get_value("greeting")) == {"a": 1}
	frappe.cache.delete_keys("gree")
	assert frappe.cache.get_value("greeting", expires=True) is None
	key = frappe.cache.make_key("counter")
	assert [frappe.cache.incr(key), frappe.cache.incr(key)] == [1, 2]
	frappe.cache.hset("table", "row", [1])
	assert elsewhere(lambda: frappe.cache.hget("table", "row")) == [1]
	with frappe.cache.lock("one at a time", timeout=5):
		assert not frappe.cache.lock("one at a time").acquire(blocking=False)


def test_events_go_to_their_room_after_the_commit_only(item):
	channel = frappe.cache.pubsub(ignore_subscribe_messages=True)
	channel.subscribe("events")
	channel.get_message(timeout=0.2)
	frappe.publish_realtime("moved", {"x": 1}, doctype="Demo Item", docname="a1", after_commit=True)
	frappe.db.rollback()
	assert channel.get_message(timeout=0.1) is None
	frappe.publish_realtime("moved", {"x": 2}, doctype="Demo Item", docname="a1", after_commit=True)
	frappe.db.commit()
	event = frappe.parse_json(channel.get_message(timeout=1)["data"].decode())
	assert (event.event, event.message, event.room) == ("moved", {"x": 2}, "doc:Demo Item/a1")
	channel.close()


def test_jobs_run_once_after_the_commit_and_a_failing_one_is_logged():
	from devsite.testing import run_jobs

	job = {"job_id": "write", "deduplicate": True, "enqueue_after_commit": True}
	frappe.enqueue("demo_app.api.write_in_background", text="kept", **job)
	assert run_jobs() == 0
	frappe.db.commit()
	assert frappe.enqueue("demo_app.api.write_in_background", text="again", **job) is None
	assert run_jobs() == 1
	assert frappe.get_all("Demo Note", pluck="text") == ["kept"]
	frappe.enqueue("demo_app.api.fail_in_background")
	frappe.db.commit()
	run_jobs()
	frappe.db.rollback()
	assert frappe.get_all("Error Log", pluck="method") == ["demo_app.api.fail_in_background"]
	assert frappe.get_all("Demo Note", pluck="text") == ["kept"]


def test_mail_and_notifications_are_collected():
	from frappe.desk.doctype.notification_log.notification_log import enqueue_create_notification

	frappe.sendmail(recipients=["a@example.com"], subject="Hi", message="There")
	assert "Subject: Hi" in frappe.get_all("Email Queue", fields=["message"])[0].message
	enqueue_create_notification(["agent@example.com"], {"subject": "Down", "type": "Alert"})
	assert frappe.get_all("Notification Log", pluck="for_user") == ["agent@example.com"]
