"""What may be spent on the server: requests, by one budget per API key for the whole site, and the seconds of a web request.

Requests are counted in Redis, in the server's own fixed windows.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import frappe
from redis.exceptions import RedisError

from xappiens_whatsapp.baileys.errors import RateLimitedError
from xappiens_whatsapp.baileys.transport import OUT_OF_TIME
from xappiens_whatsapp.site import shared

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import RateLimit

WINDOW = 60
REQUESTS_PER_WINDOW = 30
BACKGROUND_SHARE = 0.5
OWN_BUDGET = "OWN_BUDGET"
OWN_CODES = (OWN_BUDGET, OUT_OF_TIME)
SECONDS_PER_REQUEST = 60
ENDS_AT = "xappiens_whatsapp.ends_at"


def hooks(key: str, *, background: bool = False, patience: float = 0.0) -> dict[str, Callable[..., None]]:
	"""What the client calls before each request and after each answer; both count in Redis, for all workers, by the API key.

	`before_request` raises `RateLimitedError` (code `OWN_BUDGET`, `retry_after` in seconds) where the budget, or for `background` its
	half, is used up for longer than `patience` seconds. `after_response` replaces limit and window by the server's own.
	"""
	return {
		"before_request": functools.partial(spend, key, background=background, patience=patience),
		"after_response": functools.partial(learn, key),
	}


def seconds_left() -> float:
	"""What the web request at hand may still take, counted from its first client; without end where there is none."""
	request = getattr(frappe.local, "request", None)
	if not request:
		return math.inf
	ends_at = request.environ.setdefault(ENDS_AT, time.monotonic() + SECONDS_PER_REQUEST)
	return ends_at - time.monotonic()


def spend(key: str, *, background: bool = False, patience: float = 0.0) -> None:
	"""Take one request out of the budget, for which background work may wait up to `patience` seconds.

	Raises `RateLimitedError` with the seconds to wait when it is used up.
	"""
	until = time.monotonic() + patience
	while wait := seconds_until_free(key, background):
		if time.monotonic() + wait > until:
			raise RateLimitedError("request budget used up", code=OWN_BUDGET, retry_after=wait)
		time.sleep(wait)


def seconds_until_free(key: str, background: bool) -> float:
	"""0.0 when the request was taken out of the budget; a refused one is put back, it is never sent."""
	try:
		limit, reset_at = window_of(key)
		counter = counter_of(key, reset_at)
		spent = shared.count(counter, 2 * WINDOW)
		if spent <= (limit * BACKGROUND_SHARE if background else limit):
			return 0.0
		shared.count(counter, 2 * WINDOW, by=-1)
	except RedisError:
		return 0.0  # without Redis the server itself is the only judge
	return max(1.0, reset_at - time.time())


def left(key: str) -> int:
	"""Of the window that runs now, taking none. Raises `RedisError`."""
	limit, reset_at = window_of(key)
	return max(0, limit - int(shared.read(counter_of(key, reset_at)) or 0))


def window_of(key: str) -> tuple[int, float]:
	"""The server's own window where its headers told us one that still runs, else one of ours."""
	learned = shared.read(window_key(key)) or f"{REQUESTS_PER_WINDOW} 0"
	limit, reset_at = (float(part) for part in learned.split())
	if reset_at <= time.time():
		reset_at = (time.time() // WINDOW + 1) * WINDOW
	return int(limit), reset_at


def learn(key: str, rate: RateLimit) -> None:
	"""Follow the server: its limit and window replace ours; an exhausted window stops everyone until it ends.

	A server that does not say how many remain is counted by us.
	"""
	if not rate.limit or not rate.reset_at:
		return
	try:
		remember(key, rate)
	except RedisError:
		return


def remember(key: str, rate: RateLimit) -> None:
	shared.write(window_key(key), f"{rate.limit} {rate.reset_at}", 15 * WINDOW)
	if rate.remaining is None:
		return
	counter = counter_of(key, rate.reset_at)
	unknown_to_us = rate.limit - rate.remaining - int(shared.read(counter) or 0)
	if unknown_to_us > 0:
		shared.count(counter, 2 * WINDOW, by=unknown_to_us)


def counter_of(key: str, reset_at: float) -> str:
	return f"whatsapp_budget:{fingerprint(key)}:{int(reset_at)}"


def window_key(key: str) -> str:
	return f"whatsapp_budget_window:{fingerprint(key)}"


def fingerprint(key: str) -> str:
	return frappe.utils.sha256_hash(key)[:16]
