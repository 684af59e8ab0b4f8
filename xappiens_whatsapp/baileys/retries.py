"""When a request may be sent again: reads only, after passing trouble only, and never after a long wait.

`urllib3.util.Retry` counts, chooses and spaces the attempts. Sending again is left to the transport: an answer that breaks off
in its body is read outside of `urlopen`, each attempt is paid for from the budget, and all of them share one bound of time.
"""

from __future__ import annotations

from urllib3.exceptions import MaxRetryError
from urllib3.util.retry import RequestHistory, Retry

from .envelope import Reply
from .errors import UnavailableError
from .ratelimits import retry_after, stated_wait

PASSING_CAUSES = frozenset({"dns", "refused", "timeout", "reset"})
LONGEST_WAIT = 2.0
FIRST_REQUEST = RequestHistory("GET", None, None, None, None)


def reads_again(retries: int) -> Retry:
	"""`Retry` repeats at once before it waits for the first time; with the first request in its history it waits then too."""
	return Retry(
		total=retries,
		allowed_methods=frozenset({"GET"}),
		status_forcelist=frozenset({429, 502, 503, 504}),
		backoff_factor=0.05,
		backoff_jitter=0.1,
		history=(FIRST_REQUEST,),
	)


def next_attempt(retry: Retry, method: str, outcome: Reply | UnavailableError) -> tuple[Retry, float] | None:
	"""What is left of the attempts and the seconds until the next one; None where there shall be none."""
	asked = wait_asked_for(outcome)
	if not is_passing(retry, method, outcome) or asked is None or asked > LONGEST_WAIT:
		return None
	try:
		left = retry.increment(method)
	except MaxRetryError:
		return None
	return left, asked + left.get_backoff_time()


def is_passing(retry: Retry, method: str, outcome: Reply | UnavailableError) -> bool:
	if isinstance(outcome, Reply):
		return retry.is_retry(method, outcome.status)
	return method in (retry.allowed_methods or ()) and outcome.cause in PASSING_CAUSES


def wait_asked_for(outcome: Reply | UnavailableError) -> float | None:
	"""None where a server that is asked too often does not say how long to wait."""
	if not isinstance(outcome, Reply):
		return 0.0
	if outcome.status == 429:
		return stated_wait(outcome.headers)
	return retry_after(outcome.headers) or 0.0
