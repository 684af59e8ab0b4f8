"""What Frappe leaves behind when it drops an app's DocTypes, and only that: what another app has taken is its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import frappe

import xappiens_whatsapp
from xappiens_whatsapp import APP, MODULE, SETTINGS, WHATSAPP_MANAGER, WHATSAPP_USER
from xappiens_whatsapp.site.ownership import OUR_DOCTYPES

SETTINGS_JSON = (
	Path(xappiens_whatsapp.__file__).parent
	/ "xappiens_whatsapp/doctype/whatsapp_settings/whatsapp_settings.json"
)
# Tables with rows about documents of others, and the column that names the DocType.
TRACES = {
	"__Auth": "doctype",
	"Singles": "doctype",
	"Version": "ref_doctype",
	"Custom Field": "dt",
	"Property Setter": "doc_type",
	"Custom DocPerm": "parent",
	"Notification Log": "document_type",
	"DocShare": "share_doctype",
	"Deleted Document": "deleted_doctype",
	"Comment": "reference_doctype",
	"Activity Log": "reference_doctype",
	"View Log": "reference_doctype",
	"Document Follow": "ref_doctype",
	"Tag Link": "document_type",
	"User Permission": "allow",
	"Logs To Clear": "ref_doctype",
}
# Where a role decides what people of others' documents may see or do.
ROLE_COLUMNS = {
	"DocPerm": "role",
	"Custom DocPerm": "role",
	"Has Role": "role",
	"Workflow Document State": "allow_edit",
	"Workflow Transition": "allowed",
	"Notification Recipient": "receiver_by_role",
}


def after_uninstall() -> None:
	"""Everything here and nothing before: Frappe calls the hooks in a dry run as well, which leaves the module."""
	if frappe.db.exists("Module Def", MODULE) or frappe.db.exists("DocType", {"module": MODULE}):
		return
	clean_up()
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- Frappe has no commit after this hook


def clean_up() -> None:
	gone = [doctype for doctype in OUR_DOCTYPES if not frappe.db.exists("DocType", doctype)]
	remove_traces(gone)
	if SETTINGS not in gone:
		remove_from_settings_of_others()
	remove_from_desktop()
	remove_jobs()
	for role in (WHATSAPP_MANAGER, WHATSAPP_USER):
		remove_role(role)
	frappe.db.delete("Patch Log", {"patch": ("like", f"{APP}.%")})


def remove_traces(doctypes: list[str]) -> None:
	for table, column in TRACES.items():
		if doctypes and is_there(table):
			frappe.db.delete(table, {column: ("in", doctypes)})
	for name in frappe.get_all(
		"Email Queue", filters={"reference_doctype": ("in", doctypes or [""])}, pluck="name"
	):
		frappe.delete_doc("Email Queue", name, ignore_on_trash=True, force=True, delete_permanently=True)


def remove_from_settings_of_others() -> None:
	"""Values and secrets of ours that lie under the name of the DocType that another app has taken."""
	theirs = {field.fieldname for field in frappe.get_meta(SETTINGS).fields}
	fields = json.loads(SETTINGS_JSON.read_text(encoding="utf-8"))["fields"]
	if ours := [field["fieldname"] for field in fields if field["fieldname"] not in theirs]:
		frappe.db.delete("Singles", {"doctype": SETTINGS, "field": ("in", ours)})
		frappe.db.delete("__Auth", {"doctype": SETTINGS, "fieldname": ("in", ours)})


def remove_role(role: str) -> None:
	"""Unless others use it: without its role a report or a page would be open to everybody."""
	if places := sorted(set(used_by_others(role))):
		click.secho(f"The role {role} stays, because it is used by {', '.join(places)}.", fg="yellow")
		return
	frappe.db.delete("Has Role", {"role": role})
	frappe.delete_doc("Role", role, ignore_missing=True, force=True, delete_permanently=True)


def used_by_others(role: str) -> Iterator[str]:
	for table, column in ROLE_COLUMNS.items():
		for row in frappe.get_all(table, filters={column: role}, fields=["*"]) if is_there(table) else []:
			if row.get("parenttype") != "User":
				yield f"{row.get('parenttype') or 'DocType'} {row.parent}"


def remove_from_desktop() -> None:
	"""Frappe 16 keeps these, and in developer mode deletes the app's own files when it does remove one."""
	for doctype in ("Desktop Icon", "Workspace Sidebar"):
		if is_there(doctype):
			for name in frappe.get_all(doctype, filters={"app": APP}, pluck="name"):
				frappe.delete_doc(doctype, name, ignore_on_trash=True, force=True)
	if is_there("CRM Dropdown Item"):
		frappe.db.delete("CRM Dropdown Item", {"name1": APP})
		frappe.clear_document_cache("FCRM Settings", "FCRM Settings")


def remove_jobs() -> None:
	"""With their logs. Frappe does so at the next `migrate`, and until then the scheduler calls what is gone."""
	for name in frappe.get_all("Scheduled Job Type", filters={"method": ("like", f"{APP}.%")}, pluck="name"):
		frappe.delete_doc("Scheduled Job Type", name, force=True, delete_permanently=True)


def is_there(table: str) -> bool:
	return table in ("__Auth", "Singles") or frappe.db.table_exists(table)
