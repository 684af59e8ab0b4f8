"""Tables, medians and counters that the measurements share."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import frappe

TRANSACTION = re.compile(r"(?i)\s*(commit|rollback|begin|start transaction|savepoint|release savepoint|set )")


@dataclass
class Table:
	title: str
	header: Sequence[str]
	rows: list[Sequence[object]] = field(default_factory=list)
	notes: list[str] = field(default_factory=list)

	def __str__(self) -> str:
		lines = [f"### {self.title}", "", line(self.header), line(["---"] * len(self.header))]
		lines += [line(row) for row in self.rows]
		return "\n".join([*lines, *(f"\n{note}" for note in self.notes)])


def line(cells: Sequence[object]) -> str:
	return f"| {' | '.join(str(cell) for cell in cells)} |"


def yes_no(met: bool) -> str:
	return "met" if met else "**not met**"


def seconds_of(action: Callable[[], object]) -> float:
	began = time.perf_counter()
	action()
	return time.perf_counter() - began


def interleaved(pairs: int, first: Callable[[], float], second: Callable[[], float]) -> tuple[float, float]:
	"""The medians of two timings, taken in turn and in changing order, so that both meet the same machine."""
	times: tuple[list[float], list[float]] = ([], [])
	for number in range(pairs):
		for which in (0, 1) if number % 2 else (1, 0):
			times[which].append((first, second)[which]())
	return median(times[0]), median(times[1])


@contextmanager
def counted_statements() -> Iterator[list[str]]:
	"""What reaches the database through `frappe.db.sql` meanwhile, without the transactions' own statements."""
	statements: list[str] = []
	original = frappe.db.sql

	def sql(query: Any, *arguments: Any, **options: Any) -> Any:
		if not TRANSACTION.match(str(query)):
			statements.append(str(query))
		return original(query, *arguments, **options)

	frappe.db.sql = sql
	try:
		yield statements
	finally:
		del frappe.db.sql
