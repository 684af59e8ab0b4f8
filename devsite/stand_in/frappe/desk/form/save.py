from __future__ import annotations

from typing import Any

import frappe
from frappe.desk.form.load import run_onload


@frappe.whitelist(methods=["POST", "PUT"])
def savedocs(doc: Any, action: Any) -> None:
	if action != "Save":
		raise NotImplementedError(f"savedocs({action!r}) is not provided by devsite")
	values = frappe.parse_json(doc)
	local_name = values.get("name")
	saved = frappe.get_doc(values)
	saved.docstatus = 0
	saved.save()
	run_onload(saved)
	frappe.local.response["docs"] = [
		saved.as_dict().update({"localname": local_name} if values.get("__islocal") else {})
	]
	frappe.msgprint(frappe._("Saved"), indicator="green", alert=True)
