"""One session as the server sees it: its state machine, with the clock given from outside."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from .answers import iso_or_null
from .reasons import LOGGED_OUT, QR_TIMED_OUT, Cause, cause_of

DISCONNECTED = "disconnected"
CONNECTING = "connecting"
QR_CODE = "qr_code"
CONNECTED = "connected"

CODE_LETTERS = "123456789ABCDEFGHJKLMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Timing:
	qr_delay: float = 0.5
	qr_lifetime: float = 60.0
	qr_rotation: float = 20.0
	qr_attempts: int = 5
	scan_delay: float = 0.5
	qr_first: float | None = None
	pairing_code_lifetime: float = 160.0

	def of_code(self, shown_before: int) -> tuple[float, float]:
		"""How long a code is valid, and after how long the next one comes."""
		if self.qr_first is not None and not shown_before:
			return self.qr_first, self.qr_first
		return self.qr_lifetime, min(self.qr_rotation, self.qr_lifetime)


@dataclass(frozen=True)
class Code:
	text: str
	generated_at: float
	expires_at: float


@dataclass(frozen=True)
class PairingCode:
	text: str
	phone_number: str
	expires_at: float


@dataclass(frozen=True)
class Webhook:
	url: str | None = None
	secret: str | None = None
	events: tuple[str, ...] = ()

	def wants(self, event: str) -> bool:
		return bool(self.url) and (not self.events or event in self.events)


@dataclass(frozen=True)
class Restriction:
	"""WhatsApp lets the account begin no conversations; `until` is None where it does not say."""

	until: float | None = None
	reason: str = "DEFAULT"

	def told_in_status(self) -> dict[str, Any]:
		return {"restriction": {"until": iso_or_null(self.until), "reason": self.reason}}

	def told_in_refusal(self) -> dict[str, Any]:
		return {"restrictedUntil": iso_or_null(self.until)}


class ScanRefused(ValueError):
	"""The code is unknown, expired or used, or the session waits for no scan."""


class NoPhoneAwaited(Exception):
	"""A pairing code is for a session that shows a QR code."""


class CredentialsBroken(Exception):
	"""No socket can be opened with what is stored of this session."""


Emit = Callable[["Session", str, dict[str, Any], float], None]
Schedule = Callable[["Session", float], None]


@dataclass(eq=False)
class Session:
	id: int
	session_id: str
	session_name: str
	timing: Timing
	created_at: float
	emit: Emit = field(repr=False)
	on_schedule: Schedule = field(repr=False)
	expected_number: str | None = None
	send_to_frappe: bool = False
	webhook: Webhook = field(default_factory=Webhook, repr=False)

	status: str = DISCONNECTED
	linked_number: str | None = None
	last_activity: float | None = None
	updated_at: float = 0.0
	cause: Cause | None = None
	listed: bool = True
	forgotten: bool = False
	credentials_broken: bool = False
	restriction: Restriction | None = None
	pairing_code: PairingCode | None = field(default=None, repr=False)
	codes: list[Code] = field(default_factory=list, repr=False)
	codes_shown: int = 0
	due: float | None = None
	step: Callable[[float], None] | None = field(default=None, repr=False)
	scanned_by: str | None = None

	def __post_init__(self) -> None:
		self.updated_at = self.created_at

	@property
	def phone_number(self) -> str | None:
		return self.linked_number or self.expected_number

	@property
	def is_connected(self) -> bool:
		return self.status == CONNECTED

	@property
	def disconnect_code(self) -> int | None:
		return self.cause and self.cause.code

	@property
	def disconnect_reason(self) -> str:
		return self.cause.word if self.cause else ""

	@property
	def code(self) -> Code | None:
		return self.codes[-1] if self.status == QR_CODE else None

	def advance(self, now: float) -> None:
		while self.due is not None and self.due <= now:
			at, self.due = self.due, None
			self.step(at)

	def connect(self, now: float) -> None:
		if self.status not in (CONNECTING, CONNECTED):
			self._start_socket(now, self.timing.qr_delay)

	def restart(self, now: float) -> None:
		self.disconnect(now)
		self.connect(now)

	def disconnect(self, now: float) -> None:
		self.cause = None
		if self.status != DISCONNECTED:
			self._enter(DISCONNECTED, now)
			self.emit(self, "session.disconnected", {"reason": "disconnect"}, now)

	def drop(self, cause: Cause | int, now: float, *, back_after: float | None = None) -> None:
		"""The socket is lost from the other side; a logout on the phone takes the credentials with it.

		With `back_after` the server tries again by itself, and succeeds after so many seconds.
		"""
		if back_after is not None and not back_after >= 0:
			raise ValueError("a session comes back after seconds, from 0")
		self.cause = cause if isinstance(cause, Cause) else cause_of(cause)
		if self.cause.code == LOGGED_OUT:
			self.linked_number = None
		self._enter(DISCONNECTED if back_after is None else CONNECTING, now)
		news: dict[str, Any] = {"reason": self.cause.word}
		if back_after is not None:
			self.codes_shown = 0
			self._schedule(now + back_after, self._open)
			news["willReconnect"] = True
		self.emit(self, "session.disconnected", news, now)

	def postpone_qr(self, seconds: float, now: float) -> None:
		if self.status in (CONNECTING, QR_CODE) and not (self.linked_number or self.scanned_by):
			self._start_socket(now, seconds)

	def accepts(self, text: str, now: float) -> bool:
		return self.status == QR_CODE and any(
			code.text == text and now < code.expires_at for code in self.codes
		)

	def request_pairing_code(self, phone_number: str, now: float) -> PairingCode:
		"""It replaces the one before; the QR codes go on beside it."""
		if self.status != QR_CODE:
			raise NoPhoneAwaited(self.status)
		text = "".join(secrets.choice(CODE_LETTERS) for _letter in range(8))
		self.pairing_code = PairingCode(text, phone_number, now + self.timing.pairing_code_lifetime)
		return self.pairing_code

	def enter_code(self, typed: str, phone_number: str, now: float) -> None:
		"""On the phone, which takes small letters, dashes and spaces."""
		code = self.pairing_code
		text = "".join(letter for letter in typed.upper() if letter.isalnum())
		if code is None or code.text != text or now >= code.expires_at:
			raise ScanRefused("no session waits for this code: it is mistyped, has expired, or was replaced")
		if code.phone_number != phone_number:
			raise ScanRefused(f"this code was made for another phone than {phone_number}")
		self.scan(phone_number, now)

	def shift(self, seconds: float) -> None:
		"""The server's clock was set; what takes time takes as long as before."""
		self.created_at += seconds
		self.updated_at += seconds
		self.last_activity = self.last_activity and self.last_activity + seconds
		self.due = None if self.due is None else self.due + seconds
		self.codes = [
			Code(code.text, code.generated_at + seconds, code.expires_at + seconds) for code in self.codes
		]
		if code := self.pairing_code:
			self.pairing_code = replace(code, expires_at=code.expires_at + seconds)

	def scan(self, phone_number: str, now: float) -> None:
		if self.status != QR_CODE:
			raise ScanRefused(f"{self.session_id} is {self.status}, it waits for no scan")
		self._enter(CONNECTING, now)
		self.scanned_by = phone_number
		self._schedule(now + self.timing.scan_delay, self._link)

	def link(self, phone_number: str, now: float) -> None:
		self.scanned_by = phone_number
		self._link(now)

	def _start_socket(self, now: float, delay: float) -> None:
		if self.credentials_broken:
			raise CredentialsBroken(self.session_id)
		self._enter(CONNECTING, now)
		self.cause = None
		self.codes_shown = 0
		self._schedule(now + delay, self._open)

	def _open(self, at: float) -> None:
		if self.linked_number:
			self._connected(at)
		else:
			self._show_code(at)

	def _show_code(self, at: float) -> None:
		if self.codes_shown >= self.timing.qr_attempts:
			self.drop(QR_TIMED_OUT, at)
			return
		lifetime, rotation = self.timing.of_code(self.codes_shown)
		self.codes_shown += 1
		code = Code(self._code_text(), at, at + lifetime)
		self.codes = [old for old in self.codes if old.expires_at > at] + [code]
		self.cause = None
		self._set_status(QR_CODE, at)
		self._schedule(at + rotation, self._show_code)
		self.emit(self, "session.qr", {"code": code}, at)

	def _code_text(self) -> str:
		return f"2@{secrets.token_urlsafe(66)},{self.session_id},{secrets.token_hex(8)}"

	def _link(self, at: float) -> None:
		self.linked_number, self.scanned_by = self.scanned_by, None
		self._connected(at)

	def _connected(self, at: float) -> None:
		self._enter(CONNECTED, at)
		self.last_activity = at
		self.cause = None
		self.emit(self, "session.connected", {"phoneNumber": self.linked_number}, at)

	def _enter(self, status: str, at: float) -> None:
		self._set_status(status, at)
		self.codes = []
		self.due = self.step = self.pairing_code = self.scanned_by = None

	def _set_status(self, status: str, at: float) -> None:
		self.status = status
		self.updated_at = at

	def _schedule(self, due: float, step: Callable[[float], None]) -> None:
		self.due, self.step = due, step
		self.on_schedule(self, due)
