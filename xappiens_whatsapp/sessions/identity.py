"""What an id and a name may be, and the record that one of them means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import frappe
from frappe import _

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.baileys.addresses import RESERVED_IDS
from xappiens_whatsapp.site import text

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

SESSION_ID = re.compile(r"[A-Za-z0-9_-]{3,100}")
NAME_LENGTH = 255


def validate_session_id(session_id: str) -> None:
	if not SESSION_ID.fullmatch(session_id or "") or session_id.lower() in RESERVED_IDS:
		frappe.throw(
			_(
				"The session id must have 3 to 100 characters out of A-Z, a-z, 0-9, hyphen and underscore,"
				" and must not be one of: {0}."
			).format(", ".join(RESERVED_IDS))
		)


def validate_session_name(session_name: str) -> None:
	if not 1 <= len((session_name or "").strip()) <= NAME_LENGTH:
		frappe.throw(_("The session name must have 1 to {0} characters.").format(NAME_LENGTH))


def find_record(identifier: str) -> WhatsAppSession | None:
	"""By document name, else by session id; exactly, although the database compares without case."""
	text.check(identifier)
	if (doc := load(identifier)) and doc.name == identifier:
		return doc
	row = frappe.db.get_value(SESSION, {"session_id": identifier}, ["name", "session_id"], as_dict=True)
	return load(row.name) if row and row.session_id == identifier else None


def load(name: str) -> WhatsAppSession | None:
	"""None where there is no such document, and no message about it stays for the reader."""
	try:
		return frappe.get_doc(SESSION, name)
	except frappe.DoesNotExistError:
		frappe.clear_last_message()
		return None
