from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import frappe


@lru_cache(maxsize=64)
def get_all_translations(lang: str) -> dict[str, str]:
	found: dict[str, str] = {}
	for app in frappe.get_installed_apps():
		for code in dict.fromkeys((lang.split("-")[0], lang)):
			found |= _read(Path(import_module(app).__file__).parent / "translations" / f"{code}.csv")
	return found


@contextmanager
def print_language(language: str) -> Iterator[None]:
	"""As Frappe 15's, it leaves its language behind where an exception passes."""
	before, frappe.local.lang = frappe.local.lang, language or frappe.local.lang
	yield
	frappe.local.lang = before


def _read(path: Path) -> dict[str, str]:
	if not path.exists():
		return {}
	with path.open(encoding="utf-8", newline="") as file:
		return {row[0]: row[1] for row in csv.reader(file) if len(row) > 1}
