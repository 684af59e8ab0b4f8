"""DocType JSON as Meta, and its table."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import frappe
from frappe.utils import cint, flt

TABLE_TYPES = ("Table", "Table MultiSelect")
COLUMNS = {
	**dict.fromkeys(("Data", "Link", "Dynamic Link", "Select", "Read Only", "Color", "Phone"), "varchar"),
	**dict.fromkeys(("Small Text", "Text", "Password", "Attach", "Attach Image"), "text"),
	**dict.fromkeys(("Long Text", "Code", "Text Editor", "JSON"), "longtext"),
	**dict.fromkeys(("Float", "Currency", "Percent", "Duration"), "decimal"),
	**{"Int": "int", "Check": "int", "Long Int": "bigint", "Datetime": "datetime", "Date": "date"},
}
LAYOUT = ("Section Break", "Column Break", "Tab Break", "HTML", "Button", "Heading", "Fold", "Image")
NUMERIC_TYPES = ("Check", "Int", "Float", "Currency", "Percent")
STANDARD_COLUMNS = {
	"default": {
		"name": "Data",
		"creation": "Datetime",
		"modified": "Datetime",
		"modified_by": "Data",
		"owner": "Data",
		"docstatus": "Check",
		"idx": "Int",
	},
	"child": {"parent": "Data", "parentfield": "Data", "parenttype": "Data"},
	"optional": {"_user_tags": "Text", "_comments": "Text", "_assign": "Text", "_liked_by": "Text"},
}
PRIMARY_KEY = (
	"primary key (name)"  # last, so that SQLite reports it before the unique columns, as MariaDB does
)
LIMITS = {"int": 2**31 - 1, "bigint": 2**63 - 1}


class Meta(frappe._dict):
	def __init__(self, values: dict) -> None:
		super().__init__(values)
		self.fields = [frappe._dict(df, parent=self.name) for df in values["fields"]]
		self.permissions = [frappe._dict(row) for row in values.get("permissions", [])]
		self.fieldnames = {df.fieldname: df for df in self.fields}
		for df in self.fields:
			self._check(df)

	def _check(self, df: frappe._dict) -> None:
		if df.permlevel or df.fetch_from:
			raise NotImplementedError("permlevel and fetch_from are not provided by devsite")
		if df.fieldtype not in (*COLUMNS, *LAYOUT, *TABLE_TYPES):
			raise NotImplementedError(f"field type {df.fieldtype} is not provided by devsite")

	def get(self, key: str, filters: Any = None, default: Any = None) -> Any:
		if key != "fields" or not filters:
			return super().get(key, default)
		return [df for df in self.fields if all(_matches(df, *pair) for pair in filters.items())]

	def get_field(self, fieldname: str) -> frappe._dict | None:
		return self.fieldnames.get(fieldname)

	def has_field(self, fieldname: str) -> bool:
		return fieldname in self.fieldnames

	def get_label(self, fieldname: str) -> str:
		return (self.get_field(fieldname) or {}).get("label") or frappe.unscrub(fieldname)

	def get_options(self, fieldname: str) -> str:
		return self.get_field(fieldname).options

	def get_table_fields(self) -> list[frappe._dict]:
		return [df for df in self.fields if df.fieldtype in TABLE_TYPES]

	def get_link_fields(self) -> list[frappe._dict]:
		return [df for df in self.fields if df.fieldtype == "Link"]

	def get_data_fields(self) -> list[frappe._dict]:
		return [df for df in self.fields if df.fieldtype == "Data"]

	def get_select_fields(self) -> list[frappe._dict]:
		return [df for df in self.fields if df.fieldtype == "Select"]

	def get_set_only_once_fields(self) -> list[frappe._dict]:
		return [df for df in self.fields if df.set_only_once]

	def get_title_field(self) -> str:
		return self.title_field or ("title" if self.has_field("title") else "name")

	def get_valid_columns(self) -> list[str]:
		return list(self.columns())

	def columns(self) -> dict[str, frappe._dict]:
		names = STANDARD_COLUMNS["default"] | (STANDARD_COLUMNS["child"] if self.istable else {})
		standard = {name: frappe._dict(fieldname=name, fieldtype=kind) for name, kind in names.items()}
		return standard | {
			df.fieldname: df for df in self.fields if df.fieldtype in COLUMNS and not df.is_virtual
		}


def _matches(df: frappe._dict, key: str, wanted: Any) -> bool:
	operator, value = wanted if isinstance(wanted, tuple | list) else ("=", wanted)
	return df.get(key) in value if operator == "in" else (df.get(key) or 0) == (value or 0)


def column_type(df: frappe._dict) -> tuple[str, int]:
	kind, length = COLUMNS[df.fieldtype], cint(df.length)
	if kind == "int" and length > 11:
		return "bigint", 20
	return kind, {"varchar": max(length, 64) if length else 140, "datetime": 6}.get(kind, 0)


def column_definition(df: frappe._dict) -> str:
	"""The column, and in CHECK what MariaDB's strict mode would refuse."""
	kind, length = column_type(df)
	column = f"`{df.fieldname}`"
	text = f"{column} {kind}" + (f"({length})" if length else "")
	if df.fieldtype in NUMERIC_TYPES:
		text += f" not null default {flt(df.default) if kind == 'decimal' else cint(df.default)}"
	text += " unique" if df.unique else ""
	if kind in ("datetime", "date"):
		return f"{text} collate frappe_time check ({column} is null or is_{kind}({column}))"
	if kind in LIMITS:
		return f"{text} check (typeof({column}) in ('integer', 'null') and abs({column}) <= {LIMITS[kind]})"
	text += "" if kind == "decimal" else " collate frappe_text"
	return f"{text} check (length({column}) <= {length})" if kind == "varchar" else text


