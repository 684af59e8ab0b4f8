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
LAYOUT = ("Section Break", "Column Break", "Table")
NUMERIC_TYPES = ("Check", "Int")
STANDARD_COLUMNS = {
	**{"name": "Data", "creation": "Datetime", "modified": "Datetime", "modified_by": "Data"},
	**{"owner": "Data", "docstatus": "Check", "idx": "Int"},
}
CHILD_COLUMNS = {"parent": "Data", "parentfield": "Data", "parenttype": "Data"}
PRIMARY_KEY = "primary key (name)"  # last, so that SQLite reports it before the unique ones, as MariaDB does
LARGEST = {"int": 2**31 - 1, "bigint": 2**63 - 1}


class Meta(frappe._dict):
	def __init__(self, values: dict) -> None:
		super().__init__(values)
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


@lru_cache(maxsize=256)
def _load(doctype: str, apps: tuple[str, ...]) -> Meta | None:
	found = doctype_files(apps).get(frappe.scrub(doctype))
	return Meta(json.loads(found.read_text(encoding="utf-8"))) if found else None


@lru_cache(maxsize=16)
def doctype_files(apps: tuple[str, ...]) -> dict[str, Path]:
	roots = [Path(import_module(app).__file__).parent for app in apps]
	files = [path for root in roots for path in root.glob("*/doctype/*/*.json")]
	return {path.stem: path for path in files if path.stem == path.parent.name}


def get_meta(doctype: str) -> Meta:
	meta = _load(doctype, tuple(frappe.get_installed_apps()))
	if not meta or meta.name != doctype:
		message = frappe._("{0} {1} not found").format(frappe._("DocType"), doctype)
		frappe.throw(message, frappe.DoesNotExistError(doctype="DocType"))
	return meta


def all_metas(apps: list[str]) -> list[Meta]:
	files = doctype_files(tuple(apps)).values()
	return [get_meta(json.loads(path.read_text(encoding="utf-8"))["name"]) for path in files]


def forget_metas() -> None:
	_load.cache_clear()
	doctype_files.cache_clear()


def get_controller(doctype: str) -> type:
	path = doctype_files(tuple(frappe.get_installed_apps())).get(frappe.scrub(doctype))
	get_meta(doctype)
	if not path.with_suffix(".py").exists():
		return import_module("frappe.model.document").Document
	module = import_module(f"{path.parts[-5]}.{path.parts[-4]}.doctype.{path.stem}.{path.stem}")
	return getattr(module, doctype.replace(" ", ""))


__getattr__ = frappe._missing.refuse(__name__)
