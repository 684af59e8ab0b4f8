"""What JSON can carry and no database or server takes: half of a character (a lone surrogate, as in half an emoji)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import frappe
from frappe import _
from frappe.model.document import Document

SURROGATE = re.compile("[\ud800-\udfff]")


def check(value: object) -> None:
	"""Also what lies within lists and dicts."""
	if isinstance(value, str):
		if SURROGATE.search(value):
			frappe.throw(
				_("The text {0} has half of a character, such as a broken emoji. Enter it again.").format(
					frappe.utils.escape_html(SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)[:140])
				)
			)
	elif isinstance(value, Mapping):
		check(list(value.values()))
	elif isinstance(value, Iterable) and not isinstance(value, bytes):
		for part in value:
			check(part)


def check_fields(doc: Document) -> None:
	check(
		[
			doc.get(field.fieldname)
			for field in doc.meta.fields
			if field.fieldtype in ("Data", "Text", "Small Text", "Password", "Code")
		]
	)
