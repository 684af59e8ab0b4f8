"""Transactions of our own: they see the newest rows, and begin anew when the database ends them for another's sake."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import frappe

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 5
RECORD_HAS_CHANGED = 1020


def in_own_transaction(function: Callable[P, R]) -> Callable[P, R]:
	"""For what commits at its end in any case: what was done before it is committed first, and stays.

	Without that every row that changed since the caller's first read would be refused (MariaDB 11.6.2 and later,
	`innodb_snapshot_isolation`), and repeating after a deadlock would lose what the caller had not committed yet.
	"""

	@functools.wraps(function)
	def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- see above
		for _attempt in range(ATTEMPTS - 1):
			try:
				return function(*args, **kwargs)
			except Exception as error:
				if not is_undone(error):
					raise
				frappe.db.rollback()
		return function(*args, **kwargs)

	return wrapper


def is_undone(error: Exception) -> bool:
	"""Whether the database ended the transaction; 1020 has no class of its own on earlier releases of Frappe 15."""
	return isinstance(error, frappe.QueryDeadlockError) or error.args[:1] == (RECORD_HAS_CHANGED,)


@contextmanager
def unless_busy() -> Iterator[None]:
	"""For background work: what somebody else holds for longer than the database waits is left for the next time."""
	try:
		yield
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		frappe.db.rollback()
