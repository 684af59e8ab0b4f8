"""Whitelisted reads and writes of documents."""

from __future__ import annotations

import re
from typing import Any

import frappe
from frappe import _
from frappe.model.meta import STANDARD_COLUMNS

COUNT = re.compile(r"(?i)count\((\*|distinct `?\w+`?|`?\w+`?)\)( as `?\w+`?)?")


@frappe.whitelist()
def get_list(
	doctype: Any,
	fields: Any = None,
	filters: Any = None,
	group_by: Any = None,
	order_by: Any = None,
	limit_start: Any = None,
	limit_page_length: Any = 20,
	parent: Any = None,
	or_filters: Any = None,
	as_dict: Any = True,
) -> list:
	fields = frappe.parse_json(fields) if isinstance(fields, str) and fields.startswith("[") else fields
	_check_fields(doctype, fields)
	order_by = {"order_by": order_by} if order_by else {}
	page = {"limit_start": limit_start, "limit_page_length": limit_page_length, "parent_doctype": parent}
	options = {
		"fields": fields,
		"filters": filters,
		"or_filters": or_filters,
		"group_by": group_by,
		**order_by,
		**page,
	}
	return frappe.get_list(doctype, as_list=not as_dict, **options)


def _check_fields(doctype: str, fields: Any) -> None:
	known = {"*", *frappe.get_meta(doctype).get_valid_columns(), *STANDARD_COLUMNS["optional"]}
	for field in [fields] if isinstance(fields, str) else fields or []:
		name = re.sub(r"(?i)\s+as\s+\w+$", "", field).replace("`", "").removeprefix(f"tab{doctype}.")
		if name not in known and not COUNT.fullmatch(field):
			frappe.throw(_("Field not permitted in query: {0}").format(field), frappe.DataError)


@frappe.whitelist()
def get_count(doctype: Any, filters: Any = None) -> int:
	return frappe.get_list(doctype, fields=["count(*) as total"], filters=filters)[0].total


@frappe.whitelist()
def get(doctype: Any, name: Any = None, filters: Any = None) -> dict:
	doc = frappe.get_doc(doctype, name or (frappe.parse_json(filters) if filters else doctype))
	doc.check_permission()
	return doc.as_dict()


@frappe.whitelist()
def get_value(doctype: Any, fieldname: Any, filters: Any = None) -> Any:
	if not frappe.has_permission(doctype):
		frappe.throw(_("No permission for {0}").format(_(doctype)), frappe.PermissionError)
	fields = frappe.parse_json(fieldname) if str(fieldname).startswith("[") else [fieldname]
	if frappe.get_meta(doctype).issingle:
		return frappe.db.get_value(doctype, None, fields, as_dict=True)
	rows = get_list(doctype, fields=fields, filters=filters, limit_page_length=1)
	return rows[0] if rows else {}


@frappe.whitelist(methods=["DELETE", "POST"])
def delete(doctype: Any, name: Any) -> None:
	frappe.delete_doc(doctype, name, ignore_missing=False)


__getattr__ = frappe._missing.refuse(__name__)
