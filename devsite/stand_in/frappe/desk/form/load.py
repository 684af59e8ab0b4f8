from __future__ import annotations

from typing import Any

import frappe


@frappe.whitelist()
def getdoc(doctype: Any, name: Any) -> None:
	"""A name that is not there is no error: the answer has no documents."""
	if not frappe.db.exists(doctype, name):
		frappe.has_permission(doctype, throw=True)
		return
	doc = frappe.get_doc(doctype, name)
	doc.check_permission("read")
	answer_with(doc)


def answer_with(doc: Any) -> None:
	doc.run_method("onload")
	frappe.local.response["docs"] = [doc.as_dict()]
