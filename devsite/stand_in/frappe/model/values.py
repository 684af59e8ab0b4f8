"""What a document holds: fields, rows of child tables, and both as a dict."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import frappe
from frappe import _
from frappe.model.meta import STANDARD_COLUMNS, get_controller
from frappe.utils import cint, cstr, flt

RESERVED = ("meta", "flags", "_doc_before_save")
PRIVATE = ("__islocal", "__onload", "__unsaved", "_user_tags", "_liked_by")


class Values:
	@property
	def meta(self) -> Any:
		return frappe.get_meta(self.doctype)

	def _add_missing_columns(self) -> None:
		for df in self.meta.get_table_fields():
			self.__dict__.setdefault(df.fieldname, [])
		for fieldname in self.meta.get_valid_columns():
			self.__dict__.setdefault(fieldname, None)
		self.docstatus, self.idx = cint(self.docstatus), cint(self.idx)

	def get(self, key: Any, filters: Any = None, limit: int | None = None, default: Any = None) -> Any:
		if isinstance(filters, dict):
			rows = self.__dict__.get(key) or []
			return [row for row in rows if all(row.get(name) == value for name, value in filters.items())]
		return self.__dict__.get(key, default if filters is None else filters)

	def set(self, key: str, value: Any, as_value: bool = False) -> None:
		if key in RESERVED:
			return
		self.__dict__[key] = value
		if not as_value and key in {df.fieldname for df in self.meta.get_table_fields()}:
			self.__dict__[key] = []
			self.extend(key, value or [])

	def update(self, d: dict) -> Any:
		if "name" in d:
			self.name = d["name"]
		for key, value in d.items():
			self.set(key, value)
		return self

	def update_if_missing(self, d: dict) -> None:
		for key, value in d.items():
			if value is not None and self.get(key) is None:
				self.set(key, value)

	def append(self, key: str, value: Any = None, position: int = -1) -> Any:
		rows = self.__dict__.setdefault(key, [])
		row = value if isinstance(value, Values) else self._child(key, value or {})
		row.__dict__.update(parent=self.name, parenttype=self.doctype, parentfield=key, parent_doc=self)
		row.idx = row.idx or len(rows) + 1
		if not row.name:
			row.__dict__["__islocal"] = 1
		rows.insert(len(rows) if position == -1 else position, row)
		return row

	def _child(self, key: str, value: dict) -> Any:
		doctype = self.meta.get_field(key).options
		return get_controller(doctype)({**value, "doctype": doctype})

	def extend(self, key: str, value: Any) -> None:
		for row in value:
			self.append(key, row)

	def remove(self, doc: Any) -> None:
		rows = self.get(doc.parentfield)
		rows.remove(doc)
		for index, row in enumerate(rows, 1):
			row.idx = index

	def get_all_children(self) -> list[Any]:
		return [row for df in self.meta.get_table_fields() for row in self.get(df.fieldname) or []]

	def is_new(self) -> Any:
		return self.get("__islocal")

	def get_valid_dict(self, convert_dates_to_str: bool = False, ignore_nulls: bool = False) -> frappe._dict:
		"""What goes into the table."""
		values = frappe._dict()
		for fieldname, df in self.meta.columns().items():
			value = self._column_value(df, self.__dict__.get(fieldname))
			if convert_dates_to_str and isinstance(value, date | datetime):
				value = str(value)
			if value is not None or not ignore_nulls:
				values[fieldname] = value
		return values

	def _column_value(self, df: frappe._dict, value: Any) -> Any:
		if isinstance(value, list):
			frappe.throw(_("Value for {0} cannot be a list").format(_(df.label)))
		if df.fieldtype == "Check":
			return 1 if cint(value) else 0
		if df.fieldtype == "Int" and not isinstance(value, int):
			return cint(value)
		if df.fieldtype in ("Float", "Currency", "Percent") and not isinstance(value, float):
			return flt(value)
		if (df.fieldtype in ("Date", "Datetime") and value == "") or (df.unique and not cstr(value).strip()):
			return None
		return value

	def as_dict(
		self, no_nulls: bool = False, no_default_fields: bool = False, convert_dates_to_str: bool = False
	) -> frappe._dict:
		values = self.get_valid_dict(convert_dates_to_str, ignore_nulls=no_nulls)
		values["doctype"] = self.doctype
		for df in self.meta.get("fields", {"is_virtual": 1}):
			values[df.fieldname] = getattr(type(self), df.fieldname).fget(self)
		for df in self.meta.get_table_fields():
			rows = self.get(df.fieldname) or []
			values[df.fieldname] = [
				row.as_dict(no_nulls, no_default_fields, convert_dates_to_str) for row in rows
			]
		for key in (*STANDARD_COLUMNS["default"], "doctype") if no_default_fields else ():
			values.pop(key, None)
		values.update({key: self.get(key) for key in PRIVATE if self.get(key)})
		return values

	def as_json(self) -> str:
		return frappe.as_json(self.as_dict())

	def get_title(self) -> str:
		return self.get(self.meta.get_title_field()) or ""

	def set_onload(self, key: str, value: Any) -> None:
		self.__dict__.setdefault("__onload", frappe._dict())[key] = value

	def get_onload(self, key: str | None = None) -> Any:
		onload = self.get("__onload") or {}
		return onload.get(key) if key else onload
