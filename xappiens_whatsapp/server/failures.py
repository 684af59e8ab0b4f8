"""The client's errors as errors of this site: what happened and what to do next, in the words of whoever reads it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

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
from xappiens_whatsapp.server import budget, causes
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
	"""The error classes of the client and those of the site, one to one; with `error_code`, status and `retry_after` (seconds).

	Only managers read where the server is; what is stored with a session is read by others too.
	"""
	for kind, build in TRANSLATIONS:
		if isinstance(error, kind):
			return build(error, to_manager)
	return failed(error, to_manager)


def words(cause: str, *details: object) -> str:
	return str(causes.FAILED[cause].said(*details))


def failed(error: BaileysError, to_manager: bool) -> GatewayError:
	"""The client's own words, whose codes are in lower case, are for the log; a person reads ours."""
	said = "" if str(error).startswith("HTTP ") else words_of(error, to_manager).rstrip(".")
	cause = cause_of_failure(error, said)
	return GatewayFailed(words(cause, error.status if cause == "status" else said))


def cause_of_failure(error: BaileysError, said: str) -> str:
	is_of_server = (error.status or 0) >= 500
	if error.code == "redirect":
		return "redirect"
	if said and code_of(error):
		return "error_of_server" if is_of_server else "error"
	if is_of_server:
		return "status"
	if error.code in NOT_THE_SERVER:
		return "not_the_server_said" if said else "not_the_server"
	return "not_understood"


def missing(error: BaileysError, to_manager: bool) -> GatewayError:
	return SessionMissingOnServer(str(causes.REASONS[SessionMissingOnServer.error_code].said()))


def key_refused(error: BaileysError, to_manager: bool) -> GatewayError:
	return GatewayAuthenticationError(words("key_refused" if to_manager else "key_of_site_refused"))


def rate_limited(error: RateLimitedError, to_manager: bool = False) -> GatewayError:
	seconds = max(1, math.ceil(error.retry_after))
	failure = GatewayRateLimited(words("rate_limited", seconds))
	failure.retry_after = seconds
	return failure


def read_only(error: BaileysError, to_manager: bool) -> GatewayError:
	return CopyOfASite(copies.words())


def record_busy() -> GatewayError:
	return RecordBusy(words("busy"))


def rejected(error: BaileysError, to_manager: bool) -> GatewayError:
	return GatewayRejected(words("rejected", words_of(error, to_manager).rstrip(".")))


def refused_in_this_state(error: RefusedByState, to_manager: bool) -> GatewayError:
	return RefusedInThisState(words(error.state))


def blocked(error: IntermediaryError, to_manager: bool) -> GatewayError:
	return GatewayBlocked(words("blocked", error.status))


def unavailable(error: UnavailableError, to_manager: bool) -> GatewayError:
	if error.code == OUT_OF_TIME:
		said = words(OUT_OF_TIME, budget.SECONDS_PER_REQUEST)
	elif to_manager:
		said = words(error.cause, without_markup(settings.current().api_base_url or ""))
	else:
		said = words("slow" if error.cause == "timeout" else "unreachable")
	failure = GatewayUnavailable(said)
	failure.http_status_code = 504 if isinstance(error, TimedOutError) else 503
	return failure


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
