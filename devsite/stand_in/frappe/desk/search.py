from __future__ import annotations

from typing import Any

import frappe


@frappe.whitelist()
def search_link(doctype: Any, txt: Any = "", filters: Any = None, page_length: Any = 10) -> list[dict]:
	title = frappe.get_meta(doctype).get_title_field()
	alternatives = [[field, "like", f"%{txt}%"] for field in {"name", title}]
	rows = frappe.get_list(
		doctype,
		fields=["name", title],
		filters=filters,
		or_filters=alternatives,
		limit=page_length,
		order_by="name",
	)
	return [{"value": row.name, "description": row[title] if title != "name" else ""} for row in rows]
