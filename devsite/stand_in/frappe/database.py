"""frappe.db: one SQLite connection that compares and refuses values as MariaDB does."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from datetime import datetime
from functools import lru_cache
from typing import Any

import frappe
from frappe.model.db_query import select, where
from frappe.utils import CallbackManager, cast_fieldtype, cstr, now

LOCK_WAIT_SECONDS = 15
PLACEHOLDER = re.compile("%s|%%")

sqlite3.register_converter("datetime", lambda raw: datetime.fromisoformat(raw.decode()))
sqlite3.register_adapter(datetime, lambda value: value.isoformat(" "))


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
	"""What utf8mb4_unicode_ci takes for equal: case and accents do not count."""
	decomposed = unicodedata.normalize("NFKD", text)
	return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _compare_text(left: str, right: str) -> int:
	left, right = fold(left.rstrip(" ")), fold(right.rstrip(" "))
	return (left > right) - (left < right)


def _compare_times(left: str, right: str) -> int:
	left, right = (
		f"{value.replace('T', ' ')}{'' if '.' in value else '.'}".ljust(26, "0") for value in (left, right)
	)
	return (left > right) - (left < right)


@lru_cache(maxsize=4096)
def _like_pattern(pattern: str) -> re.Pattern:
	wildcards = {"%": ".*", "_": "."}
	parts = re.findall(r"\\?.", fold(pattern), re.DOTALL)
	return re.compile("".join(wildcards.get(part) or re.escape(part[-1]) for part in parts), re.DOTALL)


def _like(pattern: str, value: Any) -> bool | None:
	return None if value is None else bool(_like_pattern(pattern).fullmatch(fold(str(value))))


def _is_datetime(value: str) -> bool:
	try:
		return datetime.fromisoformat(value).tzinfo is None and not value.endswith("Z")
	except (TypeError, ValueError):
		return False


class Database:
	db_type = "sqlite"
	OperationalError = sqlite3.OperationalError
	DataError = sqlite3.DataError

	def __init__(self, path: str) -> None:
		self._conn = sqlite3.connect(
			path, LOCK_WAIT_SECONDS, sqlite3.PARSE_DECLTYPES, isolation_level=None, check_same_thread=False
		)
		self._conn.execute("pragma journal_mode = wal")
		self._conn.execute("pragma synchronous = off")
		self._conn.create_collation("frappe_text", _compare_text)
		self._conn.create_collation("frappe_time", _compare_times)
		self._conn.create_function("like", 2, _like, deterministic=True)
		self._conn.create_function("is_datetime", 1, _is_datetime, deterministic=True)
		self._writing = False
		self.after_commit, self.after_rollback = CallbackManager(), CallbackManager()

	def close(self) -> None:
		self._conn.close()

	# ---- transactions

	def _begin_writing(self) -> None:
		"""A snapshot taken by earlier reads ends here: SQLite cannot write on top of an old one."""
		if self._writing:
			return
		self._end("commit")
		self._execute("begin immediate", ())
		self._writing = True

	def _end(self, statement: str) -> None:
		if self._conn.in_transaction:
			self._conn.execute(statement)
		self._writing = False

	def commit(self) -> None:
		self.after_rollback.reset()
		self._end("commit")
		self.after_commit.run()

	def rollback(self, *, save_point: str | None = None) -> None:
		if save_point:
			self.sql(f"rollback to savepoint {save_point}")
			return
		self.after_commit.reset()
		self._end("rollback")
		self.after_rollback.run()

	def savepoint(self, save_point: str) -> None:
		self.sql(f"savepoint {save_point}")

	# ---- statements

	def sql(self, query: str, values: Any = (), as_dict: bool = False, pluck: bool = False) -> Any:
		query = query.strip()
		self._start_for(query)
		values = values if isinstance(values, tuple | list) else (values,)
		if values:  # as MariaDB's driver: without values a percent sign stands for itself
			query = PLACEHOLDER.sub(lambda found: "?" if found[0] == "%s" else "%", query)
		cursor = self._execute(re.sub(r"(?is)\s+for update.*$", "", query), values)
		rows = cursor.fetchall() if cursor.description else ()
		if pluck:
			return [row[0] for row in rows]
		if as_dict:
			keys = [column[0] for column in cursor.description or ()]
			return [frappe._dict(zip(keys, row, strict=True)) for row in rows]
		return tuple(rows)

	def _start_for(self, query: str) -> None:
		word = query.split(None, 1)[0].lower()
		if word in ("commit", "begin", "start") or query.lower() == "rollback":
			raise NotImplementedError(f"frappe.db.sql({query!r}) is not provided by devsite")
		writes = ("insert", "update", "delete", "replace", "savepoint")
		if word in writes or re.search(r"(?i)\bfor update\b", query):
			self._begin_writing()
		elif word in ("create", "alter", "drop", "truncate"):
			self.commit()
		elif not self._conn.in_transaction:
			self._conn.execute("begin")

	def _execute(self, query: str, values: Any) -> sqlite3.Cursor:
		try:
			return self._conn.execute(query, values)
		except sqlite3.OperationalError as error:
			if "locked" in str(error):
				raise frappe.QueryTimeoutError(error) from error
			raise
		except sqlite3.IntegrityError as error:
			if "CHECK constraint" in str(error):
				raise sqlite3.DataError(str(error)) from error
			raise

	sql_ddl = sql

	@staticmethod
	def escape(s: Any) -> str:
		return "'" + cstr(s).replace("'", "''").replace("%", "%%") + "'"

	# ---- rows of a DocType

	def get_value(self, doctype: str, filters: Any, fieldname: Any = "name", **options: Any) -> Any:
		rows = self.get_values(doctype, filters, fieldname, limit=1, **options)
		if not rows:
			return None
		return rows[0] if options.get("as_dict") or len(rows[0]) > 1 else rows[0][0]

	def get_values(
		self,
		doctype: str,
		filters: Any,
		fieldname: Any = "name",
		*,
		as_dict: bool = False,
		order_by: str | None = "modified desc",
		for_update: bool = False,
		pluck: bool = False,
		limit: int | None = None,
	) -> Any:
		if filters in (None, doctype) and doctype != "DocType":
			raise NotImplementedError("frappe.db.get_values of a Single is not provided by devsite")
		query = select(doctype, fieldname, filters, order_by, limit)
		if for_update:
			self._begin_writing()
		return self.sql(query, as_dict=as_dict or fieldname == "*", pluck=pluck)

	def table_exists(self, doctype: str) -> bool:
		return bool(self.sql("select 1 from sqlite_master where name = %s", f"tab{doctype}"))

	def get_singles_dict(self, doctype: str, *, for_update: bool = False) -> frappe._dict:
		if for_update:
			self._begin_writing()
		return frappe._dict(self.sql("select field, value from tabSingles where doctype = %s", doctype))

	def get_single_value(self, doctype: str, fieldname: str, cache: bool = True) -> Any:
		df = frappe.get_meta(doctype).get_field(fieldname)
		return cast_fieldtype(df.fieldtype, self.get_singles_dict(doctype).get(fieldname))

	def exists(self, dt: str, dn: Any) -> Any:
		return dn if dt == dn != "DocType" else self.get_value(dt, dn, order_by=None)

	def count(self, dt: str, filters: Any = None) -> int:
		return self.sql(select(dt, "count(*)", filters or {}))[0][0]

	def get_table_columns(self, doctype: str) -> list[str]:
		return [row[1] for row in self.sql(f"pragma table_info(`tab{doctype}`)")]

	def set_value(
		self,
		dt: str,
		dn: Any,
		field: Any,
		val: Any = None,
		*,
		modified: str | None = None,
		update_modified: bool = True,
	) -> None:
		if dn is None or dt == dn:
			raise NotImplementedError("frappe.db.set_value on a Single is not provided; use set_single_value")
		values = dict(field) if isinstance(field, dict) else {field: val}
		if update_modified:
			values |= {"modified": modified or now(), "modified_by": frappe.session.user}
		assignments = ", ".join(f"`{column}` = %s" for column in values)
		frappe.clear_document_cache(dt, dn if isinstance(dn, str) else None)
		condition = where(dt, dn).replace("%", "%%")
		self.sql(f"update `tab{dt}` set {assignments}{condition}", list(values.values()))

	def set_single_value(self, doctype: str, fieldname: str, value: Any) -> None:
		self.sql("delete from tabSingles where doctype = %s and field = %s", (doctype, fieldname))
		self.sql("insert into tabSingles values (%s, %s, %s)", (doctype, fieldname, value))
		frappe.clear_document_cache(doctype, doctype)

	def delete(self, doctype: str, filters: Any = None) -> None:
		table = doctype if doctype.startswith("__") else f"tab{doctype}"
		self.sql(f"delete from `{table}`{where(doctype, filters)}")

	def __getattr__(self, name: str) -> Any:
		if name.startswith("_"):
			raise AttributeError(name)
		raise NotImplementedError(f"frappe.db.{name} is not provided by devsite")
