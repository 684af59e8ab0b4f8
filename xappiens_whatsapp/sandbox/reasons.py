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
	"""`word` is this server's, `name` the one in Baileys' enum, `text` the message of its error.

	`gateway` is the word of this repository's gateway where that is another.
	"""

	code: int
	word: str
	name: str = ""
	text: str = ""
	gateway: str = ""


QR_TIMED_OUT = Cause(408, "qr_timeout", "timedOut", "QR refs attempts ended")
CAUSES = (
	Cause(401, "logout", "loggedOut", "Connection Failure", "logged_out"),
	Cause(401, "passkey_required"),
	Cause(403, "forbidden", "forbidden", "Connection Failure", "banned"),
	Cause(405, "outdated_client", "", "Connection Failure", "client_outdated"),
	Cause(408, "connection_lost", "connectionLost", "Connection was lost"),
	QR_TIMED_OUT,
	Cause(408, "whatsapp_unreachable", "timedOut", "Opening handshake has timed out"),
	Cause(411, "multidevice_mismatch", "multideviceMismatch", "Multi-device beta not joined"),
	Cause(428, "connection_closed", "connectionClosed", "Connection Terminated", "connection_lost"),
	Cause(440, "connection_replaced", "connectionReplaced", "Stream Errored (conflict)", "replaced"),
	Cause(463, "restricted", "", "Account restricted"),
	Cause(500, "bad_session", "badSession", "Invalid account signature"),
	Cause(503, "service_unavailable", "unavailableService", "Stream Errored (service unavailable)"),
	Cause(515, "restart_required", "restartRequired", "Stream Errored (restart required)"),
)

STYLES = ("words", "names", "texts", "codes", "nested", "gateway")


def cause_of(code: int, word: str = "") -> Cause:
	"""Of several causes with one code the word chooses; one that is unknown stands for itself."""
	known = (cause for cause in CAUSES if cause.code == code and word in ("", cause.word))
	return next(known, Cause(code, word or str(code)))


def told_in_status(cause: Cause, style: str, at: float, will_reconnect: bool) -> dict[str, Any]:
	if style == "gateway":
		times = {"disconnectedAt": iso(at), "willReconnect": will_reconnect}
		return {"disconnectCode": cause.code, "disconnectReason": cause.gateway or cause.word} | times
	code = {} if style in ("names", "nested") else {"disconnectCode": cause.code}
	return code | _in_words(cause, style, at, "disconnectReason")


def told_in_webhook(cause: Cause, style: str, at: float) -> dict[str, Any]:
	if style == "gateway":
		return {"reason": cause.gateway or cause.word, "code": cause.code}
	return {"disconnectCode": cause.code} if style == "codes" else _in_words(cause, style, at, "reason")


def _in_words(cause: Cause, style: str, at: float, key: str) -> dict[str, Any]:
	words = {"words": cause.word, "names": cause.name or str(cause.code), "texts": cause.text or cause.word}
	if style in words:
		return {key: words[style]}
	return {"lastDisconnect": _last_disconnect(cause, at)} if style == "nested" else {}


def _last_disconnect(cause: Cause, at: float) -> dict[str, Any]:
	"""As Baileys' own event, an error of @hapi/boom, looks as JSON."""
	text = cause.text or cause.word
	payload = {"statusCode": cause.code, "error": text, "message": text}
	output = {"statusCode": cause.code, "payload": payload, "headers": {}}
	return {
		"error": {"data": None, "isBoom": True, "isServer": cause.code >= 500, "output": output},
		"date": iso(at),
	}
