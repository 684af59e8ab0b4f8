from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from unicodedata import category

from .models import RemoteSession, SessionPage

LARGEST_ID = 2**63 - 1
LONGEST_WORD = 100
LONGEST_TEXT = 255
UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
FIRST_MILLISECONDS = 100_000_000_000
USER_JID = re.compile(r"(?P<user>[^@:]*)(?::[0-9]+)?@(?:s\.whatsapp\.net|c\.us)")
ISO_8601 = re.compile(
	r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})"
	r"(?:\.(?P<fraction>[0-9]+))?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)
DROP_KEYS = ("disconnectCode", "disconnectReason", "statusCode", "reason")


def parse_id(value: object) -> int | None:
	"""A positive whole number of at most 64 bits, as a number or as its digits."""
	if isinstance(value, str) and re.fullmatch(r"[0-9]{1,19}", value.strip()):
		value = int(value)
	if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= LARGEST_ID:
		return value
	return None


def parse_count(value: object) -> int | None:
	"""As an id, and zero."""
	if isinstance(value, str) and re.fullmatch(r"0+", value.strip()):
		return 0
	return 0 if type(value) is int and value == 0 else parse_id(value)


def parse_text(value: object, longest: int = LONGEST_TEXT) -> str:
	"""One line without control characters; anything but text and whole numbers is empty."""
	if isinstance(value, bool) or not isinstance(value, str | int):
		return ""
	if isinstance(value, int):
		return str(value) if abs(value) <= LARGEST_ID else ""
	visible = "".join(" " if category(character) in UNPRINTABLE else character for character in value)
	return " ".join(visible.split())[:longest].rstrip()


def parse_flag(value: object) -> bool | None:
	return value if isinstance(value, bool) else None


def parse_phone(value: object) -> str | None:
	"""The digits of a phone number or of a user's JID; None for groups, hidden ids and anything else."""
	text = parse_text(value)
	jid = USER_JID.fullmatch(text)
	number = jid["user"] if jid else text
	digits = re.sub(r"[\s+().-]", "", number)
	return digits if re.fullmatch(r"[0-9]{5,20}", digits) else None


def parse_datetime(value: object) -> datetime | None:
	"""Aware UTC from ISO 8601 or from seconds or milliseconds since the epoch."""
	try:
		if isinstance(value, str) and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value.strip()):
			return from_iso(value.strip())
		return None if isinstance(value, bool) else from_epoch(float(value))  # type: ignore[arg-type]
	except (TypeError, ValueError, OverflowError, OSError):
		return None


def from_iso(text: str) -> datetime | None:
	"""Python before 3.11 reads neither `Z` nor three digits of a second, and takes some nonsense for a zone."""
	match = ISO_8601.fullmatch(text)
	if not match:
		return None
	fraction = (match["fraction"] or "")[:6].ljust(6, "0")
	zone = "+00:00" if match["zone"] in (None, "Z") else match["zone"]
	moment = datetime.fromisoformat(f"{match['day']}T{match['time']}.{fraction}{zone}")
	return moment.astimezone(timezone.utc)


def from_epoch(number: float) -> datetime | None:
	if not number > 0:
		return None
	seconds = number / 1000 if number >= FIRST_MILLISECONDS else number
	return datetime.fromtimestamp(seconds, timezone.utc)


def parse_session(row: Mapping[str, Any]) -> RemoteSession:
	return RemoteSession(
		id=parse_id(row.get("id")),
		session_id=parse_text(row.get("sessionId")),
		name=parse_text(row.get("sessionName")) or parse_text(row.get("name")),
		status=parse_text(row.get("status"), LONGEST_WORD),
		is_connected=parse_flag(row.get("isConnected")),
		has_qr=parse_flag(row.get("hasQR")),
		phone_number=parse_phone(row.get("phoneNumber")) or parse_phone(row.get("phoneNumberId")),
		last_activity=parse_datetime(row.get("lastActivity")),
		qr_code=qr_text(row) or None,
		qr_expires_at=qr_expiry(row),
		disconnect_code=drop_code(row),
	)


def qr_text(row: Mapping[str, Any]) -> str:
	for key in ("qrCode", "qr_data"):
		value = row.get(key)
		if isinstance(value, str) and value.strip():
			return value.strip()
	return ""


def qr_expiry(row: Mapping[str, Any]) -> datetime | None:
	return parse_datetime(row.get("expiresAt")) or parse_datetime(row.get("qrCodeExpiresAt"))


def drop_code(row: Mapping[str, Any]) -> str:
	last = row.get("lastDisconnect")
	nested = [last.get(key) for key in ("statusCode", "reason")] if isinstance(last, Mapping) else []
	found = (parse_text(value, LONGEST_WORD) for value in [*(row.get(key) for key in DROP_KEYS), *nested])
	return next((code for code in found if code), "")


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


def parse_page(payload: Mapping[str, Any], requested: int) -> SessionPage | None:
	"""None where the answer holds no list: that is not the same as an empty one."""
	rows = session_rows(payload)
	if rows is None:
		return None
	parsed = (parse_session(row) for row in rows if isinstance(row, Mapping))
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
