"""DocType JSON as Meta, and its table."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import frappe
from frappe.utils import cint

COLUMNS = {
	**dict.fromkeys(("Data", "Link", "Select"), "varchar"),
	**dict.fromkeys(("Small Text", "Text", "Password", "Code", "Text Editor"), "text"),
	**{"Int": "int", "Check": "int", "Datetime": "datetime"},
}
LAYOUT = ("Section Break", "Column Break", "Table", "HTML")
NUMERIC_TYPES = ("Check", "Int")
STANDARD_COLUMNS = {
	**{"name": "Data", "creation": "Datetime", "modified": "Datetime", "modified_by": "Data"},
	**{"owner": "Data", "docstatus": "Check", "idx": "Int"},
}
CHILD_COLUMNS = {"parent": "Data", "parentfield": "Data", "parenttype": "Data"}
PRIMARY_KEY = "primary key (name)"  # last, so that SQLite reports it before the unique ones, as MariaDB does
LARGEST = {"int": 2**31 - 1, "bigint": 2**63 - 1}


class Meta(frappe._dict):
	def __init__(self, path: Path) -> None:
		values = json.loads(path.read_text(encoding="utf-8"))
		super().__init__(values, path=path)
		self.fields = [frappe._dict(df, parent=self.name) for df in values["fields"]]
		self.permissions = [frappe._dict(row) for row in values.get("permissions", [])]
		self.fieldnames = {df.fieldname: df for df in self.fields}
		for df in self.fields:
			has_rule = df.permlevel or df.fetch_from or (df.fieldtype == "Data" and df.options)
			if has_rule or df.fieldtype not in (*COLUMNS, *LAYOUT):
				raise NotImplementedError(f"the field {df} is not provided by devsite")

	def get_field(self, fieldname: str) -> frappe._dict | None:
		return self.fieldnames.get(fieldname)

	def having(self, **values: Any) -> list[frappe._dict]:
		"""The fields of which each of these is true or has this value."""
		return [
			df
			for df in self.fields
			if all(
				df.get(key) == value if isinstance(value, str) else df.get(key)
				for key, value in values.items()
			)
		]

	def get_table_fields(self) -> list[frappe._dict]:
		return self.having(fieldtype="Table")

	def get_valid_columns(self) -> list[str]:
		return list(self.columns())

	def columns(self) -> dict[str, frappe._dict]:
		names = STANDARD_COLUMNS | (CHILD_COLUMNS if self.istable else {})
		standard = {name: frappe._dict(fieldname=name, fieldtype=kind) for name, kind in names.items()}
		stored = [df for df in self.fields if df.fieldtype in COLUMNS and not df.is_virtual]
		return standard | {df.fieldname: df for df in stored}


def column_type(df: frappe._dict) -> tuple[str, int]:
	"""With the greatest length of a text; 0 where there is none."""
	kind, length = COLUMNS[df.fieldtype], cint(df.length)
	if kind == "int" and length > 11:
		return "bigint", 0
	return kind, max(length, 64) if length else 140 if kind == "varchar" else 0


def column_definition(df: frappe._dict) -> str:
	"""The column, and in CHECK what MariaDB's strict mode would refuse."""
	kind, length = column_type(df)
	column = f"`{df.fieldname}`"
	if kind in LARGEST:
		default = f"not null default {cint(df.default)}"
		return f"{column} {kind} {default} check (typeof({column}) = 'integer' and abs({column}) <= {LARGEST[kind]})"
	text = f"{column} {kind}" + (" unique" if df.unique else "")
	if kind == "datetime":
		return f"{text} collate frappe_time check ({column} is null or is_datetime({column}))"
	return f"{text} collate frappe_text" + (f" check (length({column}) <= {length})" if length else "")


def create_table(meta: Meta) -> None:
	if not meta.issingle:
		definitions = ", ".join([*map(column_definition, meta.columns().values()), PRIMARY_KEY])
		frappe.db.sql_ddl(f"create table if not exists `tab{meta.name}` ({definitions})")


@lru_cache(maxsize=1)
def all_metas() -> dict[str, Meta]:
	"""By name: the app's DocTypes, and those of Frappe's that it needs."""
	roots = [Path(import_module(app).__file__).parent for app in frappe.get_installed_apps()]
	metas = [Meta(path) for root in roots for path in root.glob("*/doctype/*/*.json")]
	return {meta.name: meta for meta in metas}


def get_meta(doctype: str) -> Meta:
	if doctype not in all_metas():
		message = frappe._("{0} {1} not found").format(frappe._("DocType"), doctype)
		frappe.throw(message, frappe.DoesNotExistError(doctype="DocType"))
	return all_metas()[doctype]


__getattr__ = frappe._missing.refuse(__name__)
