"""What a record learns from the server's list, for one record or for many: the one learner."""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING

from xappiens_whatsapp.baileys.errors import BaileysError, NotFoundError
from xappiens_whatsapp.baileys.models import RemoteSession
from xappiens_whatsapp.sessions import records, states
from xappiens_whatsapp.sessions.belief import TABLE, Ask, Observation, Seen, seen_in_list
from xappiens_whatsapp.sessions.link import Link

if TYPE_CHECKING:
	import frappe

	from xappiens_whatsapp.sessions.listing import ServerList
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession


class Verdict(Enum):
	KNOWN = "the server has it, and the record says what is true"
	MISSING = "the server does not have it"


def learn(doc: WhatsAppSession, found: ServerList) -> Verdict:
	"""Keep what the list says, and ask the session's own route where the table of belief wants that.

	Raises what the client raises when the own route cannot be asked; but for a mere reason nobody has to wait.
	"""
	row, before = row_for(doc, found), doc.status
	if row:
		observe(doc, row, found)
	if not is_settled(doc, row):
		return ask(Link(doc, found.client, found), found)
	if is_unexplained(doc, before):
		with suppress(BaileysError):
			Link(doc, found.client, found).look()
	return Verdict.KNOWN


def row_for(record: WhatsAppSession | frappe._dict, found: ServerList) -> RemoteSession | None:
	return found.row_of(record.session_id, records.number_of(record, found.server))


def observe(doc: WhatsAppSession, row: RemoteSession, found: ServerList) -> records.Outcome:
	seen = Observation(seen_in_list(row), row, found.asked_at, found.server)
	return records.observe(doc, seen)


def is_settled(record: WhatsAppSession | frappe._dict, row: RemoteSession | None) -> bool:
	"""Whether the list alone says what is true of the session."""
	seen = seen_in_list(row) if row else Seen.NOT_LISTED
	if TABLE[seen].then_ask is Ask.NOBODY:
		return True
	return row is not None and states.status_of(row) == record.status


def is_unexplained(record: WhatsAppSession | frappe._dict, before: str) -> bool:
	"""Whether it has just gone down, from the state `before`, and the list did not say why: its own route may."""
	return record.status != before and record.status in states.DOWN and not record.error_code


def ask(link: Link, found: ServerList) -> Verdict:
	"""By the session's own route; a record without a number has none, and what the list lacks then is not there."""
	if not link.number:
		records.note_missing(link.doc, 0, found.asked_at, found.server)
		return Verdict.MISSING
	try:
		link.look()
	except NotFoundError:
		return Verdict.KNOWN if link.number else Verdict.MISSING
	return Verdict.KNOWN


def note_number(doc: WhatsAppSession, row: RemoteSession, found: ServerList) -> records.Outcome:
	"""Only the number; for those who read a list for other reasons."""
	named = RemoteSession(id=row.id, session_id=row.session_id)
	return records.observe(doc, Observation(Seen.LISTED_UNVOUCHED, named, found.asked_at, found.server))
