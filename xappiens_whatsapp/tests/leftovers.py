"""What tests leave on a site: jobs in the queue, rows of what people and administrators are told, keys in the cache.

Nearly every test leaves some: the app keeps a session's story, tells people, logs what goes wrong, queues what nobody runs; that is
removed. A session whose name is not one of a test's stays, since it may be somebody's, and fails the test that it came up in.
"""

from __future__ import annotations

from typing import Any

import frappe
from frappe.deferred_insert import save_to_db

from xappiens_whatsapp import SESSION, SESSION_EVENT, SESSION_USER, SETTINGS
from xappiens_whatsapp.tests import workers

Filters = dict[str, Any]
Left = dict[str, set[str]]
OF_A_TEST = ("like", "test%")
OF_A_USER = ("like", "%@example.com")
MENTIONS_US = ("like", "%whatsapp%")
CACHE, QUEUE, OTHER_SESSION = "cache", "queue", "session with the name of none"


def about(doctype: str, name: str) -> tuple[Filters, ...]:
	"""Rows that refer to a session of a test, to the settings, or to a user of the tests."""
	return ({doctype: SESSION, name: OF_A_TEST}, {doctype: SETTINGS}, {doctype: "User", name: OF_A_USER})


TABLES: dict[str, tuple[Filters, ...]] = {
	"Comment": about("reference_doctype", "reference_name"),
	"Deleted Document": about("deleted_doctype", "deleted_name"),
	"Email Queue": about("reference_doctype", "reference_name"),
	"Error Log": ({"method": MENTIONS_US}, {"error": MENTIONS_US}, {"method": OF_A_TEST}),
	"Notification Log": (*about("document_type", "document_name"), {"for_user": OF_A_USER}),
	"Version": about("ref_doctype", "docname"),
	SESSION: ({"name": OF_A_TEST}, {"session_id": OF_A_TEST}),
	SESSION_EVENT: ({"session": OF_A_TEST}, {"session": SETTINGS}),
	SESSION_USER: ({"parent": OF_A_TEST},),
}
ROWS_OF = {"Email Queue": "Email Queue Recipient"}


def snapshot() -> Left:
	"""The names of rows, jobs and keys that tests may leave, as another request would see them."""
	frappe.db.rollback()
	save_to_db()
	frappe.db.commit()
	rows = {table: names_in(table) for table in TABLES if frappe.db.table_exists(table)}
	others = set(frappe.get_all(SESSION, pluck="name")) - rows[SESSION]
	keys = {key.decode() for key in frappe.cache.get_keys("whatsapp_")}
	return {**rows, OTHER_SESSION: others, CACHE: keys, QUEUE: set(workers.names_of_jobs())}


def names_in(table: str) -> set[str]:
	return {name for one in TABLES[table] for name in frappe.get_all(table, filters=one, pluck="name")}


def left_since(before: Left) -> Left:
	now = snapshot()
	return {kind: left for kind in now if (left := now[kind] - before.get(kind, set()))}


def remove_since(before: Left, who: str) -> None:
	left = left_since(before)
	remove(left, before)
	if others := left.get(OTHER_SESSION):
		raise AssertionError(f"{who} left {OTHER_SESSION}: {others}")


def remove(left: Left, before: Left) -> None:
	workers.forget_jobs(before[QUEUE])
	frappe.cache.delete_value([key.encode() for key in left.get(CACHE, ())], make_keys=False)
	for table in set(left) & set(TABLES):
		names = ("in", sorted(left[table]))
		frappe.db.delete(table, {"name": names})
		if frappe.db.table_exists(rows := ROWS_OF.get(table, SESSION_USER)):
			frappe.db.delete(rows, {"parent": names})
	frappe.db.commit()


def check_since(before: Left, who: str) -> None:
	if left := left_since(before):
		remove(left, before)
		raise AssertionError(f"{who} left {left}")
