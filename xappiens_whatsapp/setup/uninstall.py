"""What Frappe leaves behind when it drops an app's DocTypes."""

from __future__ import annotations

import frappe

from xappiens_whatsapp import APP, SETTINGS
from xappiens_whatsapp.setup.install import OUR_DOCTYPES

ROLES = ("WhatsApp Manager", "WhatsApp User")


def after_uninstall() -> None:
	"""Everything here and nothing before: Frappe calls the hooks in a dry run as well, which leaves the DocTypes."""
	if frappe.db.exists("DocType", OUR_DOCTYPES[0]):
		return
	remove_what_belonged_to_them()
	remove_roles()
	remove_from_desktop()
	frappe.db.delete("Singles", {"doctype": SETTINGS})
	frappe.db.delete("Patch Log", {"patch": ("like", f"{APP}.%")})
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- Frappe has no commit after this hook


def remove_what_belonged_to_them() -> None:
	for doctype in OUR_DOCTYPES:
		frappe.db.delete("__Auth", {"doctype": doctype})
		frappe.db.delete("Version", {"ref_doctype": doctype})
		frappe.db.delete("Custom Field", {"dt": doctype})
		frappe.db.delete("Property Setter", {"doc_type": doctype})
		frappe.db.delete("Custom DocPerm", {"parent": doctype})
		frappe.db.delete("Notification Log", {"document_type": doctype})
		frappe.db.delete("DocShare", {"share_doctype": doctype})


def remove_roles() -> None:
	"""Unless another app or the site itself uses them."""
	for role in ROLES:
		if not is_used_by_others(role):
			frappe.db.delete("Has Role", {"role": role})
			frappe.delete_doc("Role", role, ignore_missing=True, force=True)


def remove_from_desktop() -> None:
	"""Frappe 16 keeps these, and in developer mode deletes the app's own files when it does remove one."""
	for doctype in ("Desktop Icon", "Workspace Sidebar"):
		if frappe.db.exists("DocType", doctype):
			for name in frappe.get_all(doctype, filters={"app": APP}, pluck="name"):
				frappe.delete_doc(doctype, name, ignore_on_trash=True, force=True)


def is_used_by_others(role: str) -> bool:
	return any(
		frappe.db.exists(doctype, {"role": role, "parent": ("not in", OUR_DOCTYPES)})
		for doctype in ("DocPerm", "Custom DocPerm")
	)
