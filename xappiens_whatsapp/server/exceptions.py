"""What can go wrong between this site and the server; each class has one HTTP status and one `error_code`."""

from __future__ import annotations

import frappe

from xappiens_whatsapp.site.sentences import Sentence


class GatewayError(Sentence, frappe.ValidationError):
	"""`retry_after` (seconds) and the server's own code travel beside the message in the answer."""

	http_status_code = 502
	error_code = "GATEWAY_ERROR"
	retry_after: int | None = None


class SessionMissingOnServer(GatewayError):
	http_status_code = 404
	error_code = "SESSION_MISSING_ON_SERVER"


class GatewayAuthenticationError(GatewayError):
	http_status_code = 502
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
	http_status_code = 502
	error_code = "GATEWAY_FAILED"


class RecordBusy(GatewayError):
	"""Somebody else held the record for longer than the database waits."""

	http_status_code = 503
	error_code = "RECORD_BUSY"
	retry_after = 5
