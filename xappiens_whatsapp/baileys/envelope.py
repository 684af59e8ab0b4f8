from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import (
	AuthenticationError,
	BaileysError,
	ConflictError,
	NotFoundError,
	RateLimitedError,
	RejectedError,
	ServerError,
)
from .parsing import parse_text
from .ratelimits import WINDOW, stated_wait
from .redaction import Received

LONGEST_WORDS = 100
LONGEST_RAW = 2000
MOST_DETAILS = 20
ALREADY_EXISTS = re.compile(r"already (exists|in use|registered|taken)|ya (existe|está en uso)|duplica", re.I)
MARKUP = re.compile(r"<[a-z!/?]", re.I)
CLASS_BY_STATUS: dict[int, type[BaileysError]] = {
	401: AuthenticationError,
	403: AuthenticationError,
	404: NotFoundError,
	409: ConflictError,
	429: RateLimitedError,
}
CLASS_BY_CODE: dict[str, type[BaileysError]] = {
	"MISSING_API_KEY": AuthenticationError,
	"INVALID_API_KEY": AuthenticationError,
	"AUTHENTICATION_FAILED": AuthenticationError,
	"AUTHORIZATION_FAILED": AuthenticationError,
	"SESSION_NOT_FOUND": NotFoundError,
	"RATE_LIMIT_EXCEEDED": RateLimitedError,
	"CONNECTION_ERROR": ServerError,
	"QR_GENERATION_ERROR": ServerError,
	"WHATSAPP_ERROR": ServerError,
	"INTERNAL_ERROR": ServerError,
}
Redact = Callable[[str], str]


@dataclass(frozen=True)
class Reply:
	"""One whole answer; `payload` is None where the body is not a JSON object."""

	method: str
	status: int
	headers: Mapping[str, str] = field(repr=False)
	payload: Mapping[str, Any] | None = field(repr=False)
	words: str = field(default="", repr=False)
	oversize: bool = False

	@property
	def succeeded(self) -> bool:
		return 200 <= self.status < 300


def read_reply(method: str, status: int, headers: Mapping[str, str], body: bytes | None) -> Reply:
	"""`body` is None where it was too large to be read."""
	if body is None:
		return Reply(method, status, headers, None, oversize=True)
	if status == 204 or (method != "GET" and 200 <= status < 300 and headers.get("Content-Length") == "0"):
		return Reply(method, status, headers, Received(success=True))
	payload = decode(body)
	return Reply(method, status, headers, payload, words=words_of(payload, body))


def decode(body: bytes) -> Mapping[str, Any] | None:
	try:
		value = json.loads(body, object_hook=Received)
	except (ValueError, RecursionError):
		return None
	return value if isinstance(value, dict) else None


def words_of(payload: Mapping[str, Any] | None, body: bytes) -> str:
	"""What the server said, for people: never markup, never more than one line."""
	if payload is None:
		return (
			"" if body.lstrip()[:1] in (b"{", b"[") else plain(body[:LONGEST_RAW].decode("utf-8", "replace"))
		)
	candidates = (payload.get("error"), payload.get("message"), details_text(payload.get("details")))
	return next((words for candidate in candidates if (words := plain(candidate))), "")


def plain(value: object) -> str:
	text = parse_text(value, longest=LONGEST_RAW)
	return "" if MARKUP.search(text) else text


def details_text(details: object) -> str:
	if not isinstance(details, Mapping):
		return parse_text(details)
	return "; ".join(f"{field}: {reason}" for field, reason in details_of(details).items())


def details_of(details: object) -> dict[str, str]:
	if not isinstance(details, Mapping):
		return {}
	pairs = list(details.items())[:MOST_DETAILS]
	return {plain(name): plain(reason) for name, reason in pairs}


def failure_of(reply: Reply, redact: Redact) -> BaileysError | None:
	"""The typed error that an answer amounts to, or None for a success."""
	if reply.oversize:
		return ServerError("The answer is too large", code="oversize", status=reply.status)
	if 300 <= reply.status < 400:
		return redirected(reply, redact)
	if is_foreign(reply):
		return foreign(reply, redact)
	if reply.succeeded and reply.payload and reply.payload.get("success") is True:
		return None
	return refused(reply, redact)


def is_foreign(reply: Reply) -> bool:
	"""Whether something else than a Baileys server may have answered; 401, 403 and 429 mean the same by anyone."""
	if reply.status in (401, 403, 429):
		return False
	if reply.payload is None or (reply.succeeded and not isinstance(reply.payload.get("success"), bool)):
		return True
	return reply.status == 404 and reply.payload.get("success") is not False and not reply.payload.get("code")


def redirected(reply: Reply, redact: Redact) -> BaileysError:
	origin = re.match(r"(https?://)(?:[^/?#]*@)?([^/?#@]+)", parse_text(reply.headers.get("Location")))
	target = redact(origin[1] + origin[2])[:50] if origin else "another address"
	message = f"The server redirects to {target}; redirects are not followed"
	return ServerError(message, code="redirect", status=reply.status)


def foreign(reply: Reply, redact: Redact) -> BaileysError:
	code = "not_json" if reply.payload is None else "not_envelope"
	words = redact(reply.words)[:LONGEST_WORDS]
	message = words or f"HTTP {reply.status} with a body that is not an answer of the WhatsApp server"
	return ServerError(message, code=code, status=reply.status)


def refused(reply: Reply, redact: Redact) -> BaileysError:
	payload = reply.payload or {}
	code = redact(plain(payload.get("code")))[:LONGEST_WORDS]
	kind = error_class(reply.status, code, reply.words)
	message = redact(reply.words)[:LONGEST_WORDS] or f"HTTP {reply.status} without an explanation"
	if issubclass(kind, RateLimitedError):
		wait = stated_wait(reply.headers)
		return kind(message, code=code, status=reply.status, retry_after=WINDOW if wait is None else wait)
	if issubclass(kind, RejectedError):
		pairs = details_of(payload.get("details")).items()
		details = {redact(name)[:LONGEST_WORDS]: redact(reason)[:LONGEST_WORDS] for name, reason in pairs}
		return kind(message, code=code, status=reply.status, details=details)
	return kind(message, code=code, status=reply.status)


def error_class(status: int, code: str, words: str) -> type[BaileysError]:
	"""The unmistakable statuses first, then what the server says in words and code, then the vague statuses."""
	if status in CLASS_BY_STATUS:
		return CLASS_BY_STATUS[status]
	if status < 500 and ALREADY_EXISTS.search(words):
		return ConflictError
	if code in CLASS_BY_CODE:
		return CLASS_BY_CODE[code]
	return RejectedError if status < 500 else ServerError
