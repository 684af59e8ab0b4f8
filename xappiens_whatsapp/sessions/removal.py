"""How a session ends, here and on the server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe.model.delete_doc import check_if_doc_is_dynamically_linked, check_if_doc_is_linked

from xappiens_whatsapp.baileys.errors import BaileysError, NotFoundError, ServerError
from xappiens_whatsapp.server.exceptions import NumberOfAnother
from xappiens_whatsapp.sessions import (
	alerts,
	creation,
	nudges,
	pairing_links,
	qr_codes,
	records,
	states,
	story,
)
from xappiens_whatsapp.sessions.belief import Seen
from xappiens_whatsapp.sessions.link import CANNOT_BE_ASKED, CANNOT_BE_CHECKED, Link
from xappiens_whatsapp.site import settings, transactions

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

ROUNDS = 3


def remove_from_server(link: Link) -> bool:
	"""Delete there; a session that is already gone is what was wanted. The record forgets the number that was deleted.

	False where somebody else deleted the record meanwhile, or created the session again.
	"""
	pairing_links.revoke(link.doc.name)
	nudges.ignore_reason(link.doc.name)
	qr_codes.forget(link.doc)
	with alerts.expecting_change(link.doc):
		number = delete_verified(link)
	outcome = records.note_removed(link.doc, number)
	return outcome.why_not != records.GONE and not link.number


def disconnect(link: Link) -> None:
	"""As `remove_from_server`, for the person who asked.

	Nobody is told success about a session that somebody else created while it was being removed, or a record that is gone.
	"""
	if not remove_from_server(link):
		raise creation.changed_meanwhile(link)
	story.keep(link.doc.name, story.DISCONNECTED)


def delete_verified(link: Link) -> int:
	"""The number that was deleted, 0 where there was none: not what the record has by now, which may be somebody else's new session.

	A deletion whose outcome is unknown is looked up: done is done.
	"""
	try:
		identifier = link.verified()
		if identifier:
			delete_once(link, identifier)
		return identifier if isinstance(identifier, int) else 0
	except CANNOT_BE_ASKED as error:
		link.note_failure(error)
		raise


def delete_once(link: Link, identifier: int | str) -> None:
	"""A 404 is doubted too, since the session was there a moment ago."""
	try:
		return link.client.delete_session(identifier)
	except NotFoundError as error:
		failure: BaileysError = ServerError(str(error), code=error.code, status=error.status)
	except BaileysError as error:
		if not error.outcome_unknown:
			raise
		failure = error
	if not is_found_gone(link, failure):
		raise failure


def is_found_gone(link: Link, failure: BaileysError) -> bool:
	"""After a look that found it still there, the outcome of `failure` is known."""
	try:
		is_there = link.verified() is not None
	except CANNOT_BE_CHECKED as error:
		link.note_failure(error)
		return False
	except (BaileysError, NumberOfAnother):
		return False
	failure.outcome_unknown = False
	return not is_there


def stop_on_server(link: Link) -> None:
	"""The server keeps the session and its pairing."""
	pairing_links.revoke(link.doc.name)
	nudges.ignore_reason(link.doc.name)
	with alerts.expecting_change(link.doc):
		stop_verified(link)
	qr_codes.forget(link.doc)
	records.note_stopped(link.doc)
	story.keep(link.doc.name, story.DISCONNECTED)


def stop_verified(link: Link) -> None:
	link.existing()
	remote = link.act(link.client.disconnect, is_done=lambda: link.doc.status in states.DOWN)
	if remote:
		link.observe(remote, Seen.OWN_ROUTE)


def end_with_record(doc: WhatsAppSession) -> None:
	"""Before a record is deleted, by whomever: its session goes first, and when the server cannot do that, the record stays.

	No row is locked while the server answers; a session that was created meanwhile goes as well. What other documents link to
	stays, and so does its session: Frappe checks that only afterwards.
	"""
	check_if_doc_is_linked(doc)
	check_if_doc_is_dynamically_linked(doc)
	if not settings.what_is_missing():
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- ends Frappe's lock on the row
		delete_until_locked_without_number(Link(doc))
	pairing_links.revoke(doc.name)


@transactions.in_own_transaction
def delete_record(doc: WhatsAppSession) -> None:
	"""With its session on the server, and committed: that one is gone, whoever asked.

	What a job holds for a moment is waited for, since Frappe refuses at once to delete what anybody holds.
	"""
	records.locked(doc.name)
	doc.delete()
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- see above


def delete_until_locked_without_number(link: Link) -> None:
	for _round in range(ROUNDS):
		remove_from_server(link)
		row = records.locked(link.doc.name)
		if row is None or not records.number_of(row, link.server):
			return
		frappe.db.rollback()
		link.doc.update(row)
	raise creation.changed_meanwhile(link)
