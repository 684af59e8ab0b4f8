"""How a session comes into being here and on the server, at most once on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe import _

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.baileys.errors import (
	BaileysError,
	ConflictError,
	NotFoundError,
	ServerError,
	UnavailableError,
)
from xappiens_whatsapp.sessions import alerts, qr_codes
from xappiens_whatsapp.sessions.identity import find_record, validate_session_id
from xappiens_whatsapp.sessions.link import CANNOT_BE_ASKED, noting_failures
from xappiens_whatsapp.sessions.webhooks import webhook_arguments
from xappiens_whatsapp.site import transactions

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.sessions.link import Link
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

OUTCOME_UNKNOWN = (ConflictError, ServerError, UnavailableError)


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


def create_on_server(link: Link, phone_number: str | None = None) -> RemoteSession:
	"""Create, or find what was created before, and store the number at once.

	A create is never repeated: after a conflict or an unknown outcome the list says what is there.
	"""
	with noting_failures(link.doc, CANNOT_BE_ASKED):
		try:
			remote = post_session(link, phone_number)
		except OUTCOME_UNKNOWN as error:
			remote = found_after(link, error)
		link.remember_number(remote)
		if not remote.id:
			link.find()
	return remote


def post_session(link: Link, phone_number: str | None) -> RemoteSession:
	doc = link.doc
	validate_session_id(doc.session_id)
	return link.client.create_session(
		doc.session_id, doc.session_name, phone_number=phone_number, **webhook_arguments()
	)


def connect(link: Link) -> None:
	"""Start linking; a session that the server no longer has is created again first."""
	qr_codes.forget(link.doc)
	with alerts.expecting_change(link.doc):
		try:
			remote = link.act(link.client.connect)
		except NotFoundError:
			create_on_server(link)
			remote = link.act(link.client.connect)
	link.learn(remote)


def found_after(link: Link, error: BaileysError) -> RemoteSession:
	if isinstance(error, UnavailableError) and error.cause in ("dns", "refused", "tls"):
		raise error
	remote = link.client.find_session(link.doc.session_id)
	if remote is None:
		raise error
	return remote
