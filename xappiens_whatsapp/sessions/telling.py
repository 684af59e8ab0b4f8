"""The story of a session in the words of whoever reads it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import frappe
from frappe import _

from xappiens_whatsapp import SESSION, SETTINGS
from xappiens_whatsapp.sessions import reasons, story
from xappiens_whatsapp.site import languages

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

PAGE_LENGTH = 20


class Told(NamedTuple):
	"""`at` in site time; `who` is "" for what nobody here did."""

	at: str
	event: str
	words: str
	who: str


def page(doc: WhatsAppSession, start: int = 0) -> dict[str, object]:
	"""`more`: whether there are older ones."""
	rows = story.read(doc.name, doc.creation, start, PAGE_LENGTH + 1)
	names = names_of({row.by_user for row in rows if row.by_user})
	events = [
		Told(str(row.at), row.event, words_of(row), who(row, names))._asdict() for row in rows[:PAGE_LENGTH]
	]
	return {"events": events, "more": len(rows) > PAGE_LENGTH}


def names_of(users: set[str]) -> dict[str, str]:
	"""A user who was deleted since keeps the name of the account."""
	rows = frappe.get_all("User", filters={"name": ("in", [*users, ""])}, fields=["name", "full_name"])
	return {row.name: row.full_name or row.name for row in rows}


def words_of(row: frappe._dict) -> str:
	return WORDS[row.event](row) if row.event in WORDS else _(row.event)


def who(row: frappe._dict, names: dict[str, str]) -> str:
	"""A guest has a pairing link and no name."""
	if row.via == "Link":
		return _("by pairing link")
	if not row.by_user:
		return ""
	ways = {"Shell": _("{0}, from the shell"), "API": _("{0}, through the API")}
	return ways.get(row.via, "{0}").format(names.get(row.by_user, row.by_user))


def linked(row: frappe._dict) -> str:
	return _("Linked with {0}.").format(f"+{row.phone_number}") if row.phone_number else _("Linked.")


def back(row: frappe._dict) -> str:
	return _("Connected again after {0}.").format(lasting(row))


def dropped(row: frappe._dict) -> str:
	reason = reasons.reason_of(row.reason)
	words = _("Connection lost after {0}.").format(lasting(row))
	return f"{words} {reason.sentence}" if reason else words


def lasting(row: frappe._dict) -> str:
	return languages.in_words(timedelta(seconds=max(1, row.seconds or 0)))


def code_shown(row: frappe._dict) -> str:
	return _("A code to type was made.") if row.detail == story.TO_TYPE else _("The QR code was shown.")


def test_message(row: frappe._dict) -> str:
	return _("Test message: {0}.").format(_(row.detail)) if row.detail else _("A test message was sent.")


def changed(row: frappe._dict) -> str:
	known = {
		field.fieldname: field.label
		for doctype in (SESSION, SETTINGS)
		for field in frappe.get_meta(doctype).fields
	}
	names = [_(known.get(field, field)) for field in (row.detail or "").split(", ")]
	return _("Changed: {0}.").format(", ".join(names))


WORDS = {
	story.CREATED: lambda _row: _("Created."),
	story.LINKED: linked,
	story.BACK: back,
	story.DROPPED: dropped,
	story.RESTARTED: lambda _row: _("Restarted."),
	story.DISCONNECTED: lambda _row: _("Disconnected."),
	story.DELETED: lambda _row: _("Deleted."),
	story.CODE_SHOWN: code_shown,
	story.LINK_MADE: lambda _row: _("A pairing link was made."),
	story.TEST_MESSAGE: test_message,
	story.CHANGED: changed,
}
