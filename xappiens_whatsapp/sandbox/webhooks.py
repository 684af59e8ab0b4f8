"""What a webhook delivery consists of: payload in the forms of the contract, headers, signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from . import qr
from .answers import iso
from .faults import Fault
from .reasons import told_in_webhook
from .state import Session, Webhook

STALE_SECONDS = 3600.0


@dataclass(frozen=True)
class Message:
	webhook: Webhook
	event: str
	session_id: str
	session_db_id: int
	payload: dict[str, Any]
	at: float
	fault: Fault | None = None


def sign(body: bytes, secret: str) -> str:
	return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signature_matches(body: bytes, secret: str | None, signature: str) -> bool:
	return bool(secret) and hmac.compare_digest(sign(body, secret).encode(), signature.encode())


def message_of(
	session: Session, event: str, payload: dict[str, Any], at: float, *, style: str = "words"
) -> Message:
	"""A copy, since the session may be gone or renumbered when the delivery goes out."""
	written = dict(payload)
	code = written.pop("code", None)
	if code:
		written |= {"qrCode": qr.data_url(code.text), "expiresAt": iso(code.expires_at)}
	if event == "session.disconnected" and session.cause:
		written.pop("reason")
		written = told_in_webhook(session.cause, style, at) | written
	return Message(session.webhook, event, session.session_id, session.id, written, at)


def body_of(message: Message, form: str) -> bytes:
	moment = iso(message.at)
	ids = {"sessionId": message.session_id, "session_db_id": message.session_db_id}
	if form == "nested":
		body = {"event": message.event, "data": ids | message.payload | {"timestamp": moment}}
	elif form == "top_level":
		data = message.payload | {"timestamp": moment}
		body = {"event": message.event, "sessionId": message.session_id, "data": data, "timestamp": moment}
	else:
		body = {
			"event": message.event,
			"sessionId": message.session_id,
			"timestamp": moment,
		} | message.payload
	return json.dumps(body).encode()


def headers_of(message: Message, body: bytes, now: float) -> dict[str, str]:
	kind = message.fault.kind if message.fault else ""
	sent_at = now - (message.fault.seconds(STALE_SECONDS) if kind == "stale" else 0)
	headers = {
		"Content-Type": "application/json",
		"X-Webhook-Event": message.event,
		"X-Webhook-Session": message.session_id,
		"X-Webhook-Timestamp": str(int(sent_at * 1000)),
	}
	if message.webhook.secret:
		signed = body + b" " if kind == "bad_signature" else body
		headers["X-Webhook-Signature"] = sign(signed, message.webhook.secret)
	return headers
