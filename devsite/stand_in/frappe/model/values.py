"""What a document holds: fields, rows of child tables, and both as a dict."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.utils import cint

RESERVED = ("meta", "flags", "_doc_before_save")
PRIVATE = ("__islocal", "__onload")


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

	def get(self, key: str, default: Any = None) -> Any:
		return self.__dict__.get(key, default)

	def set(self, key: str, value: Any) -> None:
		if key in RESERVED:
			return
		self.__dict__[key] = value
		if key in {df.fieldname for df in self.meta.get_table_fields()}:
			self.__dict__[key] = []
			for row in value or []:
				self.append(key, row)

	def update(self, d: dict) -> Any:
		if "name" in d:
			self.name = d["name"]
		for key, value in d.items():
			self.set(key, value)
		return self

	def append(self, key: str, value: Any = None) -> Any:
		rows = self.__dict__.setdefault(key, [])
		doctype = self.meta.get_field(key).options
		row = value if isinstance(value, Values) else frappe.get_doc({**(value or {}), "doctype": doctype})
		row.__dict__.update(parent=self.name, parenttype=self.doctype, parentfield=key)
		row.idx = row.idx or len(rows) + 1
		if not row.name:
			row.__dict__["__islocal"] = 1
		rows.append(row)
		return row

	def get_all_children(self) -> list[Any]:
		return [row for df in self.meta.get_table_fields() for row in self.get(df.fieldname) or []]

	def is_new(self) -> Any:
		return self.get("__islocal")

	def get_valid_dict(self) -> frappe._dict:
		"""What goes into the table."""
		columns = self.meta.columns().items()
		return frappe._dict({name: self._column_value(df, self.get(name)) for name, df in columns})

	def _column_value(self, df: frappe._dict, value: Any) -> Any:
		if df.fieldtype == "Check":
			return 1 if cint(value) else 0
		if df.fieldtype == "Int" and not isinstance(value, int):
			return cint(value)
		return None if df.fieldtype == "Datetime" and value == "" else value

	def as_dict(self, no_nulls: bool = False) -> frappe._dict:
		values = self.get_valid_dict()
		values["doctype"] = self.doctype
		for df in self.meta.having(is_virtual=True):
			values[df.fieldname] = getattr(self, df.fieldname)
		for df in self.meta.get_table_fields():
			values[df.fieldname] = [row.as_dict(no_nulls) for row in self.get(df.fieldname) or []]
		values.update({key: self.get(key) for key in PRIVATE if self.get(key)})
		return frappe._dict(
			{key: value for key, value in values.items() if not no_nulls or value is not None}
		)

	def set_onload(self, key: str, value: Any) -> None:
		self.__dict__.setdefault("__onload", frappe._dict())[key] = value
