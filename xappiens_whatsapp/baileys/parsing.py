from __future__ import annotations

import re
from datetime import datetime, timezone
from unicodedata import category

import phonenumbers
from dateutil.parser import isoparse

LARGEST_ID = 2**63 - 1
LONGEST_WORD = 100
LONGEST_TEXT = 255
UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
FIRST_MILLISECONDS = 100_000_000_000
USER_JID = re.compile(r"(?P<user>[^@:_]*)(?:_[0-9]+)?(?::[0-9]+)?@(?:s\.whatsapp\.net|c\.us)")
NOTHING = re.compile(r"(undefined|null|none|nan|\[object \w+\])?", re.I)


def is_nothing(text: str) -> bool:
	"""Whether a text is what JavaScript and Python make of a value that is not there."""
	return NOTHING.fullmatch(text.strip()) is not None


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
	"""E.164 without its plus, of a phone number or of a user's JID; None for groups, hidden ids (`@lid`) and anything else."""
	text = "".join(character for character in parse_text(value) if category(character) != "Cf")
	jid = USER_JID.fullmatch(text)
	if "@" in text and not jid:
		return None
	number = re.sub(r"^[+\s]*(00)?", "+", jid["user"] if jid else text)
	try:
		parsed = phonenumbers.parse(number)
	except phonenumbers.NumberParseException:
		return None
	digits = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:]
	return digits if 7 <= len(digits) <= 15 else None


def parse_datetime(value: object) -> datetime | None:
	"""Aware UTC from ISO 8601 or from seconds or milliseconds since the epoch."""
	try:
		if isinstance(value, str) and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value.strip()):
			return from_iso(value.strip())
		return None if isinstance(value, bool) else from_epoch(float(value))  # type: ignore[arg-type]
	except (TypeError, ValueError, OverflowError, OSError):
		return None


def from_iso(text: str) -> datetime:
	moment = isoparse(text)
	return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)


def from_epoch(number: float) -> datetime | None:
	if not number > 0:
		return None
	seconds = number / 1000 if number >= FIRST_MILLISECONDS else number
	return datetime.fromtimestamp(seconds, timezone.utc)
