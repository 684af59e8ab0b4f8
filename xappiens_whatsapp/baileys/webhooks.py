from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .parsing import LONGEST_WORD, parse_datetime, parse_text
from .reasons import read_reason

SCHEME = "sha256="
SIGNATURE_HEADERS = ("X-Webhook-Signature", "X-Signature")
CONNECTED = "session.connected"
DISCONNECTED = "session.disconnected"
STATUS = "session.status"
QR = "session.qr"
ACK = "message.ack"
EVENT_ALIASES = {
	"message_ack": ACK,
	"message_status": ACK,
	"message.delivered": ACK,
	"message.read": ACK,
	"message.failed": ACK,
	"session_status": STATUS,
	"session_connected": CONNECTED,
	"session_disconnected": DISCONNECTED,
	"session_qr": QR,
}
STATUS_BY_NAME = {"message.delivered": "delivered", "message.read": "read", "message.failed": "failed"}
STATUS_BY_ACK = {"-1": "failed", "0": "pending", "1": "sent", "2": "delivered", "3": "read", "4": "played"}
STATUS_BY_WORD = {
	**{"0": "failed", "1": "pending", "2": "sent", "3": "delivered", "4": "read", "5": "played"},
	**{"error": "failed", "server_ack": "sent", "delivery_ack": "delivered"},
}


@dataclass(frozen=True)
class WebhookEvent:
	"""What a call said; empty or None where it did not. Only for `message.ack` there is what begins with `message_`.

	`message_status` is pending, sent, delivered, read, played or failed, or a word of the server's own; why it failed stands in
	`disconnect_reason`.
	"""

	event: str
	session_id: str
	disconnect_code: int | None = None
	disconnect_reason: str | None = None
	message_id: str = ""
	message_status: str = ""
	message_at: datetime | None = None


def sign(body: bytes, secret: str) -> str:
	"""`sha256=` and the HMAC in hexadecimal digits, as the header has it; raises `ValueError` for an empty secret."""
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
	"""By either of the two headers; "" where there is none."""
	values = lower_names(headers)
	return next((values[name.lower()] for name in SIGNATURE_HEADERS if values.get(name.lower())), "")


def replay_id(body: bytes) -> str:
	"""The same for every delivery of the same signed bytes, whatever the headers say.

	The signature covers the body and nothing else: no header, the timestamp among them, is vouched for, so none may make an
	old call look new. What a server delivers twice on purpose is one call too.
	"""
	return hashlib.sha256(body).hexdigest()


def parse_event(payload: Mapping[str, Any], headers: Mapping[str, str]) -> WebhookEvent:
	"""From any of the three envelopes; what is signed goes before the headers, which are not."""
	values = lower_names(headers)
	said = parse_text(payload.get("event"), LONGEST_WORD).lower()
	name = said or parse_text(values.get("x-webhook-event"), LONGEST_WORD).lower()
	places = places_in(payload)
	session_ids = (*(place.get("sessionId") for place in places), values.get("x-webhook-session"))
	event = EVENT_ALIASES.get(name, name)
	code, reason = reason_in(places)
	return WebhookEvent(
		event=event,
		session_id=first_text(session_ids),
		disconnect_code=code,
		disconnect_reason=reason,
		**(acknowledgement(name, places) if event == ACK else {}),
	)


def places_in(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
	"""The three envelopes put things on top, into `data`, or into `data.message`."""
	data = payload.get("data")
	message = data.get("message") if isinstance(data, Mapping) else None
	return [place for place in (payload, data, message) if isinstance(place, Mapping)]


def reason_in(places: list[Mapping[str, Any]]) -> tuple[int | None, str | None]:
	reasons = [read_reason(place) for place in places[:2]]
	return next((reason for reason in reasons if reason != (None, None)), (None, None))


def acknowledgement(name: str, places: list[Mapping[str, Any]]) -> dict[str, Any]:
	"""`ack` is counted as the contract does, `status` a word or Baileys' own number; older events have the word in their name."""
	ids = [place.get(key) for key in ("whatsappMessageId", "messageId") for place in places]
	ids += [place.get("id") for place in places[1:]]
	moments = (parse_datetime(place.get("timestamp")) for place in reversed(places))
	return {
		"message_id": first_text(value for value in ids if isinstance(value, str)),
		"message_status": status_in(places) or STATUS_BY_NAME.get(name, ""),
		"message_at": next((moment for moment in moments if moment), None),
	}


def status_in(places: list[Mapping[str, Any]]) -> str:
	"""Of a message, as `WebhookEvent` has it; also in the rows of a list."""
	word = first_text(place.get("status") for place in places).lower()
	ack = first_text(place.get("ack") for place in places).lower()
	return STATUS_BY_WORD.get(word, word) or STATUS_BY_ACK.get(ack, ack)


def first_text(values: Iterable[object]) -> str:
	return next((text for value in values if (text := parse_text(value))), "")


def lower_names(headers: Mapping[str, str]) -> dict[str, str]:
	return {str(name).lower(): value for name, value in headers.items()}
