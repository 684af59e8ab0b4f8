"""Links for the person who holds the phone and has no account: managers make them, guests use them."""

import re
from collections.abc import Callable
from typing import Any

import frappe
from frappe import _

from xappiens_whatsapp import permissions
from xappiens_whatsapp.api import answers, limits
from xappiens_whatsapp.api.session import _resolve_session_doc
from xappiens_whatsapp.baileys.errors import BaileysError, RateLimitedError
from xappiens_whatsapp.server import failures, gateway
from xappiens_whatsapp.server.exceptions import (
	GatewayError,
	GatewayRateLimited,
	GatewayRejected,
	GatewayUnavailable,
)
from xappiens_whatsapp.sessions import creation, pairing_links, phones, states, story, visits
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.sessions.pairing_links import PairingLinkInvalid

FOR_GUESTS = (PairingLinkInvalid, frappe.RateLimitExceededError)


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def create_link(session_id: str, minutes: int = 15, language: str | None = None) -> dict[str, Any]:
	"""Start linking where needed, and make the one link with which its QR code can be seen; older ones end."""
	permissions.only_for_managers()
	doc = _resolve_session_doc(session_id, "connect")
	_validate(minutes, language)
	if doc.status in states.DOWN or not doc.session_db_id:
		creation.connect(Link(doc))
	if doc.status == states.CONNECTED:
		frappe.throw(
			_("The session {0} is connected already; no link is needed.").format(frappe.bold(doc.name))
		)
	link = pairing_links.create(doc, minutes, language)
	story.keep(doc.name, story.LINK_MADE)
	return {"success": True, "session": doc.name, "url": link.url, "expires_at": link.expires_at}


def _validate(minutes: int, language: str | None) -> None:
	if not 1 <= minutes <= pairing_links.LONGEST_MINUTES:
		frappe.throw(_("A link can be valid for 1 to {0} minutes.").format(pairing_links.LONGEST_MINUTES))
	if language and not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", language):
		frappe.throw(_("The language must be given as a code such as en or es."))


@frappe.whitelist(methods=["POST"])
@gateway.answers_failures
def revoke_links(session_id: str) -> dict[str, Any]:
	"""End the link of the session; `revoked` says whether there was one that still worked."""
	permissions.only_for_managers()
	doc = _resolve_session_doc(session_id, "connect")
	revoked = pairing_links.revoke(doc.name)
	message = _("The link does not work any more.") if revoked else _("There was no link that still worked.")
	return {"success": True, "revoked": revoked, "message": message}


# Whoever has the link's token, 256 bits that are stored as a digest only, and the first browser that opened it.
@frappe.whitelist(allow_guest=True, methods=["POST"])  # nosemgrep: guest-whitelisted-method
@limits.a_minute(60)
@gateway.answers_failures
def open_link(token: str) -> dict[str, Any]:
	"""For the click of the person: the first browser that opens the link is the only one that gets an answer from then on."""
	return _discreetly(_visit(token, opening=True).look)


@frappe.whitelist(allow_guest=True, methods=["POST"])  # nosemgrep: guest-whitelisted-method -- as `open_link`
@limits.a_minute(60)
@gateway.answers_failures
def pairing_status(token: str) -> dict[str, Any]:
	"""State and QR code of the link's session, for the browser that opened it."""
	return _discreetly(_visit(token).look)


@frappe.whitelist(allow_guest=True, methods=["POST"])  # nosemgrep: guest-whitelisted-method -- as `open_link`
@limits.a_minute(6)
@gateway.answers_failures
def renew_code(token: str) -> dict[str, Any]:
	"""Have the server offer codes again after it gave up waiting for a scan."""
	visit = _visit(token)
	_discreetly(visit.renew)
	return _discreetly(visit.look)


@frappe.whitelist(allow_guest=True, methods=["POST"])  # nosemgrep: guest-whitelisted-method -- as `open_link`
@limits.a_minute(6)
@gateway.answers_failures
def get_pairing_code(token: str, phone_number: str) -> dict[str, Any]:
	"""A code to type into the phone of that number, for the browser that opened the link; as `session.get_pairing_code`."""
	visit = _visit(token)
	phone_number = phones.require_phone_number(phone_number)
	code = _discreetly(lambda: visit.request_code(phone_number))
	return answers.code_answer(code, phone_number)


def _visit(token: str, *, opening: bool = False) -> visits.Visit:
	return _discreetly(lambda: visits.Visit(token, opening=opening))


def _discreetly(action: Callable[[], Any]) -> Any:
	"""A guest learns that the server cannot be asked: neither its address, nor what it said, nor what is wrong with this site."""
	frappe.local.flags.disable_traceback = True
	told = len(frappe.local.message_log)
	try:
		return action()
	except FOR_GUESTS:
		raise
	except RateLimitedError as error:
		failure: GatewayError = failures.rate_limited(error)
	except (GatewayRejected, GatewayRateLimited) as error:
		failure = error
	except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
		failure = failures.record_busy()
	except (BaileysError, frappe.ValidationError):
		failure = GatewayUnavailable(_("WhatsApp cannot be reached at the moment. Leave this page open."))
	del frappe.local.message_log[told:]
	gateway.tell(failure)
