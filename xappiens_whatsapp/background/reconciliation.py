"""Brings all records in step with the server, whatever webhooks got lost on the way: one pass for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import frappe
from frappe.utils import get_datetime, now_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.baileys.errors import (
	AuthenticationError,
	BaileysError,
	NotFoundError,
	RateLimitedError,
	UnavailableError,
)
from xappiens_whatsapp.server import gateway, outage
from xappiens_whatsapp.sessions import alerts, records, states
from xappiens_whatsapp.sessions.link import WRONG_SESSION, Link
from xappiens_whatsapp.site import settings, transactions

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys import BaileysClient
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

FIELDS = [
	"name",
	"session_id",
	"session_db_id",
	"status",
	"is_connected",
	"phone_number",
	"last_seen",
	"last_checked",
	"down_since",
	"alerted_on",
	"error_code",
	"error_message",
	"kept_reason",
]
PATIENCE = 90.0
LAST_SEEN_NOTED_EVERY = timedelta(hours=1)
LAST_PASS = "whatsapp_last_pass"
GENERAL = (UnavailableError, AuthenticationError, RateLimitedError)


def reconcile() -> dict[str, Any] | None:
	"""One pass; None when there is nothing to watch. Without the server it ends with the first request that fails."""
	if settings.what_is_missing() or not (records := active_records()):
		return None
	run = Pass(records)
	try:
		run.read_list()
	except RateLimitedError:
		return remember(run)
	except BaileysError as error:
		outage.note_server_is_down(error)
		return remember(run)
	outage.note_server_is_up()
	run.ask_one_by_one()
	return remember(run)


def active_records() -> dict[str, frappe._dict]:
	"""Not by `get_all`, which takes `last_seen` for the optional column `_seen` and leaves it out."""
	rows = frappe.db.get_values(SESSION, {"is_active": 1}, FIELDS, as_dict=True)
	frappe.db.rollback()  # ends the snapshot: what this pass stores is compared with what is there then
	return {row.session_id: row for row in rows}


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


class Pass:
	def __init__(self, records: dict[str, frappe._dict]) -> None:
		self.asked_at = now_datetime()
		self.sessions = len(records)
		self.unseen = records
		self.doubtful: list[tuple[bool, datetime, frappe._dict]] = []
		self.changed = self.asked = self.missing = self.only_there = 0
		self.is_complete = False

	def read_list(self) -> None:
		"""All pages, waiting for the request budget where it has to."""
		client = gateway.connect_to_server(background=True, patience=PATIENCE)
		for remote in client.iter_sessions():
			record = self.unseen.pop(remote.session_id, None)
			if record is None:
				self.only_there += 1
			else:
				self.compare(record, remote)

	@transactions.unless_busy()
	def compare(self, record: frappe._dict, remote: RemoteSession) -> None:
		"""The list comes from the server's database; only `isConnected` is what its memory says."""
		if remote.is_connected is None:
			contradicts = states.status_of(remote) != record.status
			self.doubtful.append((not contradicts, last_checked(record), record))
			self.store_facts(record, remote)
		elif is_news(records.changes_from(record, remote), record):
			self.store_state(record, remote)
		if alerts.is_overdue(record):
			alerts.tell_overdue(record.name)

	def store_state(self, record: frappe._dict, remote: RemoteSession) -> None:
		if doc := document_of(record):
			records.learn(doc, remote, self.asked_at)
			self.changed += 1

	def store_facts(self, record: frappe._dict, remote: RemoteSession) -> None:
		facts = records.unknown_to(record, records.facts_of(remote))
		if is_news(facts, record) and (doc := document_of(record)):
			records.store(doc, facts, self.asked_at)
			record.update(facts)
			self.changed += 1

	def ask_one_by_one(self) -> None:
		"""Within what the budget has left: what the list lacks, what it contradicts, then the oldest check first."""
		client = gateway.connect_to_server(background=True)
		try:
			for record in self.lost():
				self.confirm_missing(record, client)
			for _agrees, _checked, record in sorted(self.doubtful, key=lambda entry: entry[:2]):
				self.ask(record, client)
			self.is_complete = True
		except GENERAL:
			return  # what is left has its turn in the next pass

	def lost(self) -> Iterable[frappe._dict]:
		"""A record without a number has nothing to lose, unless it claims to be linked."""
		rows = self.unseen.values()
		return sorted(
			(row for row in rows if row.session_db_id or row.status != states.DISCONNECTED), key=last_checked
		)

	@transactions.unless_busy()
	def confirm_missing(self, record: frappe._dict, client: BaileysClient) -> None:
		"""A list that shifts while it is read can leave a session out, so its own route has the last word."""
		doc = document_of(record)
		if doc is None or doc.session_db_id != record.session_db_id:
			return
		self.asked += 1
		link = Link(doc, client)
		try:
			link.ask(client.get_session, link.identifier())
		except GENERAL:
			raise
		except BaileysError as error:
			if is_gone(error):
				records.note_missing(doc)
				self.missing += 1

	@transactions.unless_busy()
	def ask(self, record: frappe._dict, client: BaileysClient) -> None:
		if not (doc := document_of(record)):
			return
		link = Link(doc, client)
		self.asked += 1
		try:
			remote = link.ask(client.get_status, doc.session_db_id or doc.session_id)
		except GENERAL:
			raise
		except BaileysError:
			return
		link.learn(remote)

	def summary(self) -> dict[str, Any]:
		counts = ("sessions", "changed", "asked", "missing", "only_there", "is_complete")
		return {"finished_at": str(now_datetime()), **{name: getattr(self, name) for name in counts}}


def document_of(record: frappe._dict) -> WhatsAppSession | None:
	"""None for a record that was deleted since the pass began."""
	try:
		return frappe.get_doc(SESSION, record.name)
	except frappe.DoesNotExistError:
		frappe.clear_last_message()
		return None


def last_checked(record: frappe._dict) -> datetime:
	return get_datetime(record.last_checked) if record.last_checked else datetime.min


def is_news(changes: dict[str, object], record: frappe._dict) -> bool:
	"""When a session was last seen changes all the time; once an hour is enough for a list."""
	if changes.keys() != {"last_seen"} or not record.last_seen:
		return bool(changes)
	return changes["last_seen"] - get_datetime(record.last_seen) >= LAST_SEEN_NOTED_EVERY


def is_gone(error: BaileysError) -> bool:
	return isinstance(error, NotFoundError) or error.code == WRONG_SESSION


def remember(run: Pass) -> dict[str, Any]:
	summary = run.summary()
	frappe.cache.set_value(LAST_PASS, summary)
	return summary