def sync_table(meta: Meta) -> None:
	if meta.issingle:
		return
	columns = dict(meta.columns())
	if not meta.istable:
		names = STANDARD_COLUMNS["optional"].items()
		columns |= {name: frappe._dict(fieldname=name, fieldtype=kind) for name, kind in names}
	if not frappe.db.table_exists(meta.name):
		definitions = ", ".join([*map(column_definition, columns.values()), PRIMARY_KEY])
		return frappe.db.sql_ddl(f"create table `tab{meta.name}` ({definitions})")
	for name in columns.keys() - set(frappe.db.get_table_columns(meta.name)):
		definition = column_definition(columns[name]).replace(" unique", "")
		frappe.db.sql_ddl(f"alter table `tab{meta.name}` add column {definition}")


@lru_cache(maxsize=256)
def _load(doctype: str, apps: tuple[str, ...]) -> Meta | None:
	found = doctype_files(apps).get(frappe.scrub(doctype))
	return Meta(json.loads(found.read_text(encoding="utf-8"))) if found else None


@lru_cache(maxsize=16)
def doctype_files(apps: tuple[str, ...]) -> dict[str, Path]:
	roots = [Path(import_module(app).__file__).parent for app in apps]
	files = [path for root in roots for path in root.glob("*/doctype/*/*.json")]
	return {path.stem: path for path in files if path.stem == path.parent.name}


def get_meta(doctype: Any, cached: bool = True) -> Meta:
	name = doctype if isinstance(doctype, str) else doctype.doctype
	meta = _load(name, tuple(frappe.get_installed_apps()))
	if not meta or meta.name != name:
		message = frappe._("{0} {1} not found").format(frappe._("DocType"), name)
		frappe.throw(message, frappe.DoesNotExistError(doctype="DocType"))
	return meta


def forget_metas() -> None:
	_load.cache_clear()
	doctype_files.cache_clear()


def get_controller(doctype: str) -> type:
	path = doctype_files(tuple(frappe.get_installed_apps())).get(frappe.scrub(doctype))
	get_meta(doctype)
	if not path.with_suffix(".py").exists():
		from frappe.model.document import Document

		return Document
	app, module, name = path.parts[-5], path.parts[-4], path.stem
	overrides = frappe.get_hooks("override_doctype_class", {}).get(doctype)
	if overrides:
		return frappe.get_attr(overrides[-1])
	return getattr(
		import_module(f"{app}.{module}.doctype.{name}.{name}"), doctype.replace(" ", "").replace("-", "")
	)


__getattr__ = frappe._missing.refuse(__name__)
