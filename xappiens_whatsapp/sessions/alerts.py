"""Which changes people are told about: a linked number that went down, once, and that it is back, once.

What waits to be told stands in the records themselves: `down_since` without `alerted_on` is a drop nobody was told of,
`alerted_on` of a connected session a recovery. So nothing is lost with a queue, and one job tells all that came together.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import frappe
from frappe.utils import cint, get_datetime, now_datetime
from redis.exceptions import RedisError

from xappiens_whatsapp.baileys.errors import BaileysError
from xappiens_whatsapp.sessions import states
from xappiens_whatsapp.site import copies, counters, queue, settings, shared

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

EXPECTED_FOR = 60
EXPECTED_AFTER_UNKNOWN_OUTCOME_FOR = 300
RECONNECTS_WITHIN = timedelta(minutes=2)
NOT_DOWN = {"down_since": None, "alerted_on": None}
FLAPS_WITHIN = 3600
QUEUED = "whatsapp_alerts_queued"
QUEUED_FOR = 60
JOB = "xappiens_whatsapp.background.notices.send_waiting"


@contextmanager
def expecting_change(doc: WhatsAppSession) -> Iterator[None]:
	"""What a person's own click does to the session is no drop, whoever sees it first: this request or a webhook.

	A click that certainly did nothing takes its mark back, and what happens next is news again.
	"""
	expect(doc, EXPECTED_FOR)
	try:
		yield
	except BaileysError as error:
		if error.outcome_unknown:
			expect(doc, EXPECTED_AFTER_UNKNOWN_OUTCOME_FOR)
		else:
			take_expectation(doc)
		raise
	except Exception:
		take_expectation(doc)
		raise


def expect(doc: WhatsAppSession, seconds: int) -> None:
	frappe.cache.set_value(expectation_of(doc), 1, expires_in_sec=seconds)


def is_expected(doc: WhatsAppSession | frappe._dict) -> bool:
	return bool(frappe.cache.get_value(expectation_of(doc), expires=True))


def take_expectation(doc: WhatsAppSession | frappe._dict) -> bool:
	expected = is_expected(doc)
	frappe.cache.delete_value(expectation_of(doc))
	return expected


def expectation_of(doc: WhatsAppSession | frappe._dict) -> str:
	return f"whatsapp_expected_change:{doc.name}"


def marks(row: frappe._dict, before: frappe._dict) -> dict[str, datetime | None]:
	"""What a change of state adds to the record, in the transaction that stores it: of two observers only one tells."""
	if row.status == before.status:
		return {}
	if row.status == states.CONNECTED:
		take_expectation(row)
		return {} if before.alerted_on and is_wanted() else dict(NOT_DOWN)
	if before.status != states.CONNECTED:
		return {}
	is_expected = take_expectation(row)
	if not row.is_active or (is_expected and row.status != states.CONNECTING):
		return {}
	count_drop(row.name)
	return {"down_since": now_datetime(), "alerted_on": None}


def announce(row: frappe._dict, before: frappe._dict) -> None:
	"""A session that is connecting may be back in a moment: that is told when it has failed, or takes too long."""
	if is_drop_untold(row) or is_recovery_untold(row):
		enqueue()


def enqueue() -> None:
	"""One job for all that waits; without a queue the next pass over the sessions tells it."""
	try:
		is_first = shared.claim(QUEUED, QUEUED_FOR)
	except RedisError:
		return
	if is_first:
		queue.enqueue_after_commit(JOB)


def is_wanted() -> bool:
	return bool(cint(settings.current().send_alerts)) and not copies.is_copy()


def is_drop_untold(row: frappe._dict) -> bool:
	if not row.down_since or row.alerted_on or row.status == states.CONNECTED or not is_wanted():
		return False
	return row.status != states.CONNECTING or is_overdue(row)


def is_recovery_untold(row: frappe._dict) -> bool:
	return row.status == states.CONNECTED and bool(row.alerted_on)


def is_overdue(row: frappe._dict) -> bool:
	"""Whether a session that seemed to reconnect by itself has been at it for too long."""
	return now_datetime() - get_datetime(row.down_since) >= RECONNECTS_WITHIN


def count_drop(name: str) -> None:
	counters.add(counters.DROPS)
	try:
		if shared.count(drops_of(name), FLAPS_WITHIN) == 1:
			shared.write(first_drop_of(name), str(now_datetime()), 24 * FLAPS_WITHIN)
	except RedisError:
		return


def drops(name: str) -> tuple[int, str]:
	"""How often it dropped without an hour's rest in between, and since when (site time); (0, "") without Redis."""
	try:
		return int(shared.read(drops_of(name)) or 0), shared.read(first_drop_of(name))
	except RedisError:
		return 0, ""


def drops_of(name: str) -> str:
	return f"whatsapp_drops:{name}"


def first_drop_of(name: str) -> str:
	return f"whatsapp_first_drop:{name}"
