from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .clock import SAME_CLOCK, Clock
from .errors import (
	AccountRestrictedError,
	AuthenticationError,
	BaileysError,
	ConflictError,
	IntermediaryError,
	NotFoundError,
	RateLimitedError,
	RefusedByState,
	RejectedError,
	ServerError,
)
from .parsing import parse_datetime, parse_text
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
	429: RateLimitedError,
	463: AccountRestrictedError,
}
CLASS_BY_CODE: dict[str, type[BaileysError]] = {
	"MISSING_API_KEY": AuthenticationError,
	"INVALID_API_KEY": AuthenticationError,
	"AUTHENTICATION_FAILED": AuthenticationError,
	"AUTHORIZATION_FAILED": AuthenticationError,
	"SESSION_NOT_FOUND": NotFoundError,
	"RATE_LIMIT_EXCEEDED": RateLimitedError,
	"MESSAGE_RATE_LIMIT_EXCEEDED": RateLimitedError,
	"ACCOUNT_RESTRICTED": AccountRestrictedError,
	"463": AccountRestrictedError,
	"SESSION_NOT_WAITING": RejectedError,
	"LIMIT_REACHED": RejectedError,
	"CONNECTION_ERROR": ServerError,
	"QR_GENERATION_ERROR": ServerError,
	"WHATSAPP_ERROR": ServerError,
	"INTERNAL_ERROR": ServerError,
}
STATUSES_OF_WRONG_ADDRESS = frozenset({400, 404, 405})
STATE_BY_CODE = {
	"NOT_CONNECTED": "disconnected",
	"DISCONNECTED": "disconnected",
	"ALREADY_DISCONNECTED": "disconnected",
	"LOGGED_OUT": "disconnected",
	"ALREADY_CONNECTING": "connecting",
	"CONNECTING": "connecting",
	"ALREADY_CONNECTED": "connected",
	"CONNECTED": "connected",
}
STATED = tuple(
	(state, re.compile(pattern, re.I))
	for state, pattern in (
		("connected", r"sess?i[oó]n\b.*\b(must be disconnected|debe estar desconectad[ao])"),
		("connected", r"already connected|ya est[aá] conectad[ao]"),
		("connecting", r"already connecting|ya (se )?est[aá] conectando"),
		("disconnected", r"already disconnected|ya est[aá] desconectad[ao]|^not connected\b"),
		("disconnected", r"sess?i[oó]n\b.*\b(not connected|is disconnected|must be connected)"),
		(
			"disconnected",
			r"sess?i[oó]n\b.*\b((no( est[aá]| se encuentra)?|debe estar) conectad|est[aá] desconectad)[ao]",
		),
		("disconnected", r"^(the )?sess?i[oó]n (disconnected|desconectada)\b"),
	)
)
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
	clock: Clock = field(default=SAME_CLOCK, repr=False)

	@property
	def succeeded(self) -> bool:
		return 200 <= self.status < 300

	@property
	def acted(self) -> bool:
		"""Whether the server may have changed something when it gave this answer."""
		return self.method != "GET"


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
	error = payload.get("error")
	within = error.get("message") if isinstance(error, Mapping) else error
	candidates = (within, payload.get("message"), details_text(payload.get("details")))
	return next((words for candidate in candidates if (words := plain(candidate))), "")


def plain(value: object) -> str:
	text = parse_text(value, longest=LONGEST_RAW)
	return "" if MARKUP.search(text) else text


def details_text(details: object) -> str:
	if not isinstance(details, Mapping):
		return parse_text(details)
	pairs = list(details.items())[:MOST_DETAILS]
	return "; ".join(f"{plain(name)}: {plain(reason)}" for name, reason in pairs)


def failure_of(reply: Reply, redact: Redact) -> BaileysError | None:
	"""The typed error that an answer amounts to, or None for a success."""
	failure = failure_in(reply, redact)
	if isinstance(failure, ServerError):
		blocked = is_foreign(reply) and 400 <= reply.status < 500
		failure.outcome_unknown = reply.acted and not blocked
	return failure


def failure_in(reply: Reply, redact: Redact) -> BaileysError | None:
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
	"""Whether something else than a Baileys server may have answered; 429 means the same by anyone."""
	if reply.status == 429:
		return False
	if reply.payload is None:
		return True
	if reply.succeeded:
		return not isinstance(reply.payload.get("success"), bool)
	return reply.payload.get("success") is not False and not is_code(reply.payload.get("code"))


def is_code(value: object) -> bool:
	return isinstance(value, str) and bool(value.strip())


def redirected(reply: Reply, redact: Redact) -> BaileysError:
	origin = re.match(r"(https?://)(?:[^/?#]*@)?([^/?#@]+)", parse_text(reply.headers.get("Location")))
	target = redact(origin[1] + origin[2])[:50] if origin else "another address"
	message = f"The server redirects to {target}; redirects are not followed"
	return ServerError(message, code="redirect", status=reply.status)


def foreign(reply: Reply, redact: Redact) -> BaileysError:
	"""Where it refused or failed, something stands in front; where it did not, the address may lead elsewhere."""
	words = redact(reply.words)[:LONGEST_WORDS]
	message = words or f"HTTP {reply.status} with a body that is not an answer of the WhatsApp server"
	if not reply.succeeded and reply.status not in STATUSES_OF_WRONG_ADDRESS:
		return IntermediaryError(message, code="intermediary", status=reply.status)
	code = "not_json" if reply.payload is None else "not_envelope"
	return ServerError(message, code=code, status=reply.status)


def refused(reply: Reply, redact: Redact) -> BaileysError:
	code = redact(plain(code_in(reply.payload or {})))[:LONGEST_WORDS]
	message = redact(reply.words)[:LONGEST_WORDS] or f"HTTP {reply.status} without an explanation"
	if state := state_in(reply.status, code, reply.words):
		return RefusedByState(message, code=code, status=reply.status, state=state)
	kind = error_class(reply.status, code, reply.words)
	if issubclass(kind, RateLimitedError):
		wait = stated_wait(reply.headers)
		return kind(message, code=code, status=reply.status, retry_after=WINDOW if wait is None else wait)
	if kind is AccountRestrictedError:
		until = parse_datetime((reply.payload or {}).get("restrictedUntil"))
		return kind(message, code=code, status=reply.status, restricted_until=until)
	return kind(message, code=code, status=reply.status)


def code_in(payload: Mapping[str, Any]) -> object:
	"""Beside the words, as in the contract, or with them within `error`."""
	error = payload.get("error")
	within = error.get("code") if isinstance(error, Mapping) else None
	return payload.get("code") or payload.get("errorCode") or within


def error_class(status: int, code: str, words: str) -> type[BaileysError]:
	"""The unmistakable statuses first, then what the server says in words and code, then the vague statuses."""
	if status in CLASS_BY_STATUS:
		return CLASS_BY_STATUS[status]
	if status < 500 and ALREADY_EXISTS.search(words):
		return ConflictError
	if code in CLASS_BY_CODE:
		return CLASS_BY_CODE[code]
	if status == 409:
		return ConflictError
	return RejectedError if status < 500 else ServerError


def state_in(status: int, code: str, words: str) -> str:
	"""The state that a refusal states: a code does so under every status, words only where no status says more."""
	if state := STATE_BY_CODE.get(code.upper().removeprefix("SESSION_")):
		return state
	if status >= 500 or status in (401, 403, 404, 429) or ALREADY_EXISTS.search(words):
		return ""
	return next((state for state, pattern in STATED if pattern.search(words)), "")
