"""Filters, fields and orders to SQL, for frappe.db.get_value and its kin and for frappe.get_list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import frappe
from frappe.model.meta import NUMERIC_TYPES
from frappe.utils import cint, cstr

COMPARISONS = ("=", "!=", "<", ">", "<=", ">=", "like", "not like", "in", "not in", "is")
SAFE_ORDER = re.compile(r"(?i)[\w`.\s,()*]+")
PLAIN_FIELD = re.compile(r"(?i)(\w+)(\s+as\s+\w+)?")


class Filter(NamedTuple):
	doctype: str
	field: str
	operator: str
	value: Any


def parsed(doctype: str, filters: Any) -> Iterator[Filter]:
	filters = json.loads(filters) if isinstance(filters, str) and filters[:1] in ("{", "[") else filters
	if isinstance(filters, str | int):
		filters = {"name": filters}
	if isinstance(filters, dict):
		pairs = filters.items()
		filters = [
			[key, *(value if isinstance(value, list | tuple) else ("=", value))] for key, value in pairs
		]
	for row in filters or []:
		entry = Filter(*(row if len(row) > 3 else [doctype, *row]))
		if not re.fullmatch(r"\w+", entry.field) or entry.operator.lower() not in COMPARISONS:
			raise NotImplementedError(f"the filter {row} is not provided by devsite")
		yield entry._replace(operator=entry.operator.lower())


def where(doctype: str, filters: Any) -> str:
	conditions = [_plain(entry) for entry in parsed(doctype, filters)]
	return f" where {' and '.join(conditions)}" if conditions else ""


def _plain(entry: Filter) -> str:
	"""As frappe.qb compares: NULL matches nothing but `is not set` and None."""
	column = f"`{entry.field}`"
	if entry.value is None:
		return f"{column} is null"
	if entry.operator == "is":
		return f"{column} != ''" if entry.value == "set" else f"({column} is null or {column} = '')"
	return f"{column} {entry.operator} {_literal(entry)}"


def _literal(entry: Filter) -> str:
	value = entry.value
	if entry.operator in ("in", "not in"):
		return f"({', '.join(_quoted(one) for one in value or [''])})"
	return _quoted(value)


def _quoted(value: Any) -> str:
	return "'" + cstr(int(value) if isinstance(value, bool) else value).replace("'", "''") + "'"


def select(
	doctype: str, fields: Any, filters: Any, order_by: str | None = None, limit: int | None = None
) -> str:
	names = [fields] if isinstance(fields, str) else fields
	columns = ", ".join(f"`{name}`" if name.isidentifier() else name for name in names)
	table = doctype if doctype.startswith("__") else f"tab{doctype}"
	query = f"select {columns} from `{table}`{where(doctype, filters)}"
	return query + (f" order by {order_by}" if order_by else "") + (f" limit {limit}" if limit else "")


class DatabaseQuery:
	"""frappe.get_list and, with ignore_permissions, frappe.get_all."""

	def __init__(self, doctype: str, ignore_permissions: bool) -> None:
		self.doctype, self.user, self.table = doctype, frappe.session.user, f"`tab{doctype}`"
		self.meta, self.ignore_permissions = frappe.get_meta(doctype), ignore_permissions
		self.joined: dict[str, str] = {}

	def execute(
		self,
		fields: Any = None,
		filters: Any = None,
		order_by: str | None = None,
		limit_start: Any = 0,
		limit_page_length: Any = None,
		limit: Any = None,
		pluck: str | None = None,
		parent_doctype: str | None = None,
	) -> list:
		if not self.ignore_permissions:
			frappe.has_permission(self.doctype, "read", throw=True, parent_doctype=parent_doctype)
		columns = self.columns(fields or [pluck or "name"])
		if not columns:
			return []
		conditions = [self.condition(entry) for entry in parsed(self.doctype, filters)]
		conditions += [] if self.ignore_permissions else self.permission_conditions()
		query = f"select {', '.join(columns)} from {self.table}{''.join(self.joined.values())}"
		query += f" where {' and '.join(conditions)}" if conditions else ""
		query += f" order by {self.order(order_by)}"
		length = cint(limit or limit_page_length)
		query += f" limit {length} offset {cint(limit_start)}" if length else ""
		rows = frappe.db.sql(query, as_dict=True)
		return [row[pluck] for row in rows] if pluck else rows

	def columns(self, fields: Any) -> list[str]:
		"""v15 takes `last_seen` for the column `_seen`, which only a table that tracks who saw it has."""
		if isinstance(fields, str):
			fields = json.loads(fields)
		if not self.ignore_permissions:
			known = self.meta.get_valid_columns()
			fields = [field for field in fields if field == "*" or PLAIN_FIELD.match(field)[1] in known]
		return [self.column(field) for field in fields if self.meta.track_seen or "_seen" not in field]

	def column(self, field: str) -> str:
		if field != "*" and not PLAIN_FIELD.fullmatch(field):
			raise NotImplementedError(f"the field {field!r} is not provided by devsite")
		return "*" if field == "*" else PLAIN_FIELD.sub(rf"{self.table}.`\1`\2", field)

	def permission_conditions(self) -> list[str]:
		methods = frappe.get_hooks("permission_query_conditions", {}).get(self.doctype, [])
		conditions = [
			frappe.call(frappe.get_attr(method), self.user, doctype=self.doctype) for method in methods
		]
		return [f"({condition})" for condition in conditions if condition]

	def condition(self, entry: Filter) -> str:
		"""As Frappe's lists compare: NULL counts as empty wherever a column can be NULL."""
		if entry.operator.endswith("like") and "\\" in cstr(entry.value):
			raise NotImplementedError("in a list v15 takes a backslash for itself, v16 for an escape")
		if entry.doctype != self.doctype:
			own = f"`tab{entry.doctype}`"
			on = f"{own}.parenttype = {_quoted(self.doctype)} and {own}.parent = {self.table}.name"
			self.joined[entry.doctype] = f" left join {own} on ({on})"
		column = f"`tab{entry.doctype}`.`{entry.field}`"
		df = frappe.get_meta(entry.doctype).get_field(entry.field)
		if entry.operator == "is":
			entry = entry._replace(operator="!=" if entry.value == "set" else "=", value="")
		if not _counts_nothing(entry, df):
			return f"{column} {entry.operator} {_literal(entry)}"
		is_time = df and df.fieldtype == "Datetime"
		fallback, collation = ("0001-01-01 00:00:00", "frappe_time") if is_time else ("", "frappe_text")
		entry = entry if entry.value else entry._replace(value=fallback)
		return f"ifnull({column}, '{fallback}') collate {collation} {entry.operator} {_literal(entry)}"

	def order(self, order_by: str | None) -> str:
		order_by = (
			order_by
			or f"{self.table}.`{self.meta.sort_field or 'modified'}` {self.meta.sort_order or 'desc'}"
		)
		if not SAFE_ORDER.fullmatch(order_by) or re.search(r"(?i)\b(select|union|intersect)\b", order_by):
			frappe.throw(frappe._("Illegal SQL Query"))
		return order_by


def _counts_nothing(entry: Filter, df: frappe._dict | None) -> bool:
	nullable = entry.field not in ("name", "modified", "creation")
	if not nullable or (df and df.fieldtype in NUMERIC_TYPES):
		return False
	if entry.operator == "in":
		return not entry.value or not all(entry.value)
	return not entry.value or entry.operator not in ("=", "like", ">", ">=")


__getattr__ = frappe._missing.refuse(__name__)
