"""Which sessions need a person: the one definition behind cards, list, health, metrics and shell. Reads nothing but its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xappiens_whatsapp.sessions import phones, states

if TYPE_CHECKING:
	import frappe

	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession


def marks(row: frappe._dict | WhatsAppSession, before: frappe._dict | WhatsAppSession) -> dict[str, object]:
	"""What a change of the row, or of the form, adds to it."""
	is_stopped = bool(row.stopped_here) and row.status in states.DOWN
	is_wrong = is_wrong_phone(row, before)
	is_in_need = bool(row.is_active) and (
		is_wrong or row.proof_state == states.FAILED or (row.status != states.CONNECTED and not is_stopped)
	)
	return {
		"stopped_here": int(is_stopped),
		"wrong_phone": int(is_wrong),
		"wrong_phone_alerted_on": row.wrong_phone_alerted_on if is_wrong else None,
		"needs_attention": int(is_in_need),
	}


def is_wrong_phone(row: frappe._dict | WhatsAppSession, before: frappe._dict | WhatsAppSession) -> bool:
	"""Proven by a connection with that number, and true until another phone is linked or expected; without a number, as of a
	hidden id (`@lid`), nothing is.
	"""
	if (
		not row.phone_number
		or not row.expected_number
		or phones.is_same(row.phone_number, row.expected_number)
	):
		return False
	return row.status == states.CONNECTED or bool(before.wrong_phone)
