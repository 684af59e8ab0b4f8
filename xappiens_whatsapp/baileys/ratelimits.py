from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from .models import RateLimit
from .parsing import parse_count

WINDOW = 60.0
LONGEST_WAIT = 3600.0
TOLERATED_SKEW = 5.0
EARLIEST_EPOCH = 1_000_000_000


def read_rate_limit(headers: Mapping[str, str]) -> RateLimit:
	"""The WhatsApp bucket of the key, unless the general bucket is the one that is empty."""
	whatsapp = RateLimit(
		limit=parse_count(headers.get("X-RateLimit-Limit")),
		remaining=parse_count(headers.get("X-RateLimit-Remaining")),
		reset_at=moment_of_reset(headers),
	)
	general = RateLimit(
		limit=parse_count(headers.get("RateLimit-Limit")),
		remaining=parse_count(headers.get("RateLimit-Remaining")),
		reset_at=moment_after(headers.get("RateLimit-Reset")),
	)
	if whatsapp == RateLimit() or (general.remaining == 0 and whatsapp.remaining != 0):
		return general
	return whatsapp


def moment_of_reset(headers: Mapping[str, str]) -> float | None:
	"""`X-RateLimit-Reset` is on the server's clock; a `Date` that differs from ours corrects it."""
	reset = parse_count(headers.get("X-RateLimit-Reset"))
	if reset is None or reset < EARLIEST_EPOCH:
		return moment_after(reset)
	sent = seconds_of_date(headers.get("Date"))
	skew = time.time() - sent if sent is not None else 0.0
	moment = reset + (skew if abs(skew) > TOLERATED_SKEW else 0.0)
	return min(moment, time.time() + LONGEST_WAIT)


def moment_after(value: object) -> float | None:
	seconds = parse_count(value)
	return None if seconds is None else time.time() + min(seconds, LONGEST_WAIT)


def seconds_of_date(text: str | None) -> float | None:
	try:
		return parsedate_to_datetime(text or "").timestamp()
	except (TypeError, ValueError, OverflowError, IndexError):
		return None


def stated_wait(headers: Mapping[str, str]) -> float | None:
	"""How many seconds the server asks for, by any of the headers that say so."""
	stated = retry_after(headers)
	if stated is None:
		reset_at = read_rate_limit(headers).reset_at
		stated = None if reset_at is None else reset_at - time.time()
	return None if stated is None else min(max(stated, 0.0), LONGEST_WAIT)


def retry_after(headers: Mapping[str, str]) -> float | None:
	text = headers.get("Retry-After", "")
	seconds = parse_count(text)
	if seconds is not None:
		return float(seconds)
	moment = seconds_of_date(text)
	if moment is None:
		return None
	sent = seconds_of_date(headers.get("Date"))
	return moment - (time.time() if sent is None else sent)
