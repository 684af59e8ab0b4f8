"""Why a session is down, in each of the ways in which servers say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .answers import iso

LOGGED_OUT = 401
CONNECTION_LOST = 408
REPLACED = 440


@dataclass(frozen=True)
class Cause:
	"""`word` is this server's, `name` the one in Baileys' enum, `text` the message of its error."""

	code: int
	word: str
	name: str = ""
	text: str = ""


QR_TIMED_OUT = Cause(408, "qr_timeout", "timedOut", "QR refs attempts ended")
CAUSES = (
	Cause(401, "logout", "loggedOut", "Connection Failure"),
	Cause(403, "forbidden", "forbidden", "Connection Failure"),
	Cause(405, "outdated_client", "", "Connection Failure"),
	Cause(408, "connection_lost", "connectionLost", "Connection was lost"),
	QR_TIMED_OUT,
	Cause(408, "whatsapp_unreachable", "timedOut", "Opening handshake has timed out"),
	Cause(411, "multidevice_mismatch", "multideviceMismatch", "Multi-device beta not joined"),
	Cause(428, "connection_closed", "connectionClosed", "Connection Terminated"),
	Cause(440, "connection_replaced", "connectionReplaced", "Stream Errored (conflict)"),
	Cause(463, "restricted", "", "Account restricted"),
	Cause(500, "bad_session", "badSession", "Invalid account signature"),
	Cause(503, "service_unavailable", "unavailableService", "Stream Errored (service unavailable)"),
	Cause(515, "restart_required", "restartRequired", "Stream Errored (restart required)"),
)

STYLES = ("words", "names", "texts", "codes", "nested")


def cause_of(code: int, word: str = "") -> Cause:
	"""Of several causes with one code the word chooses; one that is unknown stands for itself."""
	known = (cause for cause in CAUSES if cause.code == code and word in ("", cause.word))
	return next(known, Cause(code, word or str(code)))


def told(cause: Cause, style: str, at: float, *, key: str, code_key: str = "") -> dict[str, Any]:
	"""The fields of an answer or a webhook; `code_key` is left out where it is empty."""
	if style == "nested":
		return {"lastDisconnect": _last_disconnect(cause, at)}
	if style == "codes":
		return {code_key or "disconnectCode": cause.code}
	if style == "names":
		return {key: cause.name or str(cause.code)}
	code = {code_key: cause.code} if code_key else {}
	return code | {key: (style == "texts" and cause.text) or cause.word}


def _last_disconnect(cause: Cause, at: float) -> dict[str, Any]:
	"""As Baileys' own event, an error of @hapi/boom, looks as JSON."""
	text = cause.text or cause.word
	payload = {"statusCode": cause.code, "error": text, "message": text}
	output = {"statusCode": cause.code, "payload": payload, "headers": {}}
	return {
		"error": {"data": None, "isBoom": True, "isServer": cause.code >= 500, "output": output},
		"date": iso(at),
	}
