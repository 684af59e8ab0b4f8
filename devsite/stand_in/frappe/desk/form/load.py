from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.permissions import check_doctype_permission


@frappe.whitelist()
def getdoc(doctype: Any, name: Any) -> list | None:
	try:
		doc = frappe.get_doc(doctype, name)
	except frappe.DoesNotExistError:
		check_doctype_permission(doctype)
		frappe.clear_last_message()
		return []
	if not doc.has_permission("read"):
		check_doctype_permission(doctype)
		name = frappe.bold(f"{_(doctype)} {name}")
		frappe.local.flags.error_message = _("Insufficient Permission for {0}").format(name)
		raise frappe.PermissionError(("read", doctype, name))
	run_onload(doc)
	frappe.local.response["docs"] = [doc.as_dict()]
	return None


def run_onload(doc: Any) -> None:
	doc.set("__onload", frappe._dict())
	doc.run_method("onload")
