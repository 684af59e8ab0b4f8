"""The client's errors as errors of this site: what happened and what to do next, in the words of whoever reads it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import frappe
from frappe import _

from xappiens_whatsapp.baileys.errors import (
	AuthenticationError,
	BaileysError,
	IntermediaryError,
	NotFoundError,
	NotReadyError,
	RateLimitedError,
	ReadOnlyError,
	RefusedByState,
	RejectedError,
	TimedOutError,
	UnavailableError,
)
from xappiens_whatsapp.baileys.transport import OUT_OF_TIME
from xappiens_whatsapp.server import budget
from xappiens_whatsapp.server.exceptions import (
	CopyOfASite,
	GatewayAuthenticationError,
	GatewayBlocked,
	GatewayError,
	GatewayFailed,
	GatewayRateLimited,
	GatewayRejected,
	GatewayUnavailable,
	RecordBusy,
	RefusedInThisState,
	SessionMissingOnServer,
)
from xappiens_whatsapp.site import copies, settings

NOT_THE_SERVER = ("not_json", "not_envelope")
ADDRESSES = re.compile(
	r"(?:\w+://)?[\w-]+(?:\.[\w-]+)+(?::\d+)?|\w+://\S+|\b[\w-]+:\d{2,5}\b|\[[\da-f:.]+\](?::\d+)?|\bport \d+",
	re.I,
)


def code_of(error: BaileysError) -> str:
	"""The server's own code; the client's words for what happened on the way are in lower case."""
	return error.code if error.code.isupper() else ""


def translate(error: BaileysError, *, to_manager: bool = False) -> GatewayError:
	"""The error classes of the client and those of the site, one to one.

	Only managers read where the server is; what is stored with a session is read by others too.
	"""
	for kind, build in TRANSLATIONS:
		if isinstance(error, kind):
			return build(error, to_manager)
	return failed(error, to_manager)


def failed(error: BaileysError, to_manager: bool) -> GatewayError:
	"""The client's own words, whose codes are in lower case, are for the log; a person reads ours."""
	said = "" if str(error).startswith("HTTP ") else words_of(error, to_manager)
	if error.code == "redirect":
		words = _("The server redirects to another address. Enter that one in WhatsApp Settings.")
	elif said and code_of(error):
		words = _("The server reported an error: {0}.").format(said.rstrip("."))
	elif (error.status or 0) >= 500:
		words = _("The server has a problem (HTTP {0}).").format(error.status)
	elif said and error.code in NOT_THE_SERVER:
		words = _("The server gave an answer that this app does not understand: {0}.").format(
			said.rstrip(".")
		)
	else:
		words = _("The server gave an answer that this app does not understand.")
	return GatewayFailed(f"{words} {what_next(error)}".strip())


def what_next(error: BaileysError) -> str:
	if error.code == "redirect":
		return ""
	if (error.status or 0) >= 500:
		return _("Try again in a moment; if it stays like that, ask whoever runs the server.")
	if error.code in NOT_THE_SERVER:
		return _("Check that the address in WhatsApp Settings is that of the WhatsApp server.")
	return _("Press Status to ask again.")


def missing(error: BaileysError, to_manager: bool) -> GatewayError:
	return SessionMissingOnServer(
		_("The server does not know this session. Press Create Session to create it again.")
	)


def key_refused(error: BaileysError, to_manager: bool) -> GatewayError:
	if to_manager:
		return GatewayAuthenticationError(
			_("The server refused the API key. Check the API key in WhatsApp Settings.")
		)
	return GatewayAuthenticationError(
		_("The server refused this site's API key. Tell whoever manages WhatsApp here.")
	)


def rate_limited(error: RateLimitedError, to_manager: bool = False) -> GatewayError:
	seconds = max(1, math.ceil(error.retry_after))
	failure = GatewayRateLimited(
		_("Too many requests to the server. Try again in {0} seconds.").format(seconds)
	)
	failure.retry_after = seconds
	return failure


def read_only(error: BaileysError, to_manager: bool) -> GatewayError:
	return CopyOfASite(copies.words())


def record_busy() -> GatewayError:
	return RecordBusy(_("This session is being changed by somebody else. Try again in a moment."))


def rejected(error: BaileysError, to_manager: bool) -> GatewayError:
	return GatewayRejected(
		_("The server did not accept the request: {0}. Correct what it names and try again.").format(
			words_of(error, to_manager).rstrip(".")
		)
	)


def refused_in_this_state(error: RefusedByState, to_manager: bool) -> GatewayError:
	words = {
		"connected": _("The server did not do this, because the session is connected there."),
		"connecting": _("The server did not do this, because the session is connecting there."),
		"disconnected": _("The server did not do this, because the session is not connected there."),
	}
	return RefusedInThisState(f"{words[error.state]} " + _("Press Status to see how things stand."))


def blocked(error: IntermediaryError, to_manager: bool) -> GatewayError:
	words = _(
		"Something in front of the server refused the request (HTTP {0}); the server itself was not reached."
	)
	return GatewayBlocked(
		words.format(error.status)
		+ " "
		+ _("Ask whoever runs the server to let this site through its proxy or firewall.")
	)


def unavailable(error: UnavailableError, to_manager: bool) -> GatewayError:
	words = words_for_managers(error.cause) if to_manager else words_for_others(error.cause)
	failure = GatewayUnavailable(in_time(error) or words)
	failure.http_status_code = 504 if isinstance(error, TimedOutError) else 503
	return failure


def in_time(error: UnavailableError) -> str:
	if error.code != OUT_OF_TIME:
		return ""
	return _(
		"This took more than {0} seconds in all, so nothing more was sent to the server. Part of it may be done:"
		" press Status to see how things stand, then try again."
	).format(budget.SECONDS_PER_REQUEST)


def words_for_managers(cause: str) -> str:
	words = {
		"dns": _(
			"The name in the address {0} cannot be found. Check the server address in WhatsApp Settings."
		),
		"refused": _("Nothing answers at {0}. Check that the server is running and its address is right."),
		"tls": _(
			"The connection to {0} is not safe: its certificate was not accepted. Check the server address."
		),
		"timeout": _("The server at {0} took too long to answer. Try again in a moment."),
	}
	sentence = words.get(cause) or _("The connection to {0} broke off. Try again in a moment.")
	return sentence.format(without_markup(settings.current().api_base_url or ""))


def words_for_others(cause: str) -> str:
	if cause == "timeout":
		return _("The WhatsApp server took too long to answer. Try again in a moment.")
	return _(
		"The WhatsApp server cannot be reached. If it stays like that, tell whoever manages WhatsApp here."
	)


def words_of(error: BaileysError, to_manager: bool) -> str:
	"""At most 100 characters of what the server said, safe to show."""
	said = without_markup(str(error)[:100])
	return said if to_manager else without_addresses(said)


def without_addresses(text: str) -> str:
	"""Without whatever may be a host, an address or a port, in the words of servers and of pages in front of them."""
	return ADDRESSES.sub("…", text)


def without_markup(text: str) -> str:
	"""Safe in a page and readable in a terminal; the same sentence goes to both."""
	return re.sub("[<>]", "", text)


TRANSLATIONS: tuple[tuple[type[BaileysError], Callable[..., GatewayError]], ...] = (
	(NotReadyError, missing),
	(NotFoundError, missing),
	(ReadOnlyError, read_only),
	(AuthenticationError, key_refused),
	(RateLimitedError, rate_limited),
	(RefusedByState, refused_in_this_state),
	(RejectedError, rejected),
	(IntermediaryError, blocked),
	(UnavailableError, unavailable),
)
