"""The one place that publishes. An event says that a session changed, never its QR code or number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe

from xappiens_whatsapp import SESSION

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

EVENT = "whatsapp_session_update"


def publish_session(doc: WhatsAppSession | frappe._dict) -> None:
	"""Tell those who have the document open; the room admits only who may read it."""
	frappe.publish_realtime(
		EVENT,
		{"session": doc.name, "status": doc.status},
		doctype=SESSION,
		docname=doc.name,
		after_commit=True,
	)
