from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from . import qr
from .errors import BaileysError, NotFoundError, NotReadyError, ServerError
from .models import QRCode, RemoteSession, SessionPage
from .parsing import parse_id, parse_page, parse_session, session_row
from .redaction import Received

QR_LIFETIME = timedelta(seconds=60)
NOT_READY_CODE = "QR_GENERATION_ERROR"


def require_session(asked: int | str, session: RemoteSession) -> RemoteSession:
	"""The session, unless the server answered for another one than was asked for."""
	if not belongs_to(asked, session):
		raise ServerError("The server answered for another session", code="wrong_session", status=200)
	return session


def belongs_to(asked: int | str, session: RemoteSession) -> bool:
	if str(asked) in (str(session.id), session.session_id):
		return True
	if parse_id(asked) is None:
		return not session.session_id
	return session.id is None


def read_session(payload: Mapping[str, Any]) -> RemoteSession:
	session = parse_session(session_row(payload) or {})
	if not (session.id or session.session_id or session.status):
		raise ServerError("The answer holds no session", code="not_envelope", status=200)
	return session


def require_page(payload: Mapping[str, Any], requested: int) -> SessionPage:
	page = parse_page(payload, requested)
	if page is None:
		raise ServerError("The answer holds no list of sessions", code="not_envelope", status=200)
	return page


def read_qr(asked: int | str, payload: Mapping[str, Any]) -> QRCode:
	"""Old servers put the code beside `data` and not into it."""
	session = require_session(asked, parse_session(Received({**payload, **(session_row(payload) or {})})))
	if not session.qr_code:
		raise NotReadyError("There is no QR code yet", status=200)
	data_url = as_picture(session.qr_code)
	if not data_url:
		raise ServerError("What the server sent is not a QR code", code="not_a_qr_code", status=200)
	expires_at = session.qr_expires_at or datetime.now(timezone.utc) + QR_LIFETIME
	return QRCode(data_url, expires_at, session.status, session.session_id)


def as_picture(code: str) -> str:
	try:
		return qr.to_data_url(code)
	except ValueError:
		return ""


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
