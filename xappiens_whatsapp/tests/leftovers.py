"""What tests leave on a site: jobs in the queue, rows of what people and administrators are told, keys in the cache."""

from __future__ import annotations

import frappe
from frappe.deferred_insert import save_to_db

from xappiens_whatsapp import SESSION, SESSION_EVENT, SESSION_USER
from xappiens_whatsapp.tests import workers

TABLES = (
	"Comment",
	"Deleted Document",
	"Email Queue",
	"Email Queue Recipient",
	"Error Log",
	"Notification Log",
	"Version",
	SESSION,
	SESSION_EVENT,
	SESSION_USER,
)
CACHE, QUEUE = "cache", "queue"
Left = dict[str, set[str]]


def there() -> Left:
	"""The names of all rows, jobs and keys, as another request would see them."""
	frappe.db.rollback()
	save_to_db()
	frappe.db.commit()
	rows = {table: names_in(table) for table in TABLES if frappe.db.table_exists(table)}
	keys = {key.decode() for key in frappe.cache.get_keys("whatsapp_")}
	return {**rows, CACHE: keys, QUEUE: set(workers.names_of_jobs())}


def names_in(table: str) -> set[str]:
	return {row[0] for row in frappe.db.sql(f"select name from `tab{table}`")}


def left_since(before: Left) -> Left:
	now = there()
	return {kind: left for kind in now if (left := now[kind] - before.get(kind, set()))}


def remove_since(before: Left) -> None:
	workers.forget_jobs()
	frappe.cache.delete_keys("whatsapp_")
	for table, names in left_since(before).items():
		if table not in (CACHE, QUEUE):
			frappe.db.delete(table, {"name": ("in", sorted(names))})
	frappe.db.commit()


def check_since(before: Left, who: str) -> None:
	if left := left_since(before):
		remove_since(before)
		raise AssertionError(f"{who} left {left}")
