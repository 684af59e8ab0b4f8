"""Document: values, the order of hooks, saving."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import frappe
from frappe import _
from frappe.model.naming import set_new_name, validate_name
from frappe.model.validation import Validation
from frappe.model.values import RESERVED, Values
from frappe.utils import cint, cstr, get_datetime, getdate, now


class Document(Values, Validation):
	def __init__(self, *args: Any, **kwargs: Any) -> None:
		self.__dict__.update(flags=frappe._dict(), _doc_before_save=None, name=None)
		if args and isinstance(args[0], dict):
			args, kwargs = (), args[0]
		if args:
			self.doctype = args[0]
			self.name = args[0] if len(args) == 1 or args[1] is None else args[1]
			self.flags.for_update = kwargs.get("for_update")
			self.load_from_db()
			return
		self.doctype = kwargs["doctype"]
		self.update(kwargs)
		self._add_missing_columns()

	def __repr__(self) -> str:
		return f"<{self.__class__.__name__}: {self.doctype} {self.name or 'unsaved'}>"

	# ---- loading

	def load_from_db(self) -> Document:
		for key in [key for key in self.__dict__ if key not in ("doctype", "name", *RESERVED)]:
			del self.__dict__[key]
		(self._load_single if self.meta.issingle else self._load_row)()
		for df in self.meta.get_table_fields():
			filters = {"parent": cstr(self.name), "parenttype": self.doctype, "parentfield": df.fieldname}
			rows = frappe.db.get_values(df.options, filters, "*", order_by="idx asc")
			self.set(df.fieldname, rows)
		return self

	reload = load_from_db

	def _load_single(self) -> None:
		values = frappe.db.get_singles_dict(self.doctype, for_update=bool(self.flags.for_update))
		if not values:
			values = frappe.new_doc(self.doctype, as_dict=True).update(name=self.doctype)
			values.pop("__islocal")
		self.__dict__.update(values, name=self.doctype)
		self._add_missing_columns()
		for df in self.meta.fields:
			value = self.get(df.fieldname)
			if df.fieldtype == "Check" or (df.fieldtype == "Int" and value is not None):
				self.set(df.fieldname, cint(value))

	def _load_row(self) -> None:
		options = {"as_dict": True, "for_update": bool(self.flags.for_update), "order_by": None}
		values = frappe.db.get_value(self.doctype, self.name, "*", **options)
		if not values:
			error = frappe.DoesNotExistError(doctype=self.doctype)
			frappe.throw(_("{0} {1} not found").format(_(self.doctype), self.name), error)
		self.__dict__.update(values)

	# ---- permissions

	def has_permission(self, permtype: str = "read", *, debug: bool = False, user: str | None = None) -> bool:
		from frappe.permissions import has_permission

		return bool(self.flags.ignore_permissions) or has_permission(self.doctype, permtype, self, user=user)

	def check_permission(self, permtype: str = "read", permlevel: Any = None) -> None:
		from frappe.permissions import check_doctype_permission

		if self.has_permission(permtype):
			return
		check_doctype_permission(self.doctype, permtype)
		message = _("You need the '{0}' permission on {1} {2} to perform this action.")
		doctype = frappe.bold(_(self.doctype))
		frappe.local.flags.error_message = message.format(_(permtype), doctype, self.name or "")
		raise frappe.PermissionError

	def apply_fieldlevel_read_permissions(self) -> None:
		"""Nothing to remove: a DocType with permission levels is refused when it is loaded."""

	# ---- saving

	def insert(
		self,
		ignore_permissions: bool | None = None,
		ignore_links: bool | None = None,
		ignore_if_duplicate: bool = False,
		ignore_mandatory: bool | None = None,
		set_name: str | None = None,
	) -> Document:
		options = {"ignore_permissions": ignore_permissions, "ignore_links": ignore_links}
		options["ignore_mandatory"] = ignore_mandatory
		self.flags.update({key: value for key, value in options.items() if value is not None})
		self.set("__islocal", True)
		self._prepare("create")
		self._validate_links()
		self.run_method("before_insert")
		self._name(set_name)
		self._run_before_save()
		self._validate()
		self._write(ignore_if_duplicate)
		self.run_method("after_insert")
		self._run_after_save()
		self.__dict__.pop("__islocal", None)
		self.__dict__.pop("__unsaved", None)
		return self

	def save(self, ignore_permissions: bool | None = None, ignore_version: bool | None = None) -> Document:
		if ignore_permissions is not None:
			self.flags.ignore_permissions = ignore_permissions
		if self.get("__islocal") or not self.name:
			return self.insert()
		self._prepare("write")
		self._name_children()
		self._validate_links()
		self._run_before_save()
		self._validate()
		self._write()
		self._run_after_save()
		self.__dict__.pop("__unsaved", None)
		return self

	def _prepare(self, permtype: str) -> None:
		self._set_defaults()
		if permtype == "write":
			self.check_permission("write")
		self._set_user_and_timestamp()
		if permtype == "create":
			self.check_permission("create")
		self._check_if_latest()

	def _set_defaults(self) -> None:
		if self.is_new():
			self.update_if_missing(frappe.new_doc(self.doctype, as_dict=True))
		for row in self.get_all_children():
			if row.is_new():
				row.update_if_missing(frappe.new_doc(row.doctype, as_dict=True))

	def _set_user_and_timestamp(self) -> None:
		self.__dict__["_original_modified"] = self.modified
		self.modified, self.modified_by = now(), frappe.session.user
		if self.is_new():
			self.creation, self.owner = self.modified, self.modified_by
		for row in self.get_all_children():
			row.modified, row.modified_by = self.modified, self.modified_by
			row.owner, row.creation = row.owner or self.owner, row.creation or self.creation
			row.docstatus = self.docstatus
		frappe.local.flags.currently_saving.append((self.doctype, self.name))

	def load_doc_before_save(self, *, raise_exception: bool = False) -> None:
		self._doc_before_save = None
		if self.is_new():
			return
		try:
			self._doc_before_save = frappe.get_doc(self.doctype, self.name, for_update=True)
		except frappe.DoesNotExistError:
			if raise_exception:
				raise
			frappe.clear_last_message()

	def _check_if_latest(self) -> None:
		self.load_doc_before_save(raise_exception=True)
		previous = self._doc_before_save
		if previous and cstr(previous.modified) != cstr(self.get("_original_modified")):
			message = _("Error: Document has been modified after you have opened it")
			message += f" ({previous.modified}, {self.modified}). "
			message += _("Please refresh to get the latest document.")
			frappe.msgprint(message, raise_exception=frappe.TimestampMismatchError)
		if self.docstatus:
			raise NotImplementedError("submitting and cancelling documents is not provided by devsite")

	def get_doc_before_save(self) -> Document | None:
		return self._doc_before_save

	def has_value_changed(self, fieldname: str) -> bool:
		previous = self.get_doc_before_save()
		if not previous:
			return True
		before, value = previous.get(fieldname), self.get(fieldname)
		if isinstance(before, datetime):
			value = get_datetime(value)
		elif isinstance(before, date):
			value = getdate(value)
		return before != value

	def _name(self, set_name: str | None) -> None:
		if self.flags.name_set:
			return
		if set_name:
			self.name = validate_name(self.doctype, set_name)
		else:
			set_new_name(self)
		self.flags.name_set = True
		for row in self.get_all_children():
			set_new_name(row)
			row.parent, row.parenttype = self.name, self.doctype

	def _name_children(self) -> None:
		for row in self.get_all_children():
			row.parent, row.parenttype = self.name, self.doctype
			if not row.name:
				set_new_name(row)

	def _run_before_save(self) -> None:
		self.run_method("before_validate")
		if not self.flags.ignore_validate:
			self.run_method("validate")
			self.run_method("before_save")

	def _run_after_save(self) -> None:
		self.run_method("on_update")
		self.clear_cache()
		if self.flags.get("notify_update", True):
			self.notify_update()
		self.run_method("on_change")
		if (self.doctype, self.name) in frappe.local.flags.currently_saving:
			frappe.local.flags.currently_saving.remove((self.doctype, self.name))

	def run_method(self, method: str, *args: Any, **kwargs: Any) -> Any:
		own = getattr(self, method, None)
		result = own(*args, **kwargs) if callable(own) else None
		events = frappe.get_hooks("doc_events", {})
		for doctype in (self.doctype, "*"):
			for handler in events.get(doctype, {}).get(method, []):
				returned = frappe.get_attr(handler)(self, method, *args, **kwargs)
				result = result if returned is None else returned
		return result

	def clear_cache(self) -> None:
		frappe.clear_document_cache(self.doctype, self.name)

	def notify_update(self) -> None:
		place = {"doctype": self.doctype, "docname": self.name, "after_commit": True}
		message = {"modified": self.modified, "doctype": self.doctype, "name": self.name}
		frappe.publish_realtime("doc_update", message, **place)
		if not self.meta.issingle and not self.meta.istable:
			message = {"doctype": self.doctype, "name": self.name, "user": frappe.session.user}
			frappe.publish_realtime("list_update", message, after_commit=True)

	def delete(self, ignore_permissions: bool = False, force: bool = False) -> Any:
		options = {"ignore_permissions": ignore_permissions, "force": force, "flags": self.flags}
		return frappe.delete_doc(self.doctype, self.name, **options)

	def db_get(self, fieldname: str) -> Any:
		return frappe.db.get_value(self.doctype, self.name, fieldname)

	get_db_value = db_get

	def db_set(
		self,
		fieldname: Any,
		value: Any = None,
		update_modified: bool = True,
		notify: bool = False,
		commit: bool = False,
	) -> None:
		self.update(fieldname if isinstance(fieldname, dict) else {fieldname: value})
		if update_modified and (self.doctype, self.name) not in frappe.local.flags.currently_saving:
			self.modified, self.modified_by = now(), frappe.session.user
		if not self.get_doc_before_save():
			self.load_doc_before_save()
		self.run_method("before_change")
		stamp = {
			"modified": self.modified,
			"modified_by": self.modified_by,
			"update_modified": update_modified,
		}
		if self.meta.issingle:
			frappe.db.set_single_value(self.doctype, fieldname, value, **stamp)
		elif self.name is not None:
			frappe.db.set_value(self.doctype, self.name, fieldname, value, **stamp)
		self.run_method("on_change")
		if notify:
			self.notify_update()
		if commit:
			frappe.db.commit()

	def add_comment(self, comment_type: str = "Comment", text: str | None = None, **kwargs: Any) -> Document:
		values = {"comment_type": comment_type, "content": text, "comment_email": frappe.session.user}
		values |= {"reference_doctype": self.doctype, "reference_name": self.name, "doctype": "Comment"}
		return frappe.get_doc({**values, **kwargs}).insert(ignore_permissions=True)

	def log_error(self, title: str | None = None, message: str | None = None) -> Any:
		place = {"reference_doctype": self.doctype, "reference_name": self.name}
		return frappe.log_error(title=title, message=message, **place)

	def __getstate__(self) -> dict:
		return {key: value for key, value in self.__dict__.items() if key != "parent_doc"}


get_doc = frappe.get_doc
