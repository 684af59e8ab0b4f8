"""What can go wrong between this site and the server; each class has one HTTP status and one `error_code`."""

from __future__ import annotations

import frappe

from xappiens_whatsapp.site.sentences import Sentence


class GatewayError(Sentence, frappe.ValidationError):
	"""`retry_after` (seconds) and the server's own code travel beside the message in the answer."""

	http_status_code = 502
	error_code = "GATEWAY_ERROR"
	retry_after: int | None = None
	is_told = False


class SessionMissingOnServer(GatewayError):
	http_status_code = 404
	error_code = "SESSION_MISSING_ON_SERVER"


class GatewayAuthenticationError(GatewayError):
	error_code = "GATEWAY_AUTHENTICATION"


class GatewayRateLimited(GatewayError):
	http_status_code = 429
	error_code = "GATEWAY_RATE_LIMITED"


class GatewayRejected(GatewayError):
	http_status_code = 422
	error_code = "GATEWAY_REJECTED"


class GatewayUnavailable(GatewayError):
	"""503 when nothing answered, 504 when the answer took too long."""

	http_status_code = 503
	error_code = "GATEWAY_UNAVAILABLE"


class GatewayFailed(GatewayError):
	error_code = "GATEWAY_FAILED"


class RecordBusy(GatewayError):
	"""Somebody else held the record for longer than the database waits."""

	http_status_code = 503
	error_code = "RECORD_BUSY"
	retry_after = 5


class NumberOfAnother(GatewayError):
	"""The record's number leads to another session on the server: nothing was sent to it, and the number was looked up."""

	http_status_code = 409
	error_code = "NUMBER_OF_ANOTHER_SESSION"


class ChangedMeanwhile(GatewayError):
	"""Somebody else deleted, removed or created the session while this request was under way."""

	http_status_code = 409
	error_code = "CHANGED_MEANWHILE"


class ConnectsInVain(GatewayFailed):
	"""The server failed to connect the session again; deleting and creating it anew is what may help."""

	error_code = "CONNECTS_IN_VAIN"


class RefusedInThisState(GatewayRejected):
	"""The server refused because of the state that the session is in; the record says that state now."""

	error_code = "REFUSED_IN_THIS_STATE"


class CopyOfASite(GatewayError):
	"""This site looks like a copy of the one that linked the sessions: it reads, and changes nothing on the server."""

	http_status_code = 409
	error_code = "COPY_OF_A_SITE"


class GatewayBlocked(GatewayFailed):
	"""Something in front of the server refused the request: a proxy, a CDN, a challenge page."""

	error_code = "GATEWAY_BLOCKED"
