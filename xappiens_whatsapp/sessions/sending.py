"""Sending a test message: at most once, whatever happens, and in words that say what is known of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from frappe import _
from frappe.utils import now_datetime
from redis.exceptions import RedisError

from xappiens_whatsapp.baileys.errors import (
	AccountRestrictedError,
	BaileysError,
	NotFoundError,
	RateLimitedError,
	RefusedByState,
	UnavailableError,
)
from xappiens_whatsapp.server import causes, failures
from xappiens_whatsapp.server.exceptions import (
	GatewayError,
	GatewayFailed,
	GatewayRejected,
	GatewayUnavailable,
	RefusedInThisState,
)
from xappiens_whatsapp.sessions import proof_steps, proofs, reasons, records, restrictions, states
from xappiens_whatsapp.sessions.link import CANNOT_BE_ASKED
from xappiens_whatsapp.site import languages
from xappiens_whatsapp.site.moments import to_site_time

if TYPE_CHECKING:
	from xappiens_whatsapp.sessions.link import Link
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

OWN_LIMIT = "MESSAGE_RATE_LIMIT_EXCEEDED"


def send(link: Link, phone_number: str = "", *, daily: bool = False) -> None:
	"""To the linked number itself, or to another in E.164 without its plus; never twice.

	Raises `RefusedInThisState` for a session that is not connected, `GatewayRejected` where the server sends no texts, the account is
	restricted or nobody knows the number, `GatewayUnavailable` or `GatewayFailed` where nobody knows whether it went out, and a
	`BaileysError` where it certainly did not.
	"""
	to = phone_number or own_number(link)
	require_connected(link)
	with suppress(RedisError):
		proof_steps.expect(link.doc.session_id)
	sent_at = now_datetime()
	message_id = post(link, to)
	steps = proof_steps.Steps(to=to, sent=str(sent_at), daily="1" if daily else "")
	proofs.follow(link.doc, message_id, steps)


def own_number(link: Link) -> str:
	require_connected(link)
	if not link.doc.phone_number:
		link.look()
	if not link.doc.phone_number:
		raise GatewayRejected(_("The number of this session is not known yet. Enter a number to send to."))
	return link.doc.phone_number


def require_connected(link: Link) -> None:
	if link.doc.status != states.CONNECTED:
		link.look()
	if link.doc.status != states.CONNECTED:
		raise not_connected(link.doc)


def text_of(doc: WhatsAppSession) -> str:
	"""In the language of the site: whose eyes will see it on the phone nobody knows here."""
	with languages.speaking(languages.of_site()):
		return _("Test message of {0}: messages from here get through.").format(doc.session_name)


def post(link: Link, to: str) -> str:
	"""Raised outside of the `except` blocks, so that no traceback carries the frames of the HTTP call."""
	try:
		return link.client.send_text(link.doc.session_id, to, text_of(link.doc))
	except RateLimitedError as error:
		if error.code != OWN_LIMIT:
			raise
		failure = too_many(error)
	except (AccountRestrictedError, RefusedByState, NotFoundError) as error:
		failure = refused(link, error)
	except BaileysError as error:
		if isinstance(error, CANNOT_BE_ASKED):
			link.note_failure(error)
		if not error.outcome_unknown:
			raise
		failure = unknown(error)
	raise failure


def refused(link: Link, error: BaileysError) -> GatewayError:
	"""What is true of the session is asked for, and kept; one that the server does not have raises `NotFoundError`."""
	if isinstance(error, AccountRestrictedError):
		return restricted(link.doc, error)
	link.look()
	if isinstance(error, NotFoundError):
		return GatewayRejected(_("This server sends no messages, so nothing was sent."))
	if link.doc.status != states.CONNECTED:
		return not_connected(link.doc)
	words = _("The server says that the session is connected, and refuses to send as if it were not.")
	return RefusedInThisState(f"{words} {proofs.what_to_do()}")


def restricted(doc: WhatsAppSession, error: AccountRestrictedError) -> GatewayRejected:
	until = error.restricted_until and to_site_time(error.restricted_until)
	records.note_restricted(doc, until)
	return GatewayRejected(
		_("Nothing was sent.") + " " + reasons.text_of(causes.RESTRICTED, restrictions.in_words(until))
	)


def is_refused(doc: WhatsAppSession) -> bool:
	"""Whether the last one was refused before it had a number: the account is restricted."""
	return doc.proof_state == states.FAILED and not doc.proof_message_id


def not_connected(doc: WhatsAppSession) -> RefusedInThisState:
	words = _("The session is not connected, so nothing was sent.")
	next_step = reasons.text_of(doc.error_code) or _("Press Connect first.")
	return RefusedInThisState(f"{words} {next_step}")


def too_many(error: RateLimitedError) -> GatewayError:
	failure = failures.rate_limited(error)
	failure.args = (failures.words("too_many_texts", failure.retry_after),)
	return failure


def unknown(error: BaileysError) -> GatewayError:
	words = _(
		"The server did not say whether the message went out. Look at the phone before you send another."
	)
	if isinstance(error, UnavailableError):
		failure: GatewayError = GatewayUnavailable(words)
		failure.http_status_code = 504
		return failure
	return GatewayFailed(words)
