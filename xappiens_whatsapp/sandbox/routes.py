"""The REST routes of the contract. Each handler runs while the registry stands still."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from . import shapes, validation
from .answers import Answer, Refusal, iso, success
from .faults import Fault
from .registry import Registry, SessionExists
from .state import Session, Webhook
from .webhooks import signature_matches

VERSION = "1.0.0"


@dataclass
class Call:
	registry: Registry
	now: float
	path: dict[str, str]
	query: dict[str, str]
	headers: Any
	raw_body: bytes = b""
	body: dict[str, Any] = field(default_factory=dict)
	fault: Fault | None = None

	@property
	def variant(self) -> str:
		return self.fault.variant() if self.fault else ""

	def session(self) -> Session:
		"""By number only, as the server wants it."""
		return _known(self.registry.by_id(validation.numeric_id(self.path["id"])))

	def session_by_either(self) -> Session:
		text = self.path["id"]
		number = int(text) if validation.NUMBER.fullmatch(text) else 0
		return _known(self.registry.by_id(number) or self.registry.by_key(text))

	def session_by_key(self) -> Session:
		return _known(self.registry.by_key(self.path["sessionId"]))

	def has_fault(self, kind: str) -> bool:
		return self.fault is not None and self.fault.kind == kind


def _known(session: Session | None) -> Session:
	if session is None:
		raise Refusal(404)
	return session


def get_health(call: Call) -> Answer:
	body = {"message": "API funcionando", "timestamp": iso(call.now), "version": VERSION}
	features = {"webhookTest": "/sandbox/webhook-test"}
	return Answer(200, {"success": True, **body, "environment": "sandbox", "features": features})


def create_session(call: Call) -> Answer:
	wanted = validation.checked(call.body, validation.CREATE_FIELDS, ("sessionId", "sessionName"))
	try:
		session = call.registry.create(
			wanted["sessionId"],
			wanted["sessionName"],
			phone_number=wanted.get("phoneNumber"),
			send_to_frappe=_sends_to_frappe(call, wanted),
			webhook=_webhook(Webhook(), wanted),
		)
	except SessionExists:
		raise Refusal(409) from None
	variant = call.variant or "session"
	if variant in shapes.CREATE_WITH_QR:
		_show_qr_at_once(session, call)
	return success(shapes.CREATE[variant](session), "Sesión creada", status=201)


def _sends_to_frappe(call: Call, wanted: dict[str, Any]) -> bool:
	return call.headers.get("X-Frappe-Origin") == "true" or wanted.get("fromFrappe", False)


def _show_qr_at_once(session: Session, call: Call) -> None:
	session.connect(call.now)
	session.postpone_qr(0, call.now)
	call.registry.advance(call.now)


def _webhook(current: Webhook, wanted: dict[str, Any]) -> Webhook:
	return replace(
		current,
		url=wanted.get("webhookUrl", current.url),
		secret=wanted.get("webhookSecret", current.secret),
		events=tuple(wanted.get("webhookEvents", current.events)),
	)


def list_sessions(call: Call) -> Answer:
	page, limit, status = validation.page_of(call.query)
	found = [session for session in call.registry.all() if not status or session.status == status]
	pagination = {"total": len(found), "page": page, "limit": limit, "pages": math.ceil(len(found) / limit)}
	rows = [shapes.session_row(session) for session in found[(page - 1) * limit : page * limit]]
	return Answer(200, {"success": True} | shapes.LIST[call.variant or "sessions"](rows, pagination))


def get_stats(call: Call) -> Answer:
	sessions = call.registry.all()
	connected = sum(session.is_connected for session in sessions)
	return success({"stats": {"total": len(sessions), "connected": connected}})


def list_frappe_sessions(call: Call) -> Answer:
	chosen = [session for session in call.registry.all() if session.send_to_frappe]
	return success({"sessions": [shapes.session_row(session) for session in chosen]})


def get_session(call: Call) -> Answer:
	return success(shapes.GET[call.variant or "session"](call.session_by_either()))


def delete_session(call: Call) -> Answer:
	session = call.session()
	call.registry.delete(session, call.now)
	return _done("Sesión eliminada", session, call)


def get_status(call: Call) -> Answer:
	row = shapes.status_row(call.session())
	if call.variant:
		row = shapes.STATUS[call.variant](row, call.fault.details.get("word", ""))
	return success(row)


def get_qr(call: Call) -> Answer:
	session = call.session()
	if call.has_fault("late_qr"):
		session.postpone_qr(call.fault.seconds(5), call.now)
	if session.code is None:
		raise Refusal(500, "QR_GENERATION_ERROR", "Error obteniendo código QR")
	variant = "empty" if call.has_fault("empty_qr") else call.variant
	return Answer(200, {"success": True} | shapes.QR[variant or "data_url"](session, session.code))


def connect_session(call: Call) -> Answer:
	session = call.session()
	session.connect(call.now)
	return _started(session, "Proceso de conexión en marcha", call)


def restart_session(call: Call) -> Answer:
	session = call.session()
	session.restart(call.now)
	return _started(session, "Sesión reiniciada", call)


def _started(session: Session, message: str, call: Call) -> Answer:
	if call.has_fault("late_qr"):
		session.postpone_qr(call.fault.seconds(5), call.now)
	return shapes.action(session, message, variant=call.variant)


def disconnect_session(call: Call) -> Answer:
	session = call.session()
	session.disconnect(call.now)
	return shapes.action(session, "Sesión desconectada")


def update_webhook(call: Call) -> Answer:
	session = call.session()
	wanted = validation.checked(call.body, validation.WEBHOOK_FIELDS)
	if not wanted:
		raise Refusal(400, details={"webhookUrl": "se requiere webhookUrl o webhookSecret"})
	session.webhook = _webhook(session.webhook, wanted)
	return _done("Webhook actualizado", session, call)


def _done(message: str, session: Session, call: Call) -> Answer:
	if call.variant == "no_content":
		return Answer(204)
	return success({"id": session.id, "sessionId": session.session_id}, message)


def get_contacts(call: Call) -> Answer:
	source = "whatsapp" if call.session().is_connected else "database"
	return success({"contacts": [], "total": 0, "source": source})


def sync_session(call: Call) -> Answer:
	session = call.session_by_key()
	if not session.is_connected:
		raise Refusal(400, "SESSION_NOT_CONNECTED", "La sesión debe estar conectada")
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
	session = _known(call.registry.by_key(session_id))
	valid = signature_matches(
		call.raw_body, session.webhook.secret, call.headers.get("X-Webhook-Signature", "")
	)
	event = call.headers.get("X-Webhook-Event", "")
	return success({"valid": valid, "event": event, "sessionId": session_id})


@dataclass(frozen=True)
class Route:
	name: str
	method: str
	path: str
	handler: Callable[[Call], Answer]
	needs_key: bool = True


ROUTES = (
	Route("health", "GET", "/health", get_health, needs_key=False),
	Route("create", "POST", "/api/sessions", create_session),
	Route("list", "GET", "/api/sessions", list_sessions),
	Route("stats", "GET", "/api/sessions/stats", get_stats),
	Route("frappe_sessions", "GET", "/api/sessions/frappe/sessions", list_frappe_sessions),
	Route("get", "GET", "/api/sessions/<id>", get_session),
	Route("delete", "DELETE", "/api/sessions/<id>", delete_session),
	Route("status", "GET", "/api/sessions/<id>/status", get_status),
	Route("qr", "GET", "/api/sessions/<id>/qr", get_qr),
	Route("connect", "POST", "/api/sessions/<id>/connect", connect_session),
	Route("disconnect", "POST", "/api/sessions/<id>/disconnect", disconnect_session),
	Route("restart", "POST", "/api/sessions/<id>/restart", restart_session),
	Route("webhook", "PUT", "/api/sessions/<id>/webhook", update_webhook),
	Route("contacts", "GET", "/api/sessions/<id>/contacts", get_contacts),
	Route("sync", "POST", "/api/sessions/<sessionId>/sync", sync_session),
	Route("repair", "POST", "/api/sessions/<sessionId>/repair-conversations", repair_conversations),
	Route("frappe_configure", "POST", "/api/sessions/<id>/frappe/configure", configure_frappe),
	Route("frappe_status", "GET", "/api/sessions/<id>/frappe/status", get_frappe_status),
	Route("connectivity", "GET", "/api/webhooks/test/connectivity", get_connectivity, needs_key=False),
	Route("signature", "POST", "/api/webhooks/test/signature", check_signature, needs_key=False),
)
