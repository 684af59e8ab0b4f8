"""What the functions of `api.session` answer: small dicts, the same names everywhere."""

from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from xappiens_whatsapp.server import features
from xappiens_whatsapp.sessions import proofs, qr_codes, reasons, restrictions, states

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import PairingCode, RemoteSession
	from xappiens_whatsapp.sessions.link import Link
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession


def creation_answer(doc: "WhatsAppSession", code: qr_codes.CachedCode | None) -> dict[str, Any]:
	return {
		"success": True,
		"session": doc.name,
		**identity_of(doc),
		"status": doc.status,
		"qr_available": bool(code),
		"qr_code": code and code["qr_code"],
		"expires_at": code and code["expires_at"],
		"message": creation_message(doc),
	}


def creation_message(doc: "WhatsAppSession") -> str:
	if doc.status == states.CONNECTED:
		return _("The session is on the server and its phone is linked already.")
	return _("The session was created. Scan its QR code with the phone.")


def identity_of(doc: "WhatsAppSession") -> dict[str, Any]:
	return {"session_id": doc.session_id, "session_db_id": doc.session_db_id or None}


def action_answer(doc: "WhatsAppSession", message: str) -> dict[str, Any]:
	return {"success": True, **identity_of(doc), "status": doc.status, "message": message}


def connect_message(doc: "WhatsAppSession") -> str:
	if doc.status == states.CONNECTED:
		return _("The session is connected already; nothing was changed.")
	return _("Connecting. A QR code appears if the phone has to be linked.")


def qr_answer(
	doc: "WhatsAppSession", code: qr_codes.CachedCode | None, retry_after: int | None = None
) -> dict[str, Any]:
	answer = {"success": True, **identity_of(doc), "ready": bool(code), "status": doc.status}
	answer["qr_code"] = answer["qr_code_data_url"] = code and code["qr_code"]
	answer["expires_at"] = code and code["expires_at"]
	answer["features"] = {"pairing_code": features.known().pairing_code}
	if retry_after:
		answer["retry_after"] = retry_after
	return answer


def status_data(link: "Link", remote: "RemoteSession | None") -> dict[str, Any]:
	"""`remote` is None while the server has the session in its list but cannot say its state yet."""
	doc = link.doc
	until, reconnects = restrictions.in_words(doc.restricted_until), states.reconnects(doc)
	return {
		"id": doc.session_db_id or None,
		"sessionId": doc.session_id,
		"status": remote.status if remote else "unknown",
		"status_frappe": doc.status,
		"phoneNumber": doc.phone_number or None,
		"same_phone": doc.sessions_of_same_phone(),
		"expected_number": doc.expected_number or None,
		"wrong_phone": bool(doc.wrong_phone),
		"needs_attention": bool(doc.needs_attention),
		"lastActivity": remote and remote.last_activity and qr_codes.isoformat(remote.last_activity),
		"isConnected": bool(doc.is_connected),
		"is_connected": bool(doc.is_connected),
		"hasQR": bool(remote and remote.has_qr),
		"reason": reasons.answer_of(doc.error_code, until, reconnects=reconnects),
		"checked_at": frappe.utils.get_datetime_str(link.asked_at),
	}


def code_answer(code: "PairingCode", phone_number: str) -> dict[str, Any]:
	"""`expires_at` in ISO 8601, UTC; `phone_number` in digits with country code."""
	return {
		"success": True,
		"code": code.code,
		"expires_at": qr_codes.isoformat(code.expires_at),
		"phone_number": phone_number,
	}


WAITING_AGAIN_AFTER = 3
ARRIVED_AGAIN_AFTER = 15


def proof_answer(doc: "WhatsAppSession") -> dict[str, Any]:
	"""Times as Frappe stores them; what is not known is None."""
	steps = proofs.steps_of(doc)
	answer = {
		"success": True,
		**identity_of(doc),
		"status": doc.status,
		"state": doc.proof_state or None,
		"phone_number": steps.to or None,
		"sent_at": steps.sent or None,
		"delivered_at": steps.arrived or None,
		"read_at": steps.read or None,
		"last_proof": doc.last_proof and frappe.utils.get_datetime_str(doc.last_proof),
		"may_be_dead": proofs.may_be_dead(doc, steps),
		"message": proofs.sentence_of(doc, steps),
	}
	if wait := looks_again_after(doc, steps):
		answer["retry_after"] = wait
	return answer


def looks_again_after(doc: "WhatsAppSession", steps: proofs.Steps) -> int:
	"""0 where nothing more will come; reading may come later, but nobody waits for it for ever."""
	if proofs.is_waiting(doc, steps):
		return WAITING_AGAIN_AFTER
	is_unread = doc.proof_state == states.DELIVERED and not proofs.is_overdue(steps)
	return ARRIVED_AGAIN_AFTER if is_unread else 0
