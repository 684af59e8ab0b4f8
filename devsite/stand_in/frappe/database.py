"""frappe.db: reading and writing rows by DocType."""

from __future__ import annotations

from typing import Any

import frappe
from frappe.connection import Connection
from frappe.utils import cast_fieldtype, now, sbool


class Database(Connection):
	def get_value(
		self, doctype: str, filters: Any = None, fieldname: Any = "name", *args: Any, **kwargs: Any
	) -> Any:
		rows = self.get_values(doctype, filters, fieldname, *args, **{"limit": 1, **kwargs})
		if not rows:
			return None
		return rows[0] if kwargs.get("as_dict") or len(rows[0]) > 1 else rows[0][0]

	def get_values(
		self,
		doctype: str,
		filters: Any = None,
		fieldname: Any = "name",
		ignore: Any = None,
		as_dict: bool = False,
		debug: bool = False,
		order_by: str | None = "KEEP_DEFAULT_ORDERING",
		cache: bool = False,
		for_update: bool = False,
		*,
		pluck: bool = False,
		distinct: bool = False,
		limit: int | None = None,
		wait: bool = True,
		skip_locked: bool = False,
	) -> list:
		from frappe.model.db_query import select

		if (filters is None or filters == doctype) and doctype != "DocType":
			return self._values_from_single(doctype, fieldname, as_dict, pluck)
		order_by = "modified desc" if order_by == "KEEP_DEFAULT_ORDERING" else order_by
		if isinstance(filters, list) and filters and all(isinstance(name, str) for name in filters):
			filters = {"name": ("in", filters)}
		query = select(doctype, fieldname, filters, order_by, limit, distinct)
		if for_update:
			self._begin_writing()
		return self.sql(query, as_dict=as_dict or fieldname == "*", pluck=pluck)

	def _values_from_single(self, doctype: str, fieldname: Any, as_dict: bool, pluck: bool) -> list:
		values = self.get_singles_dict(doctype)
		if fieldname == "*":
			return [values] if values else []
		names = [fieldname] if isinstance(fieldname, str) else list(fieldname)
		if not any(name in values for name in names):
			return []
		row = frappe._dict({name: values.get(name) for name in names})
		return [row if as_dict else next(iter(row.values())) if pluck else list(row.values())]

	def get_singles_dict(
		self, doctype: str, debug: bool = False, *, for_update: bool = False, cast: bool = False
	) -> frappe._dict:
		if for_update:
			self._begin_writing()
		values = frappe._dict(self.sql("select field, value from tabSingles where doctype = %s", doctype))
		if cast:
			meta = frappe.get_meta(doctype)
			for field in filter(values.__contains__, meta.fieldnames):
				values[field] = cast_fieldtype(meta.get_field(field).fieldtype, values[field])
		return values

	def get_single_value(self, doctype: str, fieldname: str, cache: bool = True) -> Any:
		df = frappe.get_meta(doctype).get_field(fieldname)
		if not df:
			frappe.throw(frappe._("Field {0} does not exist on {1}").format(fieldname, doctype))
		known = self.value_cache.setdefault(doctype, {})
		if not (cache and fieldname in known):
			known[fieldname] = cast_fieldtype(df.fieldtype, self.get_singles_dict(doctype).get(fieldname))
		return known[fieldname]

	def exists(self, dt: Any, dn: Any = None, cache: bool = False) -> Any:
		if dt != "DocType" and dt == dn:
			return dn
		if isinstance(dt, dict):
			dt, dn = dt["doctype"], {key: value for key, value in dt.items() if key != "doctype"}
		return self.get_value(dt, dn, order_by=None)

	def count(
		self, dt: str, filters: Any = None, debug: bool = False, cache: bool = False, distinct: bool = True
	) -> int:
		from frappe.model.db_query import select

		return self.sql(select(dt, "count(*)", filters))[0][0]

	def get_tables(self, cached: bool = True) -> list[str]:
		return self.sql("select name from sqlite_master where type = 'table'", pluck=True)

	def table_exists(self, doctype: str, cached: bool = True) -> bool:
		return f"tab{doctype}" in self.get_tables()

	def get_table_columns(self, doctype: str) -> list[str]:
		columns = [row[1] for row in self.sql(f"pragma table_info(`tab{doctype}`)")]
		if not columns:
			raise self.TableMissingError("DocType", doctype)
		return columns

	def has_column(self, doctype: str, column: str) -> bool:
		return column in self.get_table_columns(doctype)

	def set_value(
		self,
		dt: str,
		dn: Any,
		field: Any,
		val: Any = None,
		modified: Any = None,
		modified_by: str | None = None,
		update_modified: bool = True,
		debug: bool = False,
	) -> None:
		from frappe.model.db_query import where

		if dn is None or dt == dn:
			raise NotImplementedError(
				"frappe.db.set_value on a Single is deprecated; use frappe.db.set_single_value"
			)
		values = self._changes(field, val, modified, modified_by, update_modified)
		assignments = ", ".join(f"`{column}` = %s" for column in values)
		frappe.clear_document_cache(dt, dn if isinstance(dn, str) else None)
		condition = where(dt, dn).replace("%", "%%")
		self.sql(f"update `tab{dt}` set {assignments}{condition}", list(values.values()))
		self.value_cache.pop(dt, None)

	@staticmethod
	def _changes(field: Any, val: Any, modified: Any, modified_by: str | None, update_modified: bool) -> dict:
		values = dict(field) if isinstance(field, dict) else {field: val}
		if update_modified:
			values |= {"modified": modified or now(), "modified_by": modified_by or frappe.session.user}
		return values

	def set_single_value(
		self,
		doctype: str,
		fieldname: Any,
		value: Any = None,
		*,
		modified: Any = None,
		modified_by: str | None = None,
		update_modified: bool = True,
		debug: bool = False,
	) -> None:
		changes = self._changes(fieldname, value, modified, modified_by, update_modified)
		for field, entry in changes.items():
			self.sql("delete from tabSingles where doctype = %s and field = %s", (doctype, field))
			self.sql("insert into tabSingles values (%s, %s, %s)", (doctype, field, sbool(entry)))
		frappe.clear_document_cache(doctype, doctype)
		self.value_cache.pop(doctype, None)

	def delete(self, doctype: str, filters: Any = None, debug: bool = False) -> None:
		from frappe.model.db_query import where

		table = doctype if doctype.startswith("__") else f"tab{doctype}"
		self.sql(f"delete from `{table}`{where(doctype, filters)}".replace("%", "%%"))

	def __getattr__(self, name: str) -> Any:
		if name.startswith("_"):
			raise AttributeError(name)
		raise NotImplementedError(f"frappe.db.{name} is not provided by devsite")
