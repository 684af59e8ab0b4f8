from __future__ import annotations

from collections.abc import Mapping


class BaileysError(Exception):
	"""Base of everything that the client raises; `code` is the server's word, or ours in lower case."""

	def __init__(self, message: str, *, code: str = "", status: int | None = None) -> None:
		super().__init__(message)
		self.code = code
		self.status = status


class InvalidAddressError(BaileysError):
	"""The base URL cannot be used; nothing was sent."""


class AuthenticationError(BaileysError):
	"""The API key is missing, cannot be sent, or was refused."""


class NotFoundError(BaileysError):
	"""The server says that it has no such session."""


class RejectedError(BaileysError):
	"""The server refused the request as invalid; `details` maps fields to reasons."""

	def __init__(
		self,
		message: str,
		*,
		code: str = "",
		status: int | None = None,
		details: Mapping[str, str] | None = None,
	) -> None:
		super().__init__(message, code=code, status=status)
		self.details = dict(details or {})


class ConflictError(RejectedError):
	"""What was to be created exists already."""


class RateLimitedError(BaileysError):
	"""Too many requests; `retry_after` is in seconds."""

	def __init__(
		self, message: str, *, code: str = "", status: int | None = None, retry_after: float = 60.0
	) -> None:
		super().__init__(message, code=code, status=status)
		self.retry_after = retry_after


class NotReadyError(BaileysError):
	"""There is no QR code yet; `retry_after` is in seconds."""

	def __init__(
		self, message: str, *, code: str = "", status: int | None = None, retry_after: float = 5.0
	) -> None:
		super().__init__(message, code=code, status=status)
		self.retry_after = retry_after


class UnavailableError(BaileysError):
	"""No whole answer arrived; `cause` is dns, refused, tls, timeout or reset."""

	def __init__(
		self, message: str, *, code: str = "", status: int | None = None, cause: str = "reset"
	) -> None:
		super().__init__(message, code=code, status=status)
		self.cause = cause


class TimedOutError(UnavailableError):
	"""The connection or the answer took too long; whether the server acted is unknown."""


class ServerError(BaileysError):
	"""An answer that is a server failure, or not an answer of a Baileys server."""
