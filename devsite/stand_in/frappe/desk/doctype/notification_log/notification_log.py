from __future__ import annotations

import frappe
from frappe.model.document import Document


class NotificationLog(Document):
	def after_insert(self) -> None:
		frappe.publish_realtime("notification", after_commit=True, user=self.for_user)


def enqueue_create_notification(users: list[str] | str, doc: dict) -> None:
	if isinstance(users, str):
		users = [user.strip() for user in users.split(",") if user.strip()]
	method = "frappe.desk.doctype.notification_log.notification_log.make_notification_logs"
	frappe.enqueue(method, doc=frappe._dict(doc), users=list(set(users)), now=frappe.flags.in_test)


def make_notification_logs(doc: dict, users: list[str]) -> None:
	filters = {"enabled": 1, "email": ("in", users)}
	for user in frappe.db.get_values("User", filters, "name", pluck=True):
		notification = frappe.new_doc("Notification Log").update(doc)
		notification.for_user = user
		if user != notification.from_user or doc.get("type") == "Alert":
			notification.insert(ignore_permissions=True)
