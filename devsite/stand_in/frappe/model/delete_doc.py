from __future__ import annotations

import frappe
from frappe import _
from frappe.model.meta import all_metas


def check_if_doc_is_linked(doc: frappe.Document, method: str = "Delete") -> None:
	"""From Singles only: nothing else links to a document of the app."""
	for meta in all_metas().values():
		for df in meta.having(fieldtype="Link", options=doc.doctype):
			if meta.issingle and frappe.db.get_single_value(meta.name, df.fieldname) == doc.name:
				message = _("Cannot delete or cancel because {0} is linked with {1}")
				link = f"{_(doc.doctype)} {frappe.bold(doc.name)}", _(meta.name)
				frappe.throw(message.format(*link), frappe.LinkExistsError)


def check_if_doc_is_dynamically_linked(doc: frappe.Document, method: str = "Delete") -> None:
	"""The app has no dynamic links."""


__getattr__ = frappe._missing.refuse(__name__)
