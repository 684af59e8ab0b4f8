"""What is stored is said in the site's language, what a person reads in theirs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import frappe
from babel.core import Locale, UnknownLocaleError
from babel.dates import format_timedelta


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


def in_words(duration: timedelta) -> str:
	"""Such as "3 hours", in the language that is spoken now."""
	try:
		locale = Locale.parse(frappe.local.lang, sep="-")
	except (UnknownLocaleError, ValueError):
		locale = Locale("en")
	return format_timedelta(duration, threshold=2, locale=locale)
