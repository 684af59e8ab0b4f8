"""Document: loading, names, the order of events, saving and deleting."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import frappe
from frappe import _
from frappe.model.delete_doc import check_if_doc_is_linked
from frappe.model.meta import get_meta
from frappe.model.validation import Validation
from frappe.model.values import RESERVED, Values
from frappe.utils import cint, cstr, now
from frappe.utils.password import delete_all_passwords_for


class Document(Values, Validation):
	def __init__(self, *args: Any, **kwargs: Any) -> None:
		self.__dict__.update(flags=frappe._dict(), _doc_before_save=None, name=None)
		if args and isinstance(args[0], dict):
			args, kwargs = (), args[0]
		if args:
			self.doctype, self.name = args[0], args[-1]
			self.flags.for_update = kwargs.get("for_update")
			self.load_from_db()
			return
		self.doctype = kwargs["doctype"]
		self.update(kwargs)
		self._add_missing_columns()

	# ---- loading

	def load_from_db(self) -> Document:
		for key in [key for key in self.__dict__ if key not in ("doctype", "name", *RESERVED)]:
			del self.__dict__[key]
		(self._load_single if self.meta.issingle else self._load_row)()
		for df in self.meta.get_table_fields():
			place = {"parent": cstr(self.name), "parenttype": self.doctype, "parentfield": df.fieldname}
			self.set(df.fieldname, frappe.db.get_values(df.options, place, "*", order_by="idx asc"))
		return self

	reload = load_from_db

	def _load_single(self) -> None:
		values = frappe.db.get_singles_dict(self.doctype, for_update=bool(self.flags.for_update))
		self.__dict__.update(values or frappe.default_values(self.doctype), name=self.doctype)
		self.__dict__.pop("__islocal", None)
		self._add_missing_columns()
		for df in self.meta.fields:
			value = self.get(df.fieldname)
			if df.fieldtype == "Check" or (df.fieldtype == "Int" and value is not None):
				self.set(df.fieldname, cint(value))

	def _load_row(self) -> None:
		options = {"for_update": bool(self.flags.for_update), "order_by": None}
		values = frappe.db.get_value(self.doctype, self.name, "*", as_dict=True, **options)
		if not values:
			error = frappe.DoesNotExistError(doctype=self.doctype)
			frappe.throw(_("{0} {1} not found").format(_(self.doctype), self.name), error)
		self.__dict__.update(values)

	# ---- permissions

	def has_permission(self, permtype: str) -> bool:
		return bool(self.flags.ignore_permissions) or frappe.has_permission(self.doctype, permtype, self)

	def check_permission(self, permtype: str = "read") -> None:
		if not self.flags.ignore_permissions:
			frappe.has_permission(self.doctype, permtype, self, throw=True)

	# ---- saving

	def insert(self, ignore_permissions: bool = False, set_name: str | None = None) -> Document:
		self.flags.ignore_permissions = ignore_permissions or self.flags.ignore_permissions
		self.set("__islocal", 1)
		self._prepare("create")
		self._validate_links()
		self.run_method("before_insert")
		self._name(set_name)
		return self._save("after_insert")

	def save(self) -> Document:
		if self.is_new():
			return self.insert()
		self._prepare("write")
		self._name_children()
		self._validate_links()
		return self._save()

	def _save(self, *after: str) -> Document:
		self.run_method("before_validate")
		self.run_method("validate")
		self.run_method("before_save")
		self._validate()
		self._write()
		for event in (*after, "on_update"):
			self.run_method(event)
		frappe.clear_document_cache(self.doctype, self.name)
		self.run_method("on_change")
		self.__dict__.pop("__islocal", None)
		return self

	def _prepare(self, permtype: str) -> None:
		for doc in (self, *self.get_all_children()):
			if doc.is_new():
				missing = frappe.default_values(doc.doctype).items()
				doc.update(
					{key: value for key, value in missing if value is not None and doc.get(key) is None}
				)
		if permtype == "write":
			self.check_permission("write")
		self.__dict__["_original_modified"] = self.modified
		self._set_user_and_timestamp()
		if permtype == "create":
			self.check_permission("create")
		self._check_if_latest()

	def _set_user_and_timestamp(self) -> None:
		self.modified, self.modified_by = now(), frappe.session.user
		if self.is_new():
			self.creation, self.owner = self.modified, self.modified_by
		for row in self.get_all_children():
			row.modified, row.modified_by = self.modified, self.modified_by
			row.owner, row.creation = row.owner or self.owner, row.creation or self.creation

	def load_doc_before_save(self, *, raise_exception: bool = False) -> None:
		self._doc_before_save = None
		if not self.is_new() and (raise_exception or frappe.db.exists(self.doctype, self.name)):
			self._doc_before_save = frappe.get_doc(self.doctype, self.name, for_update=True)

	def _check_if_latest(self) -> None:
		self.load_doc_before_save(raise_exception=True)
		previous = self._doc_before_save
		if previous and cstr(previous.modified) != cstr(self._original_modified):
			message = _("Error: Document has been modified after you have opened it")
			frappe.msgprint(message, raise_exception=frappe.TimestampMismatchError)

	def get_doc_before_save(self) -> Document | None:
		return self._doc_before_save

	def _name(self, set_name: str | None) -> None:
		"""By the controller, or with ten characters, whatever name the caller had put in."""
		self.name = set_name or (self.doctype if self.meta.issingle else None)
		if not self.name:
			self.run_method("autoname")
		self.name = self.name or frappe.generate_hash(length=10)
		self._name_children()

	def _name_children(self) -> None:
		for row in self.get_all_children():
			row.parent, row.parenttype = self.name, self.doctype
			row.name = row.name or frappe.generate_hash(length=10)

	def run_method(self, method: str) -> None:
		if own := getattr(self, method, None):
			own()
		for handler in frappe.get_hooks("doc_events", {}).get(self.doctype, {}).get(method, []):
			frappe.get_attr(handler)(self, method)

	def db_set(self, fieldname: Any, value: Any = None, update_modified: bool = True) -> None:
		self.update(fieldname if isinstance(fieldname, dict) else {fieldname: value})
		if update_modified:
			self.modified, self.modified_by = now(), frappe.session.user
		if not self.get_doc_before_save():
			self.load_doc_before_save()
		stamp = {"modified": self.modified, "update_modified": update_modified}
		frappe.db.set_value(self.doctype, self.name, fieldname, value, **stamp)
		self.run_method("on_change")

	# ---- deleting

	def delete(self, ignore_permissions: bool = False, force: bool = False) -> None:
		self._delete(ignore_permissions, force)

	def _delete(self, ignore_permissions: bool, force: bool, ignore_on_trash: bool = False) -> None:
		if not ignore_permissions and not self.has_permission("delete"):
			message = _("User not allowed to delete {0}: {1}").format(self.doctype, self.name)
			frappe.throw(message, frappe.PermissionError)
		delete_all_passwords_for(self.doctype, self.name)
		if not ignore_on_trash:
			self.run_method("on_trash")
			self.run_method("on_change")
		if not force:
			check_if_doc_is_linked(self)
		frappe.db.delete(self.doctype, {"name": self.name})
		for df in self.meta.get_table_fields():
			frappe.db.delete(df.options, {"parenttype": self.doctype, "parent": self.name})
		self.run_method("after_delete")
		frappe.clear_document_cache(self.doctype, self.name)


def get_controller(doctype: str) -> type:
	path = get_meta(doctype).path
	if not path.with_suffix(".py").exists():
		return Document
	module = import_module(".".join((*path.parts[-5:-1], path.stem)))
	return getattr(module, doctype.replace(" ", ""))


__getattr__ = frappe._missing.refuse(__name__)
