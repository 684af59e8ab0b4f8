from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from .envelope import Reply
from .errors import BaileysError, NotFoundError, NotReadyError, ServerError
from .models import Features, PairingCode, QRCode, RemoteSession, SessionPage
from .parsing import parse_id, parse_text
from .redaction import Received
from .rows import expiry_in, parse_page, parse_session, session_row
from .webhooks import status_in

CODE_LIFETIME = timedelta(seconds=60)
WRONG_SESSION = "wrong_session"
ANSWER_OF_ANOTHER = "The server answered for another session"
NOT_READY_CODE = "QR_GENERATION_ERROR"
OWN_PATH = re.compile(r"(/[A-Za-z0-9_-]+)+")


def read_session(asked: int | str, reply: Reply, *, may_be_empty: bool = False) -> RemoteSession:
	"""The session that was asked for; `ServerError` where the answer tells of another one, or of none."""
	session = parse_session(session_row(reply.payload or {}) or {}, reply.clock)
	if not (may_be_empty or session.id or session.session_id or session.status):
		raise unusable(reply, "The answer holds no session", "not_envelope")
	require_same(asked, session, reply)
	return session


def unusable(reply: Reply, message: str, code: str) -> ServerError:
	return ServerError(message, code=code, status=reply.status, outcome_unknown=reply.acted)


def require_same(asked: int | str, session: RemoteSession, reply: Reply) -> None:
	if not belongs_to(asked, session):
		raise unusable(reply, ANSWER_OF_ANOTHER, WRONG_SESSION)


def belongs_to(asked: int | str, session: RemoteSession) -> bool:
	if str(asked) in (str(session.id), session.session_id):
		return True
	if parse_id(asked) is None:
		return not session.session_id
	return session.id is None


def read_page(requested: int, reply: Reply) -> SessionPage:
	page = parse_page(reply.payload or {}, requested, reply.clock)
	if page is None:
		raise unusable(reply, "The answer holds no list of sessions", "not_envelope")
	return page


def read_qr(asked: int | str, reply: Reply) -> QRCode:
	"""Old servers put the code beside `data` and not into it."""
	payload = reply.payload or {}
	row = Received({**payload, **(session_row(payload) or {})})
	session = parse_session(row, reply.clock)
	require_same(asked, session, reply)
	if not session.qr_text:
		raise NotReadyError("There is no QR code yet", status=200)
	data_url = session.qr_code
	if not data_url:
		raise unusable(reply, "What the server sent is not a QR code", "not_a_qr_code")
	expires_at = session.qr_expires_at or datetime.now(timezone.utc) + CODE_LIFETIME
	return QRCode(data_url, expires_at, session.status, session.session_id)


def read_pairing_code(reply: Reply) -> PairingCode:
	row = session_row(reply.payload or {}) or {}
	code = re.sub(r"[\s-]", "", parse_text(row.get("code"))).upper()
	if not re.fullmatch(r"[A-Z0-9]{8}", code):
		raise unusable(reply, "The answer holds no pairing code", "not_envelope")
	return PairingCode(code, expiry_in(row, reply.clock) or datetime.now(timezone.utc) + CODE_LIFETIME)


def read_message_id(reply: Reply) -> str:
	"""WhatsApp's own id of the message, never the row number that the server gave it."""
	row = session_row(reply.payload or {}) or {}
	places = [place for place in (row.get("message"), row) if isinstance(place, Mapping)]
	keys = [place["key"] for place in places if isinstance(place.get("key"), Mapping)]
	values = [place.get(name) for name in ("whatsappMessageId", "messageId") for place in places]
	found = (parse_text(value) for value in [*values, *(key.get("id") for key in keys)])
	message_id = next((text for text in found if text), "")
	if not message_id:
		raise unusable(reply, "The answer does not name the message", "not_envelope")
	return message_id


def read_message_status(message_id: str, reply: Reply) -> str:
	"""Of one message in a list of them; "" where the list lacks it, or says nothing."""
	data = (reply.payload or {}).get("data")
	rows = data.get("messages") if isinstance(data, Mapping) else data
	if not isinstance(rows, list):
		raise unusable(reply, "The answer holds no list of messages", "not_envelope")
	found = (row for row in rows if isinstance(row, Mapping) and names(row, message_id))
	return next((status_in([row]) for row in found), "")


def names(row: Mapping[str, Any], message_id: str) -> bool:
	key = row.get("key")
	ids = [row.get("whatsappMessageId"), row.get("messageId"), row.get("id")]
	return message_id in [*ids, key.get("id") if isinstance(key, Mapping) else None]


def read_features(reply: Reply) -> Features:
	"""A server says `true` or the route that does it. One without the list has what the contract always had: texts."""
	payload = reply.payload or {}
	data = payload.get("data")
	said = payload.get("features") or (data.get("features") if isinstance(data, Mapping) else None)
	if not isinstance(said, Mapping):
		return Features(send_text=True)
	path = said.get("webhookTest")
	return Features(
		pairing_code=is_offered(said.get("pairingCode")),
		send_text=is_offered(said.get("sendText")),
		webhook_test=path if isinstance(path, str) and OWN_PATH.fullmatch(path) else "",
		reconnects=is_offered(said.get("reconnects")),
		unlinks_on_delete=is_offered(said.get("unlinksOnDelete")),
	)


def is_offered(value: object) -> bool:
	return value is True or (isinstance(value, str) and value.startswith("/"))


def not_ready(error: BaileysError) -> NotReadyError | None:
	"""What a failed request for a QR code means, if it means that there is none yet."""
	if isinstance(error, NotFoundError) or error.code == NOT_READY_CODE:
		return NotReadyError(str(error), code=error.code, status=error.status)
	return None


def is_last(page: SessionPage, number: int, seen: int) -> bool:
	if not page.sessions:
		return True
	if page.pages is None and page.total is None:
		return False
	return number >= (page.pages or 0) and seen >= (page.total or 0)


def is_short(page: SessionPage, seen: int) -> bool:
	"""Whether a list that brings nothing new has shown less than it says it has."""
	return page.total is not None and seen < page.total
