"""How a session comes into being here and on the server, at most once on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import frappe
from frappe import _
from frappe.utils import now_datetime
from redis.exceptions import RedisError

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.baileys.errors import (
	BaileysError,
	ConflictError,
	IntermediaryError,
	NotFoundError,
	ServerError,
)
from xappiens_whatsapp.server.exceptions import ChangedMeanwhile, ConnectsInVain
from xappiens_whatsapp.sessions import alerts, qr_codes, reasons, records, states, story
from xappiens_whatsapp.sessions.belief import Seen
from xappiens_whatsapp.sessions.identity import find_record, validate_session_id
from xappiens_whatsapp.sessions.link import CANNOT_BE_ASKED, WRONG_SESSION
from xappiens_whatsapp.sessions.listing import ServerList
from xappiens_whatsapp.sessions.webhooks import webhook_arguments
from xappiens_whatsapp.site import shared, transactions

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.sessions.link import Link
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

IN_VAIN_AFTER = 2
IN_VAIN_WITHIN = 3600


@transactions.in_own_transaction
def ensure_record(session_id: str, session_name: str, description: str) -> WhatsAppSession:
	"""The record of that id, made when it is not there yet, and committed before the server hears of it.

	So there is always a record to find the server's session by, whatever happens in between.
	"""
	if existing := find_record(session_id):
		return existing
	doc = frappe.get_doc(
		doctype=SESSION, session_id=session_id, session_name=session_name, description=description
	)
	try:
		doc.insert()
	except (frappe.DuplicateEntryError, frappe.UniqueValidationError):
		return made_by_another_request(session_id)
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- the record must outlive a failing call to the server
	return doc


def made_by_another_request(session_id: str) -> WhatsAppSession:
	frappe.db.rollback()
	frappe.clear_last_message()
	if existing := find_record(session_id):
		return existing
	frappe.throw(
		_(
			"There is a session whose id differs from {0} only in upper and lower case. Choose another id."
		).format(frappe.bold(session_id))
	)


class Created(NamedTuple):
	"""`is_new` is False for a session that was there before."""

	remote: RemoteSession
	is_new: bool


def create_on_server(link: Link, phone_number: str | None = None) -> Created:
	"""Create, or find what was created before, and store the number at once.

	A create is never repeated: after a conflict or an unknown outcome the list says what is there. Raises `ChangedMeanwhile` when
	the record was deleted, or its session removed, while this went on: nothing is left on the server then that nobody knows of.
	"""
	link.asked_at = now_datetime()
	try:
		remote = post_session(link, phone_number)
	except BaileysError as error:
		return Created(found_after(link, error), is_new=False)
	keep_number(link, remote)
	return Created(remote, is_new=True)


def post_session(link: Link, phone_number: str | None) -> RemoteSession:
	doc = link.doc
	validate_session_id(doc.session_id)
	return link.client.create_session(
		doc.session_id, doc.session_name, phone_number=phone_number, **webhook_arguments()
	)


def found_after(link: Link, error: BaileysError) -> RemoteSession:
	"""What is there after a create that failed, by the list; raises `error` when nothing is."""
	if isinstance(error, CANNOT_BE_ASKED):
		link.note_failure(error)
	if not isinstance(error, ConflictError) and not error.outcome_unknown:
		raise error
	found = ServerList(link.client)
	row = found.row_of(link.doc.session_id, link.number)
	if row is None:
		raise error
	link.observe(row, Seen.LISTED_UNVOUCHED, found.asked_at)
	if row.id and link.number != row.id:
		raise changed_meanwhile(link)
	return row


def keep_number(link: Link, created: RemoteSession) -> None:
	if not created.id:
		link.find()
		return
	is_gone = link.observe(created, Seen.ACTED).why_not == records.GONE
	if is_gone or (link.number != created.id and not is_there_all_the_same(link)):
		raise taken_back(link, created.id)


def taken_back(link: Link, number: int) -> ChangedMeanwhile:
	"""The record was deleted, or lost its number, while the server worked for it: no session stays that nobody knows of."""
	try:
		link.client.delete_session(number)
	except NotFoundError:
		pass
	return changed_meanwhile(link)


def is_there_all_the_same(link: Link) -> bool:
	"""A removal that was noted while the create was on its way may have come before or after it: the list knows."""
	try:
		return bool(link.find()) and bool(link.number)
	except NotFoundError:
		return False


def changed_meanwhile(link: Link) -> ChangedMeanwhile:
	return ChangedMeanwhile(
		_(
			"The session {0} was changed by somebody else meanwhile. Look at its state, then try again."
		).format(link.doc.session_id)
	)


def connect(link: Link, *, is_new: bool = False) -> None:
	"""Start linking; a session that the server no longer has is created again first, one that is connected is left alone.

	Raises `ConnectsInVain` when the server fails at it for the second time within an hour.
	"""
	qr_codes.forget(link.doc)
	try:
		if is_new or not is_live(link):
			start(link)
	except NotFoundError:
		if create_on_server(link).is_new or not is_live(link):
			start(link)


def reconnect(link: Link) -> None:
	"""As `connect`, for people who may not create: raises `NotFoundError` when the server has no such session."""
	qr_codes.forget(link.doc)
	if not is_live(link):
		start(link)


def is_live(link: Link) -> bool:
	"""Look before: a connect to a session that is connected would end its connection."""
	try:
		link.look()
	except ServerError as error:
		if isinstance(error, IntermediaryError):
			raise
	return link.doc.status == states.CONNECTED


def start(link: Link) -> None:
	try:
		with alerts.expecting_change(link.doc):
			remote = link.act(link.client.connect, is_done=lambda: link.doc.status not in states.DOWN)
	except ServerError as error:
		if is_in_vain(link, error):
			raise ConnectsInVain(reasons.text_of(reasons.CONNECTS_IN_VAIN)) from None
		raise
	forget_failures(link)
	number = link.number
	if remote and link.observe(remote, Seen.OWN_ROUTE).why_not == records.GONE and number:
		raise taken_back(link, number)


def restart(link: Link) -> None:
	"""The number is verified first: a restart ends the connection of whatever it reaches."""
	qr_codes.forget(link.doc)
	link.existing()
	with alerts.expecting_change(link.doc):
		remote = link.act(link.client.restart, is_done=lambda: link.doc.status in states.WITH_QR_CODE)
	if remote:
		link.observe(remote, Seen.OWN_ROUTE)
	story.keep(link.doc.name, story.RESTARTED)


def is_in_vain(link: Link, error: ServerError) -> bool:
	if isinstance(error, IntermediaryError) or error.code == WRONG_SESSION:
		return False
	try:
		failures = shared.count(failures_of(link), IN_VAIN_WITHIN)
	except RedisError:
		return False
	if failures < IN_VAIN_AFTER:
		return False
	records.note_problem(link.doc, reasons.CONNECTS_IN_VAIN)
	return True


def forget_failures(link: Link) -> None:
	try:
		shared.release(failures_of(link))
	except RedisError:
		return


def failures_of(link: Link) -> str:
	return f"whatsapp_connect_failures:{link.doc.name}:{link.number}"
