from __future__ import annotations

import frappe

ROLES = frozenset({"System Manager", "WhatsApp Manager", "WhatsApp User"})


def has_app_permission() -> bool:
	return frappe.session.user == "Administrator" or bool(ROLES & set(frappe.get_roles()))
