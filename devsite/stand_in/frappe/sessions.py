"""Who asks, by the cookie `sid`."""

from __future__ import annotations

import frappe


class Session:
	def __init__(self, sid: str) -> None:
		found = frappe.db.sql("select user, csrf_token from tabSessions where sid = %s", sid)
		user, csrf_token = found[0] if found else ("Guest", None)
		if not found and sid != "Guest":
			frappe.local.response["session_expired"] = 1
		data = frappe._dict(csrf_token=csrf_token)
		frappe.local.session = frappe._dict(user=user, sid=sid if found else "Guest", data=data)

	def update(self, force: bool = False) -> None:
		values = (frappe.session.data.csrf_token, frappe.session.sid)
		frappe.db.sql("update tabSessions set csrf_token = %s where sid = %s", values)
		frappe.db.commit()


def start(user: str) -> Session:
	sid = frappe.generate_hash()
	frappe.db.sql("insert into tabSessions (sid, user) values (%s, %s)", (sid, user))
	frappe.db.commit()
	return Session(sid)


def get_csrf_token() -> str:
	if not frappe.session.data.csrf_token:
		frappe.session.data.csrf_token = frappe.generate_hash()
		frappe.local.session_obj.update(force=True)
	return frappe.session.data.csrf_token


__getattr__ = frappe._missing.refuse(__name__)
