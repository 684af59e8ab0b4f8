from __future__ import annotations

import re
from typing import Any

import frappe
from frappe import _
from frappe.utils import cstr


def set_new_name(doc: Any) -> None:
	doc.run_method("before_naming")
	autoname = doc.meta.autoname or ""
	if autoname.lower() != "prompt":
		doc.name = doc.doctype if doc.meta.issingle else None
	if not doc.name:
		doc.run_method("autoname")
	if not doc.name and autoname and autoname.lower() not in ("prompt", "hash"):
		_name_from_field(doc, autoname)
	doc.name = validate_name(doc.doctype, doc.name or frappe.generate_hash(length=10))


def _name_from_field(doc: Any, autoname: str) -> None:
	if not autoname.startswith("field:"):
		raise NotImplementedError(f"autoname {autoname!r} is not provided by devsite")
	fieldname = autoname.removeprefix("field:")
	doc.name = cstr(doc.get(fieldname)).strip()
	if not doc.name:
		frappe.throw(_("{0} is required").format(doc.meta.get_label(fieldname)))


def validate_name(doctype: str, name: Any) -> str:
	if not name:
		frappe.throw(_("No Name Specified for {0}").format(doctype))
	if isinstance(name, int):
		frappe.throw(_("Invalid name type (integer) for varchar name column"), frappe.NameError)
	if name.startswith(f"New {doctype}"):
		message = _("There were some errors setting the name, please contact the administrator")
		frappe.throw(message, frappe.NameError)
	name = name.strip()
	if not frappe.get_meta(doctype).issingle and doctype == name:
		frappe.throw(_("Name of {0} cannot be {1}").format(doctype, name), frappe.NameError)
	if re.search("[<>]", name):
		message = _("Name cannot contain special characters like {0}").format("'<', '>'")
		frappe.throw(message, frappe.NameError)
	return name


__getattr__ = frappe._missing.refuse(__name__)
