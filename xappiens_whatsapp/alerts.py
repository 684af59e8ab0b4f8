"""Tells people once that a linked number went down, and once that it is back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
	import frappe
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession


def announce_change(doc: WhatsAppSession, before: frappe._dict) -> None:
	pass
