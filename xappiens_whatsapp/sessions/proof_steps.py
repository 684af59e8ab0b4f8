"""What was told of the last test messages, each with its time: in Redis, for a day; no text, and nothing of other messages.

By the session's id and WhatsApp's id of the message, so that what is told before the server has answered finds its message.
"""

from __future__ import annotations

from typing import NamedTuple

from redis.exceptions import RedisError

from xappiens_whatsapp.site import shared
from xappiens_whatsapp.site.shared import PROOF

FOLLOWED_FOR = 24 * 3600
KNOWN_TO_REPORT_FOR = 366 * 24 * 3600
WITHOUT_LIST_FOR = 3600
AWAITED = f"{PROOF}s_awaited"


class Steps(NamedTuple):
	"""Times are the site's, as text; `reason` is the server's word, `daily` set where nobody pressed a button."""

	to: str = ""
	sent: str = ""
	taken: str = ""
	delivered: str = ""
	read: str = ""
	failed: str = ""
	reason: str = ""
	daily: str = ""

	@property
	def is_reported(self) -> bool:
		"""Whether anything was told after the server had taken the message."""
		return bool(self.taken or self.delivered or self.read or self.failed)

	@property
	def arrived(self) -> str:
		return self.delivered or self.read


def expect(session_id: str) -> None:
	"""From before the message goes out; raises `RedisError`."""
	shared.write(expected_key(session_id), "1", FOLLOWED_FOR)


def is_expected(session_id: str) -> bool:
	"""Raises `RedisError`."""
	return bool(shared.read(expected_key(session_id)))


def await_fate(session_id: str) -> None:
	"""The next passes look at it; raises `RedisError`."""
	shared.add(AWAITED, session_id, FOLLOWED_FOR)


def awaited() -> list[str]:
	"""Session ids; none without Redis."""
	try:
		return shared.members(AWAITED)
	except RedisError:
		return []


def forget(session_id: str) -> None:
	"""The passes need not look at it any more; raises `RedisError`."""
	shared.discard(AWAITED, session_id)


def note(session_id: str, message_id: str, **told: str) -> None:
	"""What was told first stays; raises `RedisError`."""
	for step, value in told.items():
		if value:
			shared.claim(key_of(session_id, message_id, step), FOLLOWED_FOR, value)


def of(session_id: str, message_id: str) -> Steps:
	"""Empty without Redis, or a day later. Nothing happens before the message went out, whatever the server's clock says."""
	try:
		known = Steps(*(shared.read(key_of(session_id, message_id, step)) for step in Steps._fields))
	except RedisError:
		return Steps()
	late = ("taken", "delivered", "read", "failed")
	return known._replace(
		**{step: moment and max(moment, known.sent) for step in late if (moment := getattr(known, step))}
	)


def note_that_server_reports(server: str) -> None:
	"""Raises `RedisError`."""
	shared.write(f"{PROOF}_reports:{server}", "1", KNOWN_TO_REPORT_FOR)


def is_known_to_report(server: str) -> bool:
	return is_marked(f"{PROOF}_reports:{server}")


def note_that_server_has_no_list(server: str) -> None:
	"""Raises `RedisError`."""
	shared.write(f"{PROOF}_no_list:{server}", "1", WITHOUT_LIST_FOR)


def has_list(server: str) -> bool:
	"""As far as is known."""
	return not is_marked(f"{PROOF}_no_list:{server}")


def is_marked(key: str) -> bool:
	try:
		return bool(shared.read(key))
	except RedisError:
		return False


def expected_key(session_id: str) -> str:
	return f"{PROOF}_expected:{session_id}"


def told_key(session_id: str) -> str:
	"""Set while people know that its daily messages do not arrive."""
	return f"{PROOF}_told:{session_id}"


def key_of(session_id: str, message_id: str, step: str) -> str:
	return f"{PROOF}:{session_id}:{message_id}:{step}"
