"""The rows of the contract as models: one session, one page of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from .clock import SAME_CLOCK, Clock
from .models import RemoteSession, Restriction, SessionPage
from .parsing import (
	LONGEST_WORD,
	is_nothing,
	parse_count,
	parse_datetime,
	parse_flag,
	parse_id,
	parse_phone,
	parse_text,
)
from .reasons import read_reason


def parse_session(row: Mapping[str, Any], clock: Clock = SAME_CLOCK) -> RemoteSession:
	code, reason = read_reason(row)
	return RemoteSession(
		id=parse_id(row.get("id")),
		session_id=parse_text(row.get("sessionId")),
		name=parse_text(row.get("sessionName")) or parse_text(row.get("name")),
		status=parse_text(row.get("status"), LONGEST_WORD),
		is_connected=parse_flag(row.get("isConnected")),
		has_qr=parse_flag(row.get("hasQR")),
		phone_number=parse_phone(row.get("phoneNumber")) or parse_phone(row.get("phoneNumberId")),
		last_activity=parse_datetime(row.get("lastActivity")),
		qr_text=qr_text(row),
		qr_expires_at=expiry_in(row, clock),
		disconnect_code=code,
		disconnect_reason=reason,
		restriction=restriction_in(row),
	)


def restriction_in(row: Mapping[str, Any]) -> Restriction | None:
	said = row.get("restriction")
	if not isinstance(said, Mapping):
		return None
	return Restriction(parse_datetime(said.get("until")), parse_text(said.get("reason"), LONGEST_WORD))


def qr_text(row: Mapping[str, Any]) -> str:
	for key in ("qrCode", "qr_data"):
		value = row.get(key)
		if isinstance(value, str) and not is_nothing(value.rpartition(",")[2]):
			return value.strip()
	return ""


def expiry_in(row: Mapping[str, Any], clock: Clock) -> datetime | None:
	"""On our clock; `clock` is that of the answer."""
	moments = (parse_datetime(row.get(key)) for key in ("expiresAt", "qrCodeExpiresAt"))
	moment = next((moment for moment in moments if moment), None)
	try:
		return moment and clock.local(moment)
	except OverflowError:
		return None


def session_row(payload: Mapping[str, Any]) -> Mapping[str, Any] | None:
	"""The session of an answer: `data.session` or `data` itself."""
	data = payload.get("data")
	if not isinstance(data, Mapping):
		return None
	nested = data.get("session")
	return nested if isinstance(nested, Mapping) else data


def session_rows(payload: Mapping[str, Any]) -> list[Any] | None:
	data = payload.get("data")
	places = [data]
	if isinstance(data, Mapping):
		places = [data.get(key) for key in ("sessions", "items", "data")]
	return next((place for place in [*places, payload.get("sessions")] if isinstance(place, list)), None)


def parse_page(payload: Mapping[str, Any], requested: int, clock: Clock = SAME_CLOCK) -> SessionPage | None:
	"""None where the answer holds no list: that is not the same as an empty one."""
	rows = session_rows(payload)
	if rows is None:
		return None
	parsed = (parse_session(row, clock) for row in rows if isinstance(row, Mapping))
	sessions = tuple(session for session in parsed if session.id or session.session_id)
	counts = page_counts(payload)
	return SessionPage(
		sessions=sessions,
		page=parse_id(counts.get("page")) or requested,
		pages=parse_count(counts.get("pages")),
		total=parse_count(counts.get("total")),
	)


def page_counts(payload: Mapping[str, Any]) -> dict[str, Any]:
	"""What the answer says about its paging, from wherever it says it."""
	data = payload.get("data")
	places = [payload, data, payload.get("pagination")]
	if isinstance(data, Mapping):
		places.append(data.get("pagination"))
	counts: dict[str, Any] = {}
	for place in places:
		if isinstance(place, Mapping):
			counts |= {key: place[key] for key in ("page", "pages", "total", "limit") if key in place}
	if (
		"pages" not in counts
		and parse_count(counts.get("total")) is not None
		and parse_id(counts.get("limit"))
	):
		counts["pages"] = -(-int(counts["total"]) // int(counts["limit"]))
	return counts
