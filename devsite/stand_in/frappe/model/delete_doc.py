from __future__ import annotations

from typing import Any

import frappe
from frappe import _
from frappe.utils.password import delete_all_passwords_for


def delete_doc(
	doctype: str,
	name: Any,
	force: Any = 0,
	ignore_permissions: bool = False,
	flags: dict | None = None,
	ignore_on_trash: bool = False,
	ignore_missing: bool = True,
	delete_permanently: bool = False,
) -> bool | None:
	for one in name if isinstance(name, list | tuple) else [name]:
		if not frappe.db.exists(doctype, one):
			if not ignore_missing:
				raise frappe.DoesNotExistError(doctype=doctype)
			return False
		delete_all_passwords_for(doctype, one)
		doc = frappe.get_doc(doctype, one, for_update=True)
		doc.flags.update(flags or {}, **({"ignore_permissions": True} if ignore_permissions else {}))
		_check_permission(doc)
		_delete(doc, bool(force), ignore_on_trash)
	return None


def _check_permission(doc: Any) -> None:
	if not doc.has_permission("delete"):
		message = _("User not allowed to delete {0}: {1}").format(doc.doctype, doc.name)
		frappe.msgprint(message, raise_exception=frappe.PermissionError)


def _delete(doc: Any, force: bool, ignore_on_trash: bool) -> None:
	if not ignore_on_trash:
		doc.run_method("on_trash")
		doc.flags.in_delete = True
		doc.run_method("on_change")
	if not force:
		_check_links(doc)
	frappe.db.delete(doc.doctype, {"name": doc.name})
	for df in doc.meta.get_table_fields():
		frappe.db.delete(df.options, {"parenttype": doc.doctype, "parent": doc.name})
	doc.run_method("after_delete")
	doc.clear_cache()
	doc.notify_update()


def _check_links(doc: Any) -> None:
	from frappe.model.meta import doctype_files

	for path in doctype_files(tuple(frappe.local.conf.installed_apps)).values():
		meta = frappe.get_meta(frappe.parse_json(path.read_text(encoding="utf-8")).name)
		for df in meta.get_link_fields():
			if df.options == doc.doctype and (found := _linking(meta, df.fieldname, doc)):
				link = f"{_(doc.doctype)} {frappe.bold(doc.name)}", f"{_(meta.name)} {frappe.bold(found)}"
				message = _("Cannot delete or cancel because {0} is linked with {1}").format(*link)
				frappe.throw(message, frappe.LinkExistsError)


def _linking(meta: Any, fieldname: str, doc: Any) -> str | None:
	if meta.issingle:
		value = frappe.db.get_single_value(meta.name, fieldname)
		return meta.name if value == doc.name else None
	found = frappe.db.get_value(
		meta.name, {fieldname: doc.name}, ["name", *(["parent"] if meta.istable else [])]
	)
	if not found or (meta.istable and found[1] == doc.name):
		return None
	return found[1] if meta.istable else found


__getattr__ = frappe._missing.refuse(__name__)
