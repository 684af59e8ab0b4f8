"""Brings all records in step with the server, whatever webhooks got lost on the way: one pass for all of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import frappe
from frappe.utils import get_datetime, now_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import (
	AuthenticationError,
	BaileysError,
	RateLimitedError,
	UnavailableError,
)
from xappiens_whatsapp.server import gateway, outage
from xappiens_whatsapp.sessions import alerts, identity, learning, matching, records, states
from xappiens_whatsapp.sessions.belief import Observation, seen_in_list
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.sessions.listing import ServerList
from xappiens_whatsapp.site import settings, transactions
from xappiens_whatsapp.site.shared import LAST_PASS

PATIENCE = 90.0
LAST_SEEN_NOTED_EVERY = timedelta(hours=1)
GENERAL = (UnavailableError, AuthenticationError, RateLimitedError)


def enqueue_reconciliation() -> None:
	"""What the scheduler calls; a pass that still runs is not followed by a second one."""
	if settings.what_is_missing():
		return
	frappe.enqueue(
		"xappiens_whatsapp.background.reconciliation.reconcile",
		queue="long",
		job_id="whatsapp_reconciliation",
		deduplicate=True,
	)


def reconcile() -> dict[str, Any] | None:
	"""One pass; None when there is nothing to watch. Without the server it ends with the first request that fails."""
	if settings.what_is_missing():
		return None
	watched = active_records()
	if not watched or settings.what_is_missing():
		return None
	run = Pass(watched)
	try:
		run.read_list()
	except RateLimitedError:
		return remember(run)
	except BaileysError as error:
		outage.note_server_is_down(error)
		return remember(run)
	outage.note_server_is_up()
	run.learn_from_list()
	run.ask_one_by_one()
	tell_what_waits(watched)
	return remember(run)


def active_records() -> list[frappe._dict]:
	"""Not by `get_all`, which takes `last_seen` for the optional column `_seen` and leaves it out."""
	rows = frappe.db.get_values(SESSION, {"is_active": 1}, records.FIELDS, as_dict=True)
	frappe.db.rollback()  # ends the snapshot: what this pass stores is compared with what is there then
	return rows


def tell_what_waits(watched: list[frappe._dict]) -> None:
	"""What took too long to come back, and what a queue lost."""
	if any(row.down_since or row.alerted_on or alerts.is_wrong_phone_untold(row) for row in watched):
		alerts.enqueue()
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- the job is queued after it


class Pass:
	"""`changed` names the records that were written, whichever way it was learned; `asked` counts the calls to single sessions."""

	def __init__(self, watched: list[frappe._dict]) -> None:
		self.records = watched
		self.doubtful: list[tuple[bool, datetime, frappe._dict]] = []
		self.changed: set[str] = set()
		self.asked = self.missing = self.only_there = 0
		self.is_complete = False

	def read_list(self) -> None:
		"""All pages, waiting for the request budget where it has to."""
		self.found = ServerList(gateway.connect_to_server(background=True, patience=PATIENCE))
		self.only_there = len(self.found.unknown(record.session_id for record in self.records))

	def learn_from_list(self) -> None:
		for record in self.records:
			self.compare(record)

	@transactions.unless_busy()
	def compare(self, record: frappe._dict) -> None:
		"""What the list vouches for is kept at once; the rest, and why one is down, waits for its own route."""
		row, before = matching.row_for(record, self.found), record.status
		if row:
			seen = Observation(seen_in_list(row), row, self.found.asked_at, self.found.server)
			if is_news(learning.news(record, seen), record) and (doc := identity.load(record.name)):
				self.note_written(record, records.observe(doc, seen).wrote)
				record.update({field: doc.get(field) for field in records.FIELDS})
		if row and (seen.belief.then_ask.value or matching.is_unexplained(record, before)):
			self.doubtful.append((matching.is_settled(record, row), last_checked(record), record))
		elif not row and (record.session_db_id or record.status != states.DISCONNECTED):
			self.doubtful.append((False, last_checked(record), record))

	def ask_one_by_one(self) -> None:
		"""Within what the budget has left: what the list lacks or contradicts, then the oldest check first."""
		client = gateway.connect_to_server(background=True)
		try:
			for _agrees, _checked, record in sorted(self.doubtful, key=lambda entry: entry[:2]):
				self.ask(record, client)
			self.is_complete = True
		except GENERAL:
			return  # what is left has its turn in the next pass

	@transactions.unless_busy()
	def ask(self, record: frappe._dict, client: BaileysClient) -> None:
		doc = identity.load(record.name)
		if doc is None or doc.session_db_id != record.session_db_id:
			return
		self.asked += 1
		before = {field: doc.get(field) for field in records.WATCHED}
		try:
			verdict = matching.ask(Link(doc, client, self.found), self.found)
		except GENERAL:
			raise
		except BaileysError:
			return
		self.missing += verdict is matching.Verdict.MISSING
		self.note_written(record, any(doc.get(field) != value for field, value in before.items()))

	def note_written(self, record: frappe._dict, is_written: bool) -> None:
		if is_written:
			self.changed.add(record.name)

	def summary(self) -> dict[str, Any]:
		counts = ("asked", "missing", "only_there", "is_complete")
		return {
			"finished_at": str(now_datetime()),
			"sessions": len(self.records),
			"changed": len(self.changed),
			**{name: getattr(self, name) for name in counts},
		}


def last_checked(record: frappe._dict) -> datetime:
	return get_datetime(record.last_checked) if record.last_checked else datetime.min


def is_news(changes: dict[str, object], record: frappe._dict) -> bool:
	"""When a session was last seen changes all the time; once an hour is enough for a list."""
	if changes.keys() != {"last_seen"} or not record.last_seen:
		return bool(changes)
	return changes["last_seen"] - get_datetime(record.last_seen) >= LAST_SEEN_NOTED_EVERY


def last_pass() -> dict[str, Any] | None:
	"""As `Pass.summary`; `finished_at` is in the site's time. None before the first one."""
	return frappe.cache.get_value(LAST_PASS, expires=True)


def remember(run: Pass) -> dict[str, Any]:
	summary = run.summary()
	frappe.cache.set_value(LAST_PASS, summary)
	return summary
