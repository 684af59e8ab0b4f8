"""The life of a session: the routes under /api/sessions. Each handler runs while the registry stands still."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from . import shapes, validation
from .answers import Answer, Refusal, iso, refusal, success
from .calls import Call
from .registry import SessionExists
from .state import DISCONNECTED, CredentialsBroken, NoPhoneAwaited, Session, Webhook


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
	listed = [session for session in call.registry.all() if session.listed]
	found = [session for session in listed if not status or session.status == status]
	pagination = {"total": len(found), "page": page, "limit": limit, "pages": math.ceil(len(found) / limit)}
	rows = [shapes.session_row(session) for session in found[(page - 1) * limit : page * limit]]
	shape = shapes.LIST[call.variant or call.simulation.habits.list_shape]
	return Answer(200, {"success": True} | shape(rows, pagination))


def get_session(call: Call) -> Answer:
	return success(shapes.GET[call.variant or "session"](call.session_by_either()))


def delete_session(call: Call) -> Answer:
	session = call.session()
	ending = {"wasLinked": session.linked_number is not None, "unlinked": session.is_connected}
	call.registry.delete(session, call.now)
	return _done("Sesión eliminada", session, call, **ending)


def get_status(call: Call) -> Answer:
	session = call.session()
	_refuse_if_down(session, call)
	row = shapes.status_row(session, call.simulation.habits.reasons)
	if call.variant:
		row = shapes.STATUS[call.variant](row, call.fault.details.get("word", ""))
	return success(row)


def get_qr(call: Call) -> Answer:
	session = call.session()
	_refuse_if_connected(session, call)
	if call.has_fault("late_qr"):
		session.postpone_qr(call.fault.seconds(5), call.now)
	if session.code is None:
		raise Refusal(500, "QR_GENERATION_ERROR", "Error obteniendo código QR")
	variant = "empty" if call.has_fault("empty_qr") else call.variant
	return Answer(200, {"success": True} | shapes.QR[variant or "data_url"](session, session.code))


def _refuse_if_down(session: Session, call: Call) -> None:
	if call.simulation.habits.strict and session.status == DISCONNECTED:
		raise refusal("not_connected")


def _refuse_if_connected(session: Session, call: Call) -> None:
	if call.simulation.habits.strict and session.is_connected:
		raise refusal("already_connected")


def connect_session(call: Call) -> Answer:
	session = call.session()
	_refuse_if_connected(session, call)
	return _started(session, session.connect, "Proceso de conexión en marcha", call)


def restart_session(call: Call) -> Answer:
	session = call.session()
	_refuse_if_down(session, call)
	return _started(session, session.restart, "Sesión reiniciada", call)


def _started(session: Session, start: Callable[[float], None], message: str, call: Call) -> Answer:
	try:
		start(call.now)
	except CredentialsBroken:
		raise Refusal(500, "CONNECTION_ERROR", "Error conectando sesión") from None
	if call.has_fault("late_qr"):
		session.postpone_qr(call.fault.seconds(5), call.now)
	return shapes.action(session, message, variant=call.variant)


def create_pairing_code(call: Call) -> Answer:
	call.require("pairingCode")
	session = call.session()
	wanted = validation.checked(call.body, {"phoneNumber": validation.own_number}, ("phoneNumber",))
	try:
		code = session.request_pairing_code(wanted["phoneNumber"], call.now)
	except NoPhoneAwaited:
		raise Refusal(409, "SESSION_NOT_WAITING", "La sesión no espera ningún teléfono") from None
	shown = {"code": code.text, "expiresAt": iso(code.expires_at)}
	return success({"sessionId": session.session_id, **shown})


def disconnect_session(call: Call) -> Answer:
	session = call.session()
	_refuse_if_down(session, call)
	session.disconnect(call.now)
	return shapes.action(session, "Sesión desconectada")


def update_webhook(call: Call) -> Answer:
	session = call.session()
	wanted = validation.checked(call.body, validation.WEBHOOK_FIELDS)
	if not wanted:
		raise Refusal(400, details={"webhookUrl": "se requiere webhookUrl o webhookSecret"})
	session.webhook = _webhook(session.webhook, wanted)
	return _done("Webhook actualizado", session, call)


def _done(message: str, session: Session, call: Call, **facts: Any) -> Answer:
	if call.variant == "no_content":
		return Answer(204)
	return success({"id": session.id, "sessionId": session.session_id, **facts}, message)
