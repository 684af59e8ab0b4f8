"""Filters, fields and orders to SQL, for frappe.db.get_value and its kin and for frappe.get_list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import frappe
from frappe.model.meta import NUMERIC_TYPES, STANDARD_COLUMNS
from frappe.utils import cint, cstr

COMPARISONS = ("=", "!=", "<", ">", "<=", ">=", "like", "not like", "in", "not in", "between", "is")
SAFE_ORDER = re.compile(r"(?i)[\w`.\s,()*]+")
PLAIN_FIELD = re.compile(r"(?i)`?(\w+)`?(\s+as\s+\w+)?")


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
	for row in [filters] if filters and isinstance(filters[0], str) else filters or []:
		row = list(row.values()) if isinstance(row, dict) else list(row)
		row = row if len(row) > 2 else [row[0], "=", row[1]]
		owner, field, operator, value = row[:4] if len(row) > 3 else [doctype, *row]
		yield _checked(Filter(owner, field, operator.lower(), value))


def _checked(condition: Filter) -> Filter:
	if not re.fullmatch(r"\w+", condition.field):
		frappe.throw(frappe._("Invalid filter: {0}").format(frappe.utils.escape_html(condition.field)))
	if condition.operator not in COMPARISONS:
		raise NotImplementedError(f"filter operator {condition.operator!r} is not provided by devsite")
	return condition


def where(doctype: str, filters: Any) -> str:
	conditions = [_plain(condition) for condition in parsed(doctype, filters)]
	return f" where {' and '.join(conditions)}" if conditions else ""


def _plain(condition: Filter) -> str:
	"""As frappe.qb compares: NULL matches nothing but `is not set` and None."""
	column = f"`{condition.field}`"
	if condition.value is None:
		return f"{column} is null"
	if condition.operator == "is":
		return f"{column} != ''" if condition.value == "set" else f"({column} is null or {column} = '')"
	return f"{column} {condition.operator} {_literal(condition)}"


def _literal(condition: Filter) -> str:
	value = condition.value
	if condition.operator in ("in", "not in"):
		value = value.split(",") if isinstance(value, str) else value
		return f"({', '.join(_quoted(entry) for entry in value or [''])})"
	if condition.operator == "between":
		if any(len(cstr(entry)) < 11 for entry in value):
			raise NotImplementedError("between with dates without time is not provided by devsite")
		return " and ".join(_quoted(entry) for entry in value)
	if condition.operator.endswith("like"):
		return f"{_quoted(value)} escape '\\'"
	return _quoted(value)


def _quoted(value: Any) -> str:
	value = int(value) if isinstance(value, bool) else value
	return frappe.db.escape(
		value.isoformat(" ") if isinstance(value, datetime) else cstr(value), percent=False
	)


def select(
	doctype: str,
	fields: Any,
	filters: Any,
	order_by: str | None = None,
	limit: int | None = None,
	distinct: bool = False,
) -> str:
	names = [fields] if isinstance(fields, str) else fields
	columns = ", ".join(f"`{name}`" if name.isidentifier() else name for name in names)
	table = doctype if doctype.startswith("__") else f"tab{doctype}"
	query = f"select {'distinct ' if distinct else ''}{columns} from `{table}`{where(doctype, filters)}"
	query += f" order by {order_by}" if order_by and not distinct else ""
	return (query + (f" limit {cint(limit)}" if limit else "")).replace("%", "%%")


class DatabaseQuery:
	"""frappe.get_list and, with ignore_permissions, frappe.get_all."""

	def __init__(self, doctype: str, user: str | None = None) -> None:
		self.doctype, self.user, self.table = doctype, user or frappe.session.user, f"`tab{doctype}`"
		self.meta = frappe.get_meta(doctype)
		self.joined: dict[str, str] = {}

	def execute(
		self,
		fields: Any = None,
		filters: Any = None,
		or_filters: Any = None,
		group_by: str | None = None,
		order_by: str | None = "KEEP_DEFAULT_ORDERING",
		limit_start: Any = 0,
		limit_page_length: Any = None,
		as_list: bool = False,
		ignore_permissions: bool = False,
		user: str | None = None,
		distinct: bool = False,
		start: Any = None,
		page_length: Any = None,
		limit: Any = None,
		pluck: str | None = None,
		debug: bool = False,
		parent_doctype: str | None = None,
	) -> list:
		self.user = user or self.user
		self.check_read_permission(ignore_permissions, parent_doctype)
		columns = self.columns(fields or [pluck or "name"], ignore_permissions)
		if not columns:
			return []
		conditions = self.conditions(filters, or_filters, ignore_permissions)
		query = f"select {'distinct ' if distinct else ''}{', '.join(columns)} from {self.tables()}"
		query += f" where {' and '.join(conditions)}" if conditions else ""
		query += f" group by {_safe(group_by)}" if group_by else ""
		query += self.order(order_by, columns, group_by)
		length = cint(limit or page_length or limit_page_length)
		query += f" limit {length} offset {cint(start or limit_start)}" if length else ""
		rows = frappe.db.sql(query.replace("%", "%%"), as_dict=not as_list)
		return [row[pluck] for row in rows] if pluck else rows

	def check_read_permission(self, ignore_permissions: bool, parent_doctype: str | None) -> None:
		if not ignore_permissions:
			options = {"parent_doctype": parent_doctype, "user": self.user, "throw": True}
			frappe.has_permission(self.doctype, "read", **options)

	def columns(self, fields: Any, ignore_permissions: bool) -> list[str]:
		if isinstance(fields, str):
			fields = json.loads(fields) if fields.startswith("[") else fields.split(",")
		fields = [field.strip() for field in fields]
		known = {*self.meta.get_valid_columns(), *STANDARD_COLUMNS["optional"]}
		if not ignore_permissions:
			fields = [field for field in fields if not PLAIN_FIELD.fullmatch(field) or _name(field) in known]
		return [self.column(field) for field in fields]

	def column(self, field: str) -> str:
		if field == "*":
			return f"{self.table}.*"
		if "." in field and not field.startswith(("`", "count(", "max(", "min(", "sum(")):
			raise NotImplementedError(f"field {field!r} of a linked table is not provided by devsite")
		if found := re.match(r"`tab([^`]+)`\.", field):
			self.join(found[1])
		if not PLAIN_FIELD.fullmatch(field):
			return field
		return PLAIN_FIELD.sub(rf"{self.table}.`\1`\2", field)

	def join(self, doctype: str) -> None:
		if doctype != self.doctype:
			own = f"`tab{doctype}`"
			on = f"{own}.parenttype = {_quoted(self.doctype)} and {own}.parent = {self.table}.name"
			self.joined[doctype] = f" left join {own} on ({on})"

	def tables(self) -> str:
		return self.table + "".join(self.joined.values())

	def conditions(self, filters: Any, or_filters: Any, ignore_permissions: bool) -> list[str]:
		conditions = [self.condition(entry) for entry in parsed(self.doctype, filters)]
		alternatives = [self.condition(entry) for entry in parsed(self.doctype, or_filters)]
		if alternatives:
			conditions.append(f"({' or '.join(alternatives)})")
		if not ignore_permissions:
			conditions += [f"({entry})" for entry in self.permission_conditions()]
		return conditions

	def permission_conditions(self) -> Iterator[str]:
		hooks = frappe.get_hooks("permission_query_conditions", {})
		for method in hooks.get(self.doctype, []) + hooks.get("*", []):
			if condition := frappe.call(method, self.user, doctype=self.doctype):
				yield condition
		if frappe.permissions.requires_owner(self.doctype, self.user):
			yield f"{self.table}.`owner` = {_quoted(self.user)}"

	def condition(self, entry: Filter) -> str:
		"""As Frappe's lists compare: NULL counts as empty wherever a column can be NULL."""
		self.join(entry.doctype)
		column = f"`tab{entry.doctype}`.`{entry.field}`"
		df = frappe.get_meta(entry.doctype).get_field(entry.field)
		if entry.operator == "is":
			entry = entry._replace(operator="!=" if entry.value == "set" else "=", value="")
		nullable = entry.field not in ("name", "modified", "creation")
		nullable &= not df or df.fieldtype not in NUMERIC_TYPES
		if not nullable or (entry.value and entry.operator in ("=", "like", ">", ">=", "in", "between")):
			return f"{column} {entry.operator} {_literal(entry)}"
		fallback = "0001-01-01 00:00:00.000000" if df and df.fieldtype == "Datetime" else ""
		value = entry._replace(value=fallback) if not entry.value and entry.operator in ("=", "!=") else entry
		collation = "frappe_time" if fallback else "frappe_text"
		return f"ifnull({column}, '{fallback}') collate {collation} {entry.operator} {_literal(value)}"

	def order(self, order_by: str | None, columns: list[str], group_by: str | None) -> str:
		if order_by == "KEEP_DEFAULT_ORDERING":
			aggregate = len(columns) == 1 and re.match(r"(?i)(count|min|max|sum|avg)\(", columns[0])
			if aggregate and not group_by:
				return ""
			field, direction = self.meta.sort_field or "modified", self.meta.sort_order or "desc"
			order_by = f"{self.table}.`{field}` {direction}"
		return f" order by {_safe(order_by)}" if order_by else ""


def _name(field: str) -> str:
	return PLAIN_FIELD.fullmatch(field)[1]


def _safe(order: str) -> str:
	if not SAFE_ORDER.fullmatch(order) or re.search(r"(?i)\b(select|union|intersect)\b", order):
		frappe.throw(frappe._("Illegal SQL Query"))
	return order


__getattr__ = frappe._missing.refuse(__name__)
