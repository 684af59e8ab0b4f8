from __future__ import annotations

import re
import time
from collections.abc import Mapping

from .clock import Clock, clock_of, http_date
from .models import RateLimit
from .parsing import parse_count, parse_datetime

WINDOW = 60.0
LONGEST_WAIT = 3600.0
EARLIEST_EPOCH = 1_000_000_000
DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")


def read_rate_limit(headers: Mapping[str, str]) -> RateLimit:
	"""The WhatsApp bucket of the key, unless the general bucket is the one that is empty."""
	clock = clock_of(headers)
	whatsapp, general = (read_bucket(headers, prefix, clock) for prefix in ("X-RateLimit", "RateLimit"))
	if whatsapp == RateLimit() or (general.remaining == 0 and whatsapp.remaining != 0):
		return general
	return whatsapp


def read_bucket(headers: Mapping[str, str], prefix: str, clock: Clock) -> RateLimit:
	wait = seconds_until(headers.get(f"{prefix}-Reset"), clock)
	return RateLimit(
		limit=parse_count(headers.get(f"{prefix}-Limit")),
		remaining=parse_count(headers.get(f"{prefix}-Remaining")),
		reset_at=None if wait is None else time.time() + min(wait, LONGEST_WAIT),
	)


def stated_wait(headers: Mapping[str, str]) -> float | None:
	"""How many seconds the server asks for, by any of the headers that say so."""
	wait = retry_after(headers)
	if wait is None:
		reset_at = read_rate_limit(headers).reset_at
		wait = None if reset_at is None else reset_at - time.time()
	return None if wait is None else min(max(wait, 0.0), LONGEST_WAIT)


def retry_after(headers: Mapping[str, str]) -> float | None:
	return seconds_until(headers.get("Retry-After"), clock_of(headers))


def seconds_until(value: str | None, clock: Clock) -> float | None:
	"""From seconds, or from a moment on the server's clock: epoch seconds or milliseconds, ISO 8601, an HTTP date."""
	text = (value or "").strip()
	if DECIMAL.fullmatch(text) and float(text) < EARLIEST_EPOCH:
		return float(text)
	moment = parse_datetime(text) or http_date(text)
	try:
		return moment and clock.local(moment).timestamp() - time.time()
	except OverflowError:
		return None
