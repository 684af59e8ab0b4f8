from __future__ import annotations

from typing import Any

import frappe
from frappe.desk.form.load import answer_with


@frappe.whitelist(methods=["POST", "PUT"])
def savedocs(doc: Any, action: Any) -> None:
	if action != "Save":
		raise NotImplementedError(f"savedocs({action!r}) is not provided by devsite")
	answer_with(frappe.get_doc(frappe.parse_json(doc)).save())
	frappe.msgprint(frappe._("Saved"), indicator="green", alert=1)
