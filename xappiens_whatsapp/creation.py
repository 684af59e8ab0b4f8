"""How a session comes into being here and on the server, at most once on both sides."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import frappe
from frappe import _

from xappiens_whatsapp import alerts, gateway, qr_codes, transactions
from xappiens_whatsapp.baileys.errors import (
	BaileysError,
	ConflictError,
	NotFoundError,
	ServerError,
	UnavailableError,
)
from xappiens_whatsapp.linking import CANNOT_BE_ASKED, noting_failures
from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_settings.whatsapp_settings import (
	check_webhook_secret,
	is_webhook_secret,
)

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.linking import Link
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_settings.whatsapp_settings import (
		WhatsAppSettings,
	)

SESSION = "WhatsApp Session"
SESSION_ID = re.compile(r"[A-Za-z0-9_-]{3,100}")
RESERVED_IDS = ("stats", "frappe")  # literal siblings of the id in the server's routes
NAME_LENGTH = 255
OUTCOME_UNKNOWN = (ConflictError, ServerError, UnavailableError)
WEBHOOK_EVENTS = ("session.connected", "session.disconnected", "session.qr")


def validate_session_id(session_id: str) -> None:
	if not SESSION_ID.fullmatch(session_id or "") or session_id.lower() in RESERVED_IDS:
		frappe.throw(
			_(
				"The session id must have 3 to 100 characters out of A-Z, a-z, 0-9, hyphen and underscore,"
				" and must not be one of: {0}."
			).format(", ".join(RESERVED_IDS))
		)


def validate_session_name(session_name: str) -> None:
	if not 1 <= len((session_name or "").strip()) <= NAME_LENGTH:
		frappe.throw(_("The session name must have 1 to {0} characters.").format(NAME_LENGTH))


def clean_phone_number(phone_number: str | None) -> str | None:
	"""Digits with country code, as the server wants them; None when nothing was given."""
	if not phone_number:
		return None
	digits = re.sub(r"[\s().+-]", "", phone_number)
	if not re.fullmatch(r"[0-9]{7,15}", digits):
		frappe.throw(_("The phone number must be given with its country code, 7 to 15 digits."))
	return digits


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


def find_record(identifier: str) -> WhatsAppSession | None:
	"""By document name, else by session id; exactly, although the database compares without case."""
	if (doc := load(identifier)) and doc.name == identifier:
		return doc
	row = frappe.db.get_value(SESSION, {"session_id": identifier}, ["name", "session_id"], as_dict=True)
	return load(row.name) if row and row.session_id == identifier else None


def load(name: str) -> WhatsAppSession | None:
	try:
		return frappe.get_doc(SESSION, name)
	except frappe.DoesNotExistError:
		frappe.clear_last_message()
		return None


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


def webhook_arguments() -> dict[str, object]:
	"""Nothing when the server could not call this site: it accepts HTTPS addresses only, and we signed calls only."""
	settings = frappe.get_cached_doc(gateway.SETTINGS)
	secret = settings.get_password("webhook_secret", raise_exception=False)
	if not settings.webhook_enabled or not is_webhook_secret(secret):
		return {}
	if not may_be_called(settings.webhook_url, settings.api_base_url):
		return {}
	return {
		"webhook_url": settings.webhook_url,
		"webhook_secret": secret,
		"webhook_events": WEBHOOK_EVENTS,
	}


def webhook_target(webhook_url: str | None, webhook_secret: str | None) -> tuple[str, str]:
	"""What to register: the arguments, or else this site's own address and secret."""
	settings = frappe.get_cached_doc(gateway.SETTINGS)
	url = (webhook_url or settings.webhook_url).strip()
	own_secret = settings.get_password("webhook_secret", raise_exception=False) or ""
	check_webhook_url(url, settings)
	if url == settings.webhook_url and webhook_secret not in (None, "", own_secret):
		frappe.throw(
			_(
				"This site accepts only calls that are signed with its own secret. Leave the secret out,"
				" or change it in WhatsApp Settings."
			)
		)
	check_webhook_secret(webhook_secret or own_secret)
	return url, webhook_secret or own_secret


def register_webhook(link: Link, url: str, secret: str) -> None:
	"""What fails here says nothing about the session's state."""
	try:
		return link.reach(lambda identifier: link.client.update_webhook(identifier, url, secret))
	except NotFoundError as error:
		if not link.doc.session_db_id:
			raise
		code, status = error.code, error.status
	raise ServerError("The server cannot change the webhook of a session", code=code, status=status)


def check_webhook_url(url: str, settings: WhatsAppSettings) -> None:
	if urlsplit(url).scheme not in ("http", "https") or not may_be_called(url, settings.api_base_url):
		frappe.throw(
			_("The server calls back to https:// addresses only; {0} is none.").format(
				frappe.utils.escape_html(url)
			)
		)


def may_be_called(webhook_url: str, api_base_url: str) -> bool:
	"""HTTPS, or both on this machine as in development."""
	return urlsplit(webhook_url).scheme == "https" or is_loopback(api_base_url)


def is_loopback(address: str) -> bool:
	host = urlsplit(address).hostname or ""
	return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")
