"""Functions of the frappe module about documents."""

from __future__ import annotations

from typing import Any

import frappe


def get_doc(*args: Any, **kwargs: Any) -> Any:
	from frappe.model.document import Document
	from frappe.model.meta import get_controller

	if args and isinstance(args[0], Document):
		return args[0]
	if args and isinstance(args[0], dict):
		args, kwargs = (), args[0]
	doctype = args[0] if args else kwargs.get("doctype")
	if not isinstance(doctype, str):
		raise ValueError('"doctype" is a required key')
	return get_controller(doctype)(*args, **kwargs)


def get_single(doctype: str) -> Any:
	return get_doc(doctype, doctype)


def get_meta(doctype: Any, cached: bool = True) -> Any:
	from frappe.model.meta import get_meta as meta_of

	return meta_of(doctype)


def new_doc(
	doctype: str,
	*,
	parent_doc: Any = None,
	parentfield: str | None = None,
	as_dict: bool = False,
	**kwargs: Any,
) -> Any:
	values = _defaults(frappe.get_meta(doctype), parent_doc, parentfield)
	return (values if as_dict else get_doc(values)).update(kwargs)


def _defaults(meta: Any, parent_doc: Any, parentfield: str | None) -> frappe._dict:
	from frappe.model.meta import COLUMNS
	from frappe.utils import cint

	values = frappe._dict(doctype=meta.name, __islocal=1, owner=frappe.session.user, docstatus=0)
	for df in meta.fields:
		if df.fieldtype in COLUMNS and not df.is_virtual:
			default = _default(df, meta)
			values[df.fieldname] = cint(default) if df.fieldtype == "Check" else default
			if df.fieldtype == "Int" and default is not None:
				values[df.fieldname] = cint(default)
	if parent_doc:
		values.update(parent=parent_doc.name, parenttype=parent_doc.doctype)
	return values.update({"parentfield": parentfield} if parentfield else {})


def _default(df: frappe._dict, meta: Any) -> Any:
	if str(df.default or "").startswith(":"):
		raise NotImplementedError("a default taken from another document is not provided by devsite")
	if df.default and df.fieldtype == "Datetime" and df.default.lower() == "now":
		return frappe.utils.now_datetime()
	named = {"__user": frappe.session.user, "Today": frappe.utils.nowdate()}
	if df.default and df.fieldname != meta.title_field:
		return named.get(df.default, df.default)
	return (
		df.options.split("\n", 1)[0] if df.fieldtype == "Select" and df.options and not df.default else None
	)


def get_cached_doc(doctype: str, name: str | None = None) -> Any:
	key = f"document_cache::{doctype}::{name or doctype}"
	if doc := frappe.cache.get_value(key):
		return doc
	doc = get_doc(doctype, name or doctype)
	frappe.cache.set_value(key, doc)
	return doc


def clear_document_cache(doctype: str, name: str | None = None) -> None:
	def clear() -> None:
		if name is None:
			frappe.cache.delete_keys(f"document_cache::{doctype}::")
		else:
			frappe.cache.delete_value(f"document_cache::{doctype}::{name}")

	clear()
	frappe.db.after_commit.add(clear)
	frappe.db.after_rollback.add(clear)


def get_cached_value(doctype: str, name: str, fieldname: Any = "name", as_dict: bool = False) -> Any:
	try:
		doc = get_cached_doc(doctype, name)
	except frappe.DoesNotExistError:
		frappe.clear_last_message()
		return None
	if isinstance(fieldname, str) and not as_dict:
		return doc.get(fieldname)
	values = {key: doc.get(key) for key in ([fieldname] if isinstance(fieldname, str) else fieldname)}
	return frappe._dict(values) if as_dict else list(values.values())


def get_list(doctype: str, *args: Any, **kwargs: Any) -> list:
	from frappe.model.db_query import DatabaseQuery

	return DatabaseQuery(doctype).execute(*args, **kwargs)


def get_all(doctype: str, *args: Any, **kwargs: Any) -> list:
	return get_list(doctype, *args, **{"limit_page_length": 0, **kwargs, "ignore_permissions": True})


def delete_doc(doctype: str, name: Any, *args: Any, **kwargs: Any) -> Any:
	from frappe.model.delete_doc import delete_doc as delete

	return delete(doctype, name, *args, **kwargs)


def has_permission(
	doctype: str | None = None,
	ptype: str = "read",
	doc: Any = None,
	user: str | None = None,
	throw: bool = False,
	*,
	parent_doctype: str | None = None,
	debug: bool = False,
) -> bool:
	from frappe import permissions

	doctype = doctype or doc.doctype
	options = {"doc": doc, "user": user, "raise_exception": throw, "parent_doctype": parent_doctype}
	allowed = permissions.has_permission(doctype, ptype, **options)
	if throw and not allowed:
		if doc:
			permissions.check_doctype_permission(doctype, ptype)
		label = (
			f"{frappe._(doctype)} {doc if isinstance(doc, str) else doc.name}" if doc else frappe._(doctype)
		)
		frappe.flags.error_message = frappe._("No permission for {0}").format(label)
		raise frappe.PermissionError
	return allowed
