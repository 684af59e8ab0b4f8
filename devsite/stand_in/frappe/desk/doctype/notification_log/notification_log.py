from __future__ import annotations

import frappe
from frappe.model.document import Document


class NotificationLog(Document):
	pass


def enqueue_create_notification(users: list[str], doc: dict) -> None:
	method = "frappe.desk.doctype.notification_log.notification_log.make_notification_logs"
	frappe.enqueue(method, doc=frappe._dict(doc), users=list(set(users)), now=frappe.flags.in_test)


def make_notification_logs(doc: dict, users: list[str]) -> None:
	filters = {"enabled": 1, "email": ("in", users)}
	for user in frappe.db.get_values("User", filters, "name", pluck=True):
		notification = frappe.new_doc("Notification Log").update(doc)
		notification.for_user = user
		notification.insert(ignore_permissions=True)
