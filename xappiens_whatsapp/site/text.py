"""What JSON can carry and no database or server takes: half of a character (a lone surrogate, as in half an emoji), and NUL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import frappe
from frappe import _
from frappe.model.document import Document

LARGEST_TEXT = 40_000
"""Bytes; encrypted as well as plain they fit into the 65,535 of a column of MariaDB."""
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def check(value: object) -> None:
	"""Also what lies within lists and dicts."""
	if isinstance(value, str):
		if found := UNSTORABLE.search(value):
			frappe.throw(sentence_about(found[0]).format(shown(value)))
	elif isinstance(value, Mapping):
		check([*value, *value.values()])
	elif isinstance(value, Iterable) and not isinstance(value, bytes):
		for part in value:
			check(part)


def sentence_about(character: str) -> str:
	if character == "\0":
		return _("The text {0} has a character that cannot be stored. Enter it again.")
	return _("The text {0} has half of a character, such as a broken emoji. Enter it again.")


def shown(value: str) -> str:
	return frappe.utils.escape_html(UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", value)[:140])


def check_lengths(value: object) -> None:
	if isinstance(value, str) and len(value.encode()) > LARGEST_TEXT:
		frappe.throw(_("The text {0} is too long.").format(f"{shown(value)}…"))
	if isinstance(value, Mapping):
		value = [*value.values()]
	if isinstance(value, list):
		for part in value:
			check_lengths(part)


class StorableDocument(Document):
	"""Checked with its rows before anything else, since Frappe looks up what links name long before it calls `validate`."""

	def insert(self, *args: Any, **kwargs: Any) -> Document:
		check_document(self)
		return super().insert(*args, **kwargs)

	def save(self, *args: Any, **kwargs: Any) -> Document:
		check_document(self)
		return super().save(*args, **kwargs)


def check_document(doc: Document) -> None:
	values = doc.as_dict()
	check(values)
	check_lengths(values)
