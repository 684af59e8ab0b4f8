"""What else the contract offers: health, counts, contacts, the Frappe switch, webhook tests, messages."""

from __future__ import annotations

import math

from . import shapes, validation
from .answers import Answer, Refusal, iso, refusal, success
from .calls import Call, known
from .messages import USUAL_ACKS
from .registry import SessionUnknown
from .webhooks import signature_matches

VERSION = "1.0.0"


def get_health(call: Call) -> Answer:
	body = {"message": "API funcionando", "timestamp": iso(call.now), "version": VERSION}
	features = call.simulation.habits.announced
	told = {} if features is None else {"features": features}
	return Answer(200, {"success": True, **body, "environment": "sandbox", **told})


def get_stats(call: Call) -> Answer:
	sessions = call.registry.all()
	connected = sum(session.is_connected for session in sessions)
	return success({"stats": {"total": len(sessions), "connected": connected}})


def list_frappe_sessions(call: Call) -> Answer:
	chosen = [session for session in call.registry.all() if session.send_to_frappe]
	return success({"sessions": [shapes.session_row(session) for session in chosen]})


def get_contacts(call: Call) -> Answer:
	source = "whatsapp" if call.session().is_connected else "database"
	return success({"contacts": [], "total": 0, "source": source})


def sync_session(call: Call) -> Answer:
	session = call.session_by_key()
	if not session.is_connected:
		raise refusal("not_connected")
	counts = {"contactsSynced": 0, "chatsSynced": 0, "timestamp": iso(call.now)}
	return success({"sessionId": session.session_id, **counts}, "Sincronización completada")


def repair_conversations(call: Call) -> Answer:
	session = call.session_by_key()
	repaired = {"repairedConversations": [], "totalRepaired": 0, "timestamp": iso(call.now)}
	return success({"sessionId": session.session_id, **repaired}, "Conversaciones reparadas")


def configure_frappe(call: Call) -> Answer:
	session = call.session()
	wanted = validation.checked(call.body, {"sendToFrappe": validation.boolean}, ("sendToFrappe",))
	session.send_to_frappe = wanted["sendToFrappe"]
	text = "Integración activada" if session.send_to_frappe else "Integración desactivada"
	return success({"sessionId": session.session_id, "sendToFrappe": session.send_to_frappe}, text)


def get_frappe_status(call: Call) -> Answer:
	row = shapes.session_row(call.session())
	return success({key: row[key] for key in ("sessionId", "sendToFrappe", "status", "sessionName")})


def get_connectivity(call: Call) -> Answer:
	body = {"message": "Conectividad correcta", "timestamp": iso(call.now), "version": VERSION}
	return Answer(200, {"success": True, **body, "server": "sandbox"})


def check_signature(call: Call) -> Answer:
	"""Whether the body was signed with the secret of the session that the header names."""
	session_id = call.headers.get("X-Webhook-Session", "")
	session = known(call.registry.by_key(session_id))
	valid = signature_matches(
		call.raw_body, session.webhook.secret, call.headers.get("X-Webhook-Signature", "")
	)
	event = call.headers.get("X-Webhook-Event", "")
	return success({"valid": valid, "event": event, "sessionId": session_id})


def test_webhook(call: Call) -> Answer:
	call.require("webhookTest")
	wanted = validation.checked(call.body, {"sessionId": validation.session_id}, ("sessionId",))
	try:
		delivery = call.simulation.test_webhook(wanted["sessionId"])
	except SessionUnknown:
		raise Refusal(404) from None
	except ValueError:
		raise Refusal(400, details={"sessionId": "la sesión no tiene webhook"}) from None
	return success({"status": delivery.status, "cause": delivery.error})


def send_message(call: Call) -> Answer:
	call.require("sendText")
	checks = {"to": validation.chat, "message": validation.length(1, 4096), "type": validation.text_type}
	wanted = validation.checked(call.body, checks, ("to", "message"))
	session = call.session_by_key()
	if not session.is_connected:
		raise refusal("not_connected")
	if session.restriction:
		raise Refusal(
			409, "ACCOUNT_RESTRICTED", "Cuenta restringida", facts=session.restriction.told_in_refusal()
		)
	call.simulation.message_limiter.check(session.session_id, call.now)
	acks = call.fault.details.get("numbers", ()) if call.has_fault("acks") else USUAL_ACKS
	chat_id = wanted["to"] if "@" in wanted["to"] else f"{wanted['to']}@s.whatsapp.net"
	message = call.registry.send(session, chat_id, wanted["message"], call.now, acks)
	return success(shapes.SEND[call.variant or "message"](message), "Mensaje enviado")


def list_messages(call: Call) -> Answer:
	"""Those that were sent from here, newest first."""
	session, (page, limit, _status) = call.session_by_key(), validation.page_of(call.query)
	sent = [message for message in reversed(call.registry.messages) if message.session is session]
	found = [message for message in sent if call.query.get("chatId") in (None, message.chat_id)]
	rows = [shapes.message_row(message) for message in found[(page - 1) * limit : page * limit]]
	pages = math.ceil(len(found) / limit)
	pagination = {"total": len(found), "page": page, "limit": limit, "pages": pages}
	return success({"messages": rows, "pagination": pagination})
