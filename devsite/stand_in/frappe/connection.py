"""One SQLite connection: transactions, statements, and comparing and refusing values as MariaDB does."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import frappe
from frappe.utils import CallbackManager, cstr

LOCK_WAIT_SECONDS = 15
WRITES = ("insert", "update", "delete", "replace")
MICROSECONDS = "%Y-%m-%d %H:%M:%S.%f"
PLACEHOLDER = re.compile(r"%\((\w+)\)s|%s|%%")

sqlite3.register_converter("datetime", lambda raw: datetime.fromisoformat(raw.decode()))
sqlite3.register_converter("date", lambda raw: date.fromisoformat(raw.decode()))
sqlite3.register_adapter(datetime, lambda value: value.isoformat(" "))
sqlite3.register_adapter(date, date.isoformat)


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
	"""What utf8mb4_unicode_ci takes for equal: case, accents and spaces at the end do not count."""
	decomposed = unicodedata.normalize("NFKD", text.rstrip(" "))
	return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _compare_text(left: str, right: str) -> int:
	return (fold(left) > fold(right)) - (fold(left) < fold(right))


def _compare_times(left: str, right: str) -> int:
	left, right = (value.replace("T", " ") + ("" if "." in value else ".") for value in (left, right))
	left, right = left.ljust(26, "0"), right.ljust(26, "0")
	return (left > right) - (left < right)


def _is_time(value: str, kind: type) -> bool:
	try:
		parsed = kind.fromisoformat(value)
	except (TypeError, ValueError):
		return False
	return getattr(parsed, "tzinfo", None) is None and not str(value).endswith("Z")


class Connection:
	db_type = "mariadb"
	InternalError = sqlite3.InternalError
	OperationalError = sqlite3.OperationalError
	ProgrammingError = sqlite3.ProgrammingError
	IntegrityError = sqlite3.IntegrityError
	DataError = sqlite3.DataError
	TableMissingError = sqlite3.OperationalError

	def __init__(self, path: str) -> None:
		self._conn = sqlite3.connect(
			path, LOCK_WAIT_SECONDS, sqlite3.PARSE_DECLTYPES, isolation_level=None, check_same_thread=False
		)
		self._conn.execute("pragma journal_mode = wal")
		self._conn.execute("pragma synchronous = off")
		self._conn.create_collation("frappe_text", _compare_text)
		self._conn.create_collation("frappe_time", _compare_times)
		self._conn.create_function(
			"is_datetime", 1, lambda value: _is_time(value, datetime), deterministic=True
		)
		self._conn.create_function("is_date", 1, lambda value: _is_time(value, date), deterministic=True)
		self._writing = False
		self.value_cache: dict = {}
		self.last_query = ""
		self.before_commit, self.after_commit = CallbackManager(), CallbackManager()
		self.before_rollback, self.after_rollback = CallbackManager(), CallbackManager()

	def close(self) -> None:
		self._conn.close()

	# ---- transactions

	def begin(self, *, read_only: bool = False) -> None:
		"""A transaction begins with its first statement."""

	def _begin_reading(self) -> None:
		if not self._conn.in_transaction:
			self._conn.execute("begin")

	def _begin_writing(self) -> None:
		"""A snapshot taken by earlier reads ends here: SQLite cannot write on top of an old one."""
		if self._writing:
			return
		if self._conn.in_transaction:
			self._conn.execute("commit")
		self._execute("begin immediate", ())
		self._writing = True

	def _end(self, statement: str) -> None:
		if self._conn.in_transaction:
			self._conn.execute(statement)
		self._writing = False
		self.value_cache.clear()

	def commit(self) -> None:
		self.before_rollback.reset()
		self.after_rollback.reset()
		self.before_commit.run()
		self._end("commit")
		self.after_commit.run()

	def rollback(self, *, save_point: str | None = None) -> None:
		if save_point:
			self.sql(f"rollback to savepoint {save_point}")
			self.value_cache.clear()
			return
		self.before_commit.reset()
		self.after_commit.reset()
		self.before_rollback.run()
		self._end("rollback")
		self.after_rollback.run()

	def savepoint(self, save_point: str) -> None:
		self.sql(f"savepoint {save_point}")

	def release_savepoint(self, save_point: str) -> None:
		self.sql(f"release savepoint {save_point}")

	# ---- statements

	def sql(
		self,
		query: str,
		values: Any = (),
		as_dict: bool = False,
		as_list: bool = False,
		debug: bool = False,
		update: dict | None = None,
		pluck: bool = False,
		run: bool = True,
	) -> Any:
		query = cstr(query).strip()
		self._start_for(query)
		values = values if isinstance(values, tuple | list | dict) else (values,)
		cursor = self._execute(*_translated(re.sub(r"(?is)\s+for update.*$", "", query), values))
		if not cursor.description:
			return ()
		rows = cursor.fetchall()
		if pluck:
			return [row[0] for row in rows]
		if as_dict:
			keys = [column[0] for column in cursor.description]
			return [frappe._dict(zip(keys, row, strict=True)).update(update or {}) for row in rows]
		return [list(row) for row in rows] if as_list else tuple(rows)

	def _start_for(self, query: str) -> None:
		word = query.split(None, 1)[0].lower()
		if word in ("commit", "rollback", "begin", "start") and "savepoint" not in query.lower():
			raise NotImplementedError(
				f"frappe.db.sql({word!r}) is not provided by devsite; use frappe.db.{word}()"
			)
		if word in (*WRITES, "savepoint") or re.search(r"(?i)\bfor update\b", query):
			self._begin_writing()
		elif word in ("create", "alter", "drop", "truncate"):
			self.commit()
		else:
			self._begin_reading()

	def _execute(self, query: str, values: Any) -> sqlite3.Cursor:
		self.last_query = query
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

	def sql_ddl(self, query: str) -> None:
		self.commit()
		self.sql(query)

	@staticmethod
	def escape(s: Any, percent: bool = True) -> str:
		text = cstr(s).replace("'", "''")
		return "'" + (text.replace("%", "%%") if percent else text) + "'"

	@staticmethod
	def is_primary_key_violation(error: Exception) -> bool:
		return "UNIQUE constraint failed" in str(error) and str(error).endswith(".name")

	@staticmethod
	def is_unique_key_violation(error: Exception) -> bool:
		return "UNIQUE constraint failed" in str(error) and not str(error).endswith(".name")

	@staticmethod
	def is_duplicate_entry(error: Exception) -> bool:
		return "UNIQUE constraint failed" in str(error)

	@staticmethod
	def is_missing_column(error: Exception) -> bool:
		return "no such column" in str(error)

	@staticmethod
	def is_table_missing(error: Exception) -> bool:
		return "no such table" in str(error)


def _translated(query: str, values: Any) -> tuple[str, Any]:
	"""Placeholders as MariaDB's driver takes them; without values a percent sign stands for itself."""
	if not values:
		return query.replace("%%", "%"), ()
	if isinstance(values, dict):
		names: list[str] = PLACEHOLDER.findall(query)
		query = PLACEHOLDER.sub(lambda found: f":{found[1]}" if found[1] else "%", query)
		return query, {name: values[name] for name in names if name}
	expanded: list = []
	remaining = iter(values)

	def bind(found: re.Match) -> str:
		if found[0] == "%%":
			return "%"
		value = next(remaining)
		group = list(value) if isinstance(value, list | tuple | set) else [value]
		expanded.extend(group)
		marks = ", ".join("?" * len(group))
		return f"({marks})" if isinstance(value, list | tuple | set) else marks

	return PLACEHOLDER.sub(bind, query), expanded
