from __future__ import annotations

from typing import Any
from unicodedata import east_asian_width

import frappe


def render_table(data: list[list[Any]]) -> None:
	"""The first row is the heading. Frappe has terminaltables draw it."""
	rows = [[str(cell) for cell in row] for row in data]
	if any("\n" in cell for row in rows for cell in row):
		raise NotImplementedError("a table with lines in a cell is not provided by devsite")
	widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
	rule = "+" + "".join("-" * (columns + 2) + "+" for columns in widths)
	lines = ["|" + "".join(map(boxed, row, widths)) for row in rows]
	print(rule, lines[0], rule, *lines[1:], *[rule] * (len(lines) > 1), sep="\n")


def boxed(cell: str, columns: int) -> str:
	return f" {cell}{' ' * (columns - width(cell))} |"


def width(text: str) -> int:
	return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


__getattr__ = frappe._missing.refuse(__name__)
