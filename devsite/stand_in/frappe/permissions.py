"""Role permissions from the DocType JSON, narrowed by the has_permission hooks."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

AUTOMATIC_ROLES = ("Guest", "All", "Desk User", "Administrator")


def get_roles(user: str | None = None, with_standard: bool = True) -> list[str]:
	user = user or frappe.session.user
	if user in ("Guest", None):
		return ["Guest"]
	if user == "Administrator":
		return frappe.get_all("Role", pluck="name", order_by="name")
	roles = frappe.get_all("Has Role", filters={"parent": user, "parenttype": "User"}, pluck="role")
	is_desk_user = frappe.get_cached_value("User", user, "user_type") == "System User"
	standard = ["All", "Guest", *(["Desk User"] if is_desk_user else [])]
	return roles + (standard if with_standard else [])


def get_role_permissions(doctype_meta: Any, user: str | None = None, is_owner: bool = False) -> frappe._dict:
	meta = frappe.get_meta(doctype_meta) if isinstance(doctype_meta, str) else doctype_meta
	roles = get_roles(user)
	custom = frappe.get_all("Custom DocPerm", fields=["*"], filters={"parent": meta.name})
	rows = [row for row in custom or meta.permissions if row.role in roles and not cint(row.permlevel)]
	granted = frappe._dict()
	for right in (
		"select",
		"read",
		"write",
		"create",
		"delete",
		"report",
		"export",
		"print",
		"email",
		"share",
	):
		always = any(row.get(right) for row in rows if not row.if_owner or right == "create")
		owned = any(row.get(right) for row in rows if row.if_owner)
		granted[right] = int(always or (owned and (is_owner or right in ("select", "read"))))
		granted[f"{right}_needs_owner"] = owned and not always
	return granted


def requires_owner(doctype: str, user: str) -> bool:
	return user != "Administrator" and get_role_permissions(doctype, user).read_needs_owner


def has_permission(
	doctype: Any,
	ptype: str = "read",
	doc: Any = None,
	user: str | None = None,
	raise_exception: bool = True,
	*,
	parent_doctype: str | None = None,
	debug: bool = False,
) -> bool:
	user = user or frappe.session.user
	if user == "Administrator":
		return True
	meta = frappe.get_meta(doctype)
	if meta.istable:
		return _has_child_permission(meta, ptype, doc, user, raise_exception, parent_doctype)
	if doc:
		doc = frappe.get_doc(meta.name, doc) if isinstance(doc, str | int) else doc
		reason = _reason_against_document(meta, ptype, doc, user)
	else:
		message = _("User {0} does not have doctype access via role permission for document {1}")
		message = message.format(frappe.bold(user), frappe.bold(_(doctype)))
		reason = "" if get_role_permissions(meta, user).get(ptype) else message
	if reason and raise_exception and user == frappe.session.user:
		frappe.msgprint(reason)
	return not reason


def _reason_against_document(meta: Any, ptype: str, doc: Any, user: str) -> str:
	if not has_controller_permissions(doc, ptype, user):
		return _("Not allowed via controller permission check")
	is_owner = (doc.get("owner") or "").lower() == user.lower()
	granted = get_role_permissions(meta, user, is_owner)
	if granted.get(ptype) and (is_owner or not granted.get(f"{ptype}_needs_owner")):
		return ""
	return _("User {0} does not have access to this document").format(frappe.bold(user))


def has_controller_permissions(doc: Any, ptype: str, user: str | None = None, debug: bool = False) -> bool:
	hooks = frappe.get_hooks("has_permission", {})
	for method in reversed(hooks.get(doc.doctype, []) + hooks.get("*", [])):
		allowed = frappe.call(method, doc=doc, ptype=ptype, user=user or frappe.session.user, debug=debug)
		if allowed is not None:
			return bool(allowed)
	return True


def _has_child_permission(
	meta: Any, ptype: str, doc: Any, user: str, raise_exception: bool, parent_doctype: str | None
) -> bool:
	if isinstance(doc, str):
		doc = frappe.db.get_value(meta.name, doc, ["parent", "parenttype"], as_dict=True)
	parent_doctype = doc.parenttype if doc else parent_doctype
	tables = frappe.get_meta(parent_doctype).get_table_fields() if parent_doctype else []
	if meta.name not in [df.options for df in tables]:
		if raise_exception:
			frappe.msgprint(_("Please specify a valid parent DocType for {0}").format(frappe.bold(meta.name)))
		return False
	parent = (doc.get("parent_doc") or doc.parent) if doc else None
	return has_permission(parent_doctype, ptype, parent, user, raise_exception)


def check_doctype_permission(doctype: str, ptype: str = "read") -> None:
	messages, frappe.local.message_log = frappe.local.message_log, []
	try:
		frappe.has_permission(doctype, ptype, throw=True)
	except frappe.PermissionError:
		frappe.local.flags.disable_traceback = True
		raise
	frappe.local.message_log = messages


__getattr__ = frappe._missing.refuse(__name__)
