"""Why the server's calls were refused here, how often and since when. Nothing of the calls themselves is kept."""

from __future__ import annotations

import time
from typing import TypedDict

from frappe.utils import now_datetime
from redis.exceptions import RedisError

from xappiens_whatsapp.site import counters, shared

KEPT_FOR = 24 * 3600
SWITCHED_OFF = "switched_off"
NO_SECRET = "no_secret"
UNSIGNED = "unsigned"
WRONG_SIGNATURE = "wrong_signature"
TOO_OLD = "too_old"
UNREADABLE = "unreadable"
TOO_LARGE = "too_large"
TOO_MANY = "too_many"
CAUSES = (SWITCHED_OFF, NO_SECRET, UNSIGNED, WRONG_SIGNATURE, TOO_OLD, UNREADABLE, TOO_LARGE, TOO_MANY)
TAKEN_IN = "accepted"
NOT_QUEUED = "not_queued"
KEPT = ("count", "since", "last")
ACCEPTED = "whatsapp_call_accepted"


class Refused(TypedDict):
	"""`since` in the site's time; `is_over`: a call was accepted after the last refused one."""

	cause: str
	count: int
	since: str
	is_over: bool


def note(cause: str) -> None:
	"""Forgotten a day after the last one, but for the total."""
	counters.add(counters.webhook(cause))
	count, since, last = (key_of(cause, what) for what in KEPT)
	try:
		shared.count(count, KEPT_FOR)
		shared.claim(since, KEPT_FOR, str(now_datetime().replace(microsecond=0)))
		shared.keep(since, KEPT_FOR)
		shared.write(last, str(time.time()), KEPT_FOR)
	except RedisError:
		return


def note_accepted() -> None:
	try:
		shared.write(ACCEPTED, str(time.time()), KEPT_FOR)
	except RedisError:
		return


def found() -> list[Refused]:
	"""Of the last day, by cause."""
	try:
		accepted = float(shared.read(ACCEPTED) or 0)
		return [refused for cause in CAUSES if (refused := about(cause, accepted))]
	except RedisError:
		return []


def about(cause: str, accepted: float) -> Refused | None:
	count, since, last = (shared.read(key_of(cause, what)) for what in KEPT)
	if not count or not since:
		return None
	return Refused(cause=cause, count=int(count), since=since, is_over=accepted > float(last or 0))


def forget() -> None:
	"""When what may have been the cause is put right."""
	try:
		for cause in CAUSES:
			for what in KEPT:
				shared.release(key_of(cause, what))
	except RedisError:
		return


def key_of(cause: str, what: str) -> str:
	return f"{shared.REFUSED}:{what}:{cause}"
