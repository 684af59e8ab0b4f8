from __future__ import annotations

import random
from dataclasses import dataclass

from .envelope import Reply
from .errors import UnavailableError
from .ratelimits import retry_after, stated_wait


@dataclass(frozen=True)
class RetryPolicy:
	"""When a request may be sent again: reads only, after passing trouble only, and never after a long wait."""

	retries: int = 2
	methods: frozenset[str] = frozenset({"GET"})
	causes: frozenset[str] = frozenset({"dns", "refused", "timeout", "reset"})
	statuses: frozenset[int] = frozenset({429, 502, 503, 504})
	first_wait: float = 0.2
	longest_wait: float = 2.0

	def wait_before_next(self, method: str, attempt: int, outcome: Reply | UnavailableError) -> float | None:
		"""Seconds until the next attempt, or None where there shall be none."""
		if method not in self.methods or attempt >= self.retries or not self.is_passing(outcome):
			return None
		asked = wait_asked_for(outcome)
		if asked is None or asked > self.longest_wait:
			return None
		return asked + self.first_wait * 2**attempt * random.uniform(0.5, 1.0)

	def is_passing(self, outcome: Reply | UnavailableError) -> bool:
		if isinstance(outcome, Reply):
			return outcome.status in self.statuses
		return outcome.cause in self.causes


def wait_asked_for(outcome: Reply | UnavailableError) -> float | None:
	"""None where a server that is asked too often does not say how long to wait."""
	if not isinstance(outcome, Reply):
		return 0.0
	if outcome.status == 429:
		return stated_wait(outcome.headers)
	return retry_after(outcome.headers) or 0.0
