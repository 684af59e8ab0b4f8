from __future__ import annotations

import frappe


def has_permission(doc: object, ptype: str = "read", user: str | None = None) -> bool | None:
	"""None leaves the decision to the roles."""
	return False if doc.title == "hidden" else None


def query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	return "" if user == "Administrator" else f"`tab{doctype}`.title != {frappe.db.escape('hidden')}"


def note_event(doc: object, method: str) -> None:
	doc.calls = [*(doc.get("calls") or []), f"hook {method}"]
