"""What to do about a phone that is linked in place of the expected one."""

from typing import Any

import frappe
from frappe import _

from xappiens_whatsapp.api import answers
from xappiens_whatsapp.api.session import _resolve_session_doc
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import creation, phones, removal, right_phone
from xappiens_whatsapp.sessions.link import Link


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def keep_phone(session_id: str, phone_number: str | None = None) -> dict[str, Any]:
	"""The phone that is linked in place of the expected one becomes the expected one.

	`phone_number` is the one that was seen: 409 `ChangedMeanwhile` where it is another by now, or the right one.
	"""
	doc = _resolve_session_doc(session_id, "disconnect")
	right_phone.keep(doc, phones.clean_phone_number(phone_number))
	words = _("{0} is the expected phone of this session now.")
	return answers.action_answer(doc, words.format(doc.expected_number))


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def unlink_phone(session_id: str, phone_number: str | None = None) -> dict[str, Any]:
	"""Log the phone out that is linked in place of the expected one, and start linking anew; arguments as in `keep_phone`.

	The server is asked first which phone it is, and deletes the session whatever *Disconnect Mode* says.
	"""
	link = Link(_resolve_session_doc(session_id, "disconnect"))
	seen = phones.clean_phone_number(phone_number)
	link.look()
	right_phone.check_wrong(link.doc, seen)
	removal.disconnect(link)
	creation.connect(link)
	words = _("The other phone was unlinked. Scan the new QR code with {0}.")
	return answers.action_answer(link.doc, words.format(link.doc.expected_number))
