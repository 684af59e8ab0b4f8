from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .parsing import LONGEST_WORD, parse_datetime, parse_id, parse_text

SCHEME = "sha256="
SIGNATURE_HEADERS = ("X-Webhook-Signature", "X-Signature")
EVENT_ALIASES = {
	"message": "message.received",
	"message_ack": "message.ack",
	"message_status": "message.ack",
	"session_status": "session.status",
	"session_connected": "session.connected",
	"session_disconnected": "session.disconnected",
	"session_qr": "session.qr",
	"presence_update": "presence.updated",
	"contact_update": "contact.updated",
}


@dataclass(frozen=True)
class WebhookEvent:
	event: str
	session_id: str
	session_db_id: int | None
	timestamp: datetime | None


def sign(body: bytes, secret: str) -> str:
	if not secret:
		raise ValueError("An empty secret signs nothing")
	return SCHEME + hmac.new(secret.encode("utf-8"), body, hashlib.sha256).hexdigest()


def verify(body: bytes, header: str | None, secrets: Iterable[str]) -> bool:
	"""Whether one of the secrets signed these bytes; every secret is tried, so that time tells nothing."""
	match = re.fullmatch(rf"(?:{SCHEME})?([0-9a-f]{{64}})", (header or "").strip(), re.I | re.A)
	claimed = SCHEME + match[1].lower() if match else ""
	matches = [hmac.compare_digest(sign(body, secret), claimed) for secret in secrets if secret]
	return any(matches)


def signature_of(headers: Mapping[str, str]) -> str:
	values = lower_names(headers)
	return next((values[name.lower()] for name in SIGNATURE_HEADERS if values.get(name.lower())), "")


def parse_event(payload: Mapping[str, Any], headers: Mapping[str, str]) -> WebhookEvent:
	"""From any of the three envelopes; what is signed goes before the headers, which are not."""
	values = lower_names(headers)
	data = payload.get("data")
	inner = data if isinstance(data, Mapping) else {}
	name = parse_text(payload.get("event"), LONGEST_WORD) or parse_text(
		values.get("x-webhook-event"), LONGEST_WORD
	)
	session_ids = (payload.get("sessionId"), inner.get("sessionId"), values.get("x-webhook-session"))
	numbers = (payload.get("session_db_id"), inner.get("session_db_id"))
	moments = (payload.get("timestamp"), values.get("x-webhook-timestamp"), inner.get("timestamp"))
	return WebhookEvent(
		event=EVENT_ALIASES.get(name.lower(), name.lower()),
		session_id=next((text for value in session_ids if (text := parse_text(value))), ""),
		session_db_id=next((number for value in numbers if (number := parse_id(value))), None),
		timestamp=next((moment for value in moments if (moment := parse_datetime(value))), None),
	)


def lower_names(headers: Mapping[str, str]) -> dict[str, str]:
	return {str(name).lower(): value for name, value in headers.items()}
