from __future__ import annotations

from datetime import datetime


class BaileysError(Exception):
	"""Base of everything that the client raises; `code` is the server's word, or ours in lower case.

	`outcome_unknown` is True where an action was sent and nobody can tell whether the server carried it out. It is False for
	reads, for refusals of the server, and where nothing was sent (name not found, refused, no TLS, no connection in time).
	"""

	code: str = ""
	status: int | None = None
	outcome_unknown: bool = False

	def __init__(self, message: str, **fields: object) -> None:
		"""`fields` are those that the class names; what is not given stays as it says there."""
		super().__init__(message)
		for name in fields:
			if not hasattr(type(self), name):
				raise TypeError(f"{type(self).__name__} has no {name}")
		vars(self).update(fields)


class ReadOnlyError(BaileysError):
	"""The client only reads, and was told to change something; nothing was sent."""


class InvalidAddressError(BaileysError):
	"""The base URL cannot be used; nothing was sent."""


class AuthenticationError(BaileysError):
	"""The API key is missing, cannot be sent, or was refused."""


class NotFoundError(BaileysError):
	"""The server says that it has no such session."""


class RejectedError(BaileysError):
	"""The server refused the request as invalid."""


class ConflictError(RejectedError):
	"""What was to be created exists already."""


class RefusedByState(RejectedError):
	"""The server refused because of the state that the session is in: `state` is the server's word for it.

	"disconnected", "connecting" or "connected", as the code (SESSION_NOT_CONNECTED) or the words ("already connected") say.
	"""

	state: str = "disconnected"


class AccountRestrictedError(RejectedError):
	"""WhatsApp does not let this account begin a conversation; `restricted_until` is None where nobody says."""

	restricted_until: datetime | None = None


class RateLimitedError(BaileysError):
	"""Too many requests; `retry_after` is in seconds."""

	retry_after: float = 60.0


class NotReadyError(BaileysError):
	"""There is no QR code yet; `retry_after` is in seconds."""

	retry_after: float = 5.0


class UnavailableError(BaileysError):
	"""No whole answer arrived; `cause` is dns, refused, tls, timeout or reset."""

	cause: str = "reset"


class TimedOutError(UnavailableError):
	"""The connection or the answer took too long."""


class ServerError(BaileysError):
	"""An answer that is a server failure, or not an answer of a Baileys server."""


class IntermediaryError(ServerError):
	"""A refusal or failure that no Baileys server wrote: a proxy, a CDN or a challenge page stands in front of it.

	It says nothing of the key, of the session or of the server behind.
	"""
