"""Which phone a session is meant for, and what people decide where another one was linked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import frappe
from frappe import _

from xappiens_whatsapp.server.exceptions import ChangedMeanwhile
from xappiens_whatsapp.sessions import phones, records, story

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession


def expect(doc: WhatsAppSession, phone_number: str) -> None:
	"""By a create of a record that is there already: it fills in what the record lacks, and overrules nobody."""
	change(doc, lambda row: {} if row.expected_number else {"expected_number": f"+{phone_number}"})
	if not phones.is_same(doc.expected_number or "", phone_number):
		words = _("The session {0} expects the phone {1}, not {2}. Change its Expected Number first.")
		frappe.throw(words.format(doc.session_id, doc.expected_number, f"+{phone_number}"))


def keep(doc: WhatsAppSession, phone_number: str | None) -> None:
	"""The phone that is linked becomes the expected one. `phone_number` as for `check_wrong`."""

	def decide(row: records.Row) -> dict[str, object]:
		return {"expected_number": f"+{row.phone_number}"} if is_wrong(row, phone_number) else {}

	if not change(doc, decide):
		raise not_wrong(doc)


def change(doc: WhatsAppSession, decide: Callable[[records.Row], dict[str, object]]) -> bool:
	"""Whether there was something to change; its story tells who did."""
	has_changed = records.change(doc, decide).wrote
	if has_changed:
		story.keep(doc.name, story.CHANGED, detail="expected_number")
	return has_changed


def check_wrong(doc: WhatsAppSession, phone_number: str | None) -> None:
	"""That another phone than the expected one is linked, and where a number is given, that it is the one which somebody saw."""
	if not is_wrong(doc, phone_number):
		raise not_wrong(doc)


def is_wrong(row: records.Row | WhatsAppSession, phone_number: str | None) -> bool:
	return bool(row.wrong_phone) and phone_number in (None, row.phone_number)


def not_wrong(doc: WhatsAppSession) -> ChangedMeanwhile:
	words = _("The session {0} is not linked with another phone than the expected one, or with yet another.")
	next_step = _("Look at its state, then decide.")
	return ChangedMeanwhile(f"{words.format(doc.session_id)} {next_step}")


def last_digits(phone_number: str | None) -> str:
	"""What somebody without an account sees of a number."""
	return f"…{phone_number[-3:]}" if phone_number else ""
