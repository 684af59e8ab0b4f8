"""What is stored is said in the site's language, what a person reads in theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import frappe


def of_site() -> str:
	return frappe.get_system_settings("language") or "en"


@contextmanager
def speaking(language: str) -> Iterator[None]:
	"""What is translated inside is in `language`; afterwards it is the reader's again."""
	before, frappe.local.lang = frappe.local.lang, language
	try:
		yield
	finally:
		frappe.local.lang = before
