"""A test message, and what became of it: whether messages of a session get through."""

from typing import Any

import frappe

from xappiens_whatsapp.api import answers
from xappiens_whatsapp.api.session import _resolve_session_doc
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import phones, proofs, sending, states
from xappiens_whatsapp.sessions.link import Link


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def send_test_message(session_id: str, phone_number: str | None = None) -> dict[str, Any]:
	"""One short text to the linked number itself, or to `phone_number`, which is as people type it.

	Never sent twice: where nobody knows whether it went out, the error says so. What becomes of it `get_test_message` tells.
	"""
	link = Link(_resolve_session_doc(session_id, "test"))
	sending.send(link, phones.clean_phone_number(phone_number) or "")
	return answers.proof_answer(link.doc)


@frappe.whitelist(methods=["GET", "POST"])
@gateway.translates_errors
def get_test_message(session_id: str) -> dict[str, Any]:
	"""What is known of the last test message, each step with its time; `retry_after` while more may come. Stores what it learns."""
	doc = _resolve_session_doc(session_id, "status")
	if doc.proof_state == states.SENT:
		proofs.look(Link(doc))
	return answers.proof_answer(doc)
