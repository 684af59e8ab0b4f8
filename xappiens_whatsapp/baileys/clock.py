"""The server's clock against ours: what it says of its own time is read with the time that it has."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

TOLERATED_SKEW = 5.0


@dataclass(frozen=True)
class Clock:
	"""`ahead` is by how many seconds the server's clock goes before ours; 0.0 where nothing tells, or so little that it may be delay."""

	ahead: float = 0.0

	def local(self, moment: datetime) -> datetime:
		"""The same moment as our clock shows it; raises `OverflowError` beyond the calendar."""
		return moment - timedelta(seconds=self.ahead)


SAME_CLOCK = Clock()


def clock_of(headers: Mapping[str, str], received_at: float | None = None) -> Clock:
	"""From the `Date` of an answer whose headers arrived at `received_at` in epoch seconds, by default now."""
	sent = http_date(headers.get("Date"))
	if sent is None:
		return SAME_CLOCK
	ahead = sent.timestamp() - (time.time() if received_at is None else received_at)
	return Clock(ahead if abs(ahead) > TOLERATED_SKEW else 0.0)


def http_date(text: str | None) -> datetime | None:
	try:
		moment = parsedate_to_datetime(text or "")
		return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
	except (TypeError, ValueError, OverflowError, IndexError):
		return None
