from __future__ import annotations

from typing import Any

import frappe


@frappe.whitelist()
def get_list(
	doctype: Any,
	fields: Any = None,
	filters: Any = None,
	order_by: Any = None,
	limit_page_length: Any = 20,
	parent: Any = None,
	**others: Any,
) -> list:
	if unknown := others.keys() - {"cmd", "limit"}:
		raise NotImplementedError(f"frappe.client.get_list({unknown}) is not provided by devsite")
	options = {"filters": filters, "order_by": order_by, "limit_page_length": limit_page_length}
	return frappe.get_list(doctype, fields=fields, parent_doctype=parent, **options)


__getattr__ = frappe._missing.refuse(__name__)
