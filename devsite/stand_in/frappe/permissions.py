"""Role permissions from the DocType JSON or Custom DocPerm, narrowed by the has_permission hooks."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

RIGHTS = ("select", "read", "write", "create", "delete", "report", "export", "print", "email", "share")


def get_roles(username: str | None = None) -> list[str]:
	"""Cached until the user is saved, as those of a DocType are until frappe.clear_cache."""
	user = username or frappe.session.user
	return frappe.cache.get_value(f"roles:{user}", lambda: _roles_of(user))


def _roles_of(user: str) -> list[str]:
	if user == "Guest":
		return ["Guest"]
	if user == "Administrator":
		return frappe.get_all("Role", pluck="name", order_by="name")
	roles = frappe.get_all("Has Role", filters={"parent": user, "parenttype": "User"}, pluck="role")
	is_desk_user = frappe.db.get_value("User", user, "user_type") == "System User"
	return [*roles, "All", "Guest", *(["Desk User"] if is_desk_user else [])]


def get_role_permissions(meta: Any, user: str) -> frappe._dict:
	roles = get_roles(user)
	options = {"fields": ["*"], "filters": {"parent": meta.name}}
	custom = frappe.cache.get_value(f"perm:{meta.name}", lambda: frappe.get_all("Custom DocPerm", **options))
	rows = [row for row in custom or meta.permissions if row.role in roles]
	if any(row.if_owner or row.permlevel for row in rows):
		raise NotImplementedError("permissions for owners and levels are not provided by devsite")
	is_administrator = user == "Administrator"
	return frappe._dict(
		{right: int(is_administrator or any(row.get(right) for row in rows)) for right in RIGHTS}
	)


def has_permission(
	doctype: str,
	ptype: str = "read",
	doc: Any = None,
	user: str | None = None,
	throw: bool = False,
	parent_doctype: str | None = None,
) -> bool:
	"""Rows of a child table go by the rights on the DocType of their parent; one row is not provided by devsite."""
	user = user or frappe.session.user
	meta = frappe.get_meta(doctype)
	if meta.istable:
		if doc:
			raise NotImplementedError("permission for a row of a child table is not provided by devsite")
		check_parent(doctype, parent_doctype)
		return has_permission(parent_doctype, ptype, user=user, throw=throw)
	doc = frappe.get_doc(doctype, doc) if isinstance(doc, str) else doc
	is_allowed = bool(get_role_permissions(meta, user)[ptype]) and (
		not doc or _is_allowed_by_hooks(doc, ptype, user)
	)
	if throw and not is_allowed:
		message = _("User {0} does not have access to {1}").format(frappe.bold(user), frappe.bold(_(doctype)))
		frappe.throw(message, frappe.PermissionError)
	return is_allowed


def check_parent(doctype: str, parent_doctype: str | None) -> None:
	tables = frappe.get_meta(parent_doctype).get_table_fields() if parent_doctype else []
	if doctype not in {df.options for df in tables}:
		message = _("Please specify a valid parent DocType for {0}").format(frappe.bold(doctype))
		frappe.throw(message, frappe.PermissionError)


def _is_allowed_by_hooks(doc: Any, ptype: str, user: str) -> bool:
	if user == "Administrator":
		return True
	for method in frappe.get_hooks("has_permission", {}).get(doc.doctype, []):
		allowed = frappe.call(frappe.get_attr(method), doc=doc, ptype=ptype, user=user)
		if allowed is not None:
			return bool(allowed)
	return True


def check_doctype_permission(doctype: str) -> None:
	"""So that a stranger cannot tell what exists: without permission for the DocType the answer is always 403."""
	messages, frappe.local.message_log = frappe.local.message_log, []
	try:
		frappe.has_permission(doctype, throw=True)
	except frappe.PermissionError:
		frappe.local.flags.disable_traceback = True
		raise
	frappe.local.message_log = messages


__getattr__ = frappe._missing.refuse(__name__)
