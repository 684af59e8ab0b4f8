from __future__ import annotations

import frappe

from xappiens_whatsapp import SESSION, permissions


def has_app_permission() -> bool:
	return frappe.session.user == "Administrator" or bool(
		permissions.ROLES[SESSION] & set(frappe.get_roles())
	)
