"""One session as the server sees it: its state machine, with the clock given from outside."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

DISCONNECTED = "disconnected"
CONNECTING = "connecting"
QR_CODE = "qr_code"
CONNECTED = "connected"

QR_TIMED_OUT = 408
LOGGED_OUT = 401
REPLACED = 440

DISCONNECT_REASONS = {
	401: "logout",
	403: "forbidden",
	405: "outdated_client",
	408: "timed_out",
	411: "multidevice_mismatch",
	428: "connection_closed",
	440: "connection_replaced",
	463: "restricted",
	500: "bad_session",
	503: "service_unavailable",
	515: "restart_required",
}


def reason_of(code: int | None) -> str:
	return "" if code is None else DISCONNECT_REASONS.get(code, str(code))


@dataclass(frozen=True)
class Timing:
	qr_delay: float = 0.5
	qr_lifetime: float = 60.0
	qr_rotation: float = 20.0
	qr_attempts: int = 5
	scan_delay: float = 0.5

	@property
	def rotation(self) -> float:
		return min(self.qr_rotation, self.qr_lifetime)


@dataclass(frozen=True)
class Code:
	text: str
	generated_at: float
	expires_at: float


@dataclass(frozen=True)
class Webhook:
	url: str | None = None
	secret: str | None = None
	events: tuple[str, ...] = ()

	def wants(self, event: str) -> bool:
		return bool(self.url) and (not self.events or event in self.events)


class ScanRefused(ValueError):
	"""The code is unknown, expired or used, or the session waits for no scan."""


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
	disconnect_code: int | None = None
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
	def disconnect_reason(self) -> str:
		return reason_of(self.disconnect_code)

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
		if self.status != DISCONNECTED:
			self._close(now, "disconnect")
		self.disconnect_code = None

	def drop(self, code: int, now: float) -> None:
		"""The socket is lost from the other side; a logout on the phone takes the credentials with it."""
		if code == LOGGED_OUT:
			self.linked_number = None
		self._close(now, reason_of(code))
		self.disconnect_code = code

	def postpone_qr(self, seconds: float, now: float) -> None:
		if self.status in (CONNECTING, QR_CODE) and not (self.linked_number or self.scanned_by):
			self._start_socket(now, seconds)

	def accepts(self, text: str, now: float) -> bool:
		return self.status == QR_CODE and any(
			code.text == text and now < code.expires_at for code in self.codes
		)

	def scan(self, phone_number: str, now: float) -> None:
		if self.status != QR_CODE:
			raise ScanRefused(f"{self.session_id} is {self.status}, it waits for no scan")
		self.scanned_by = phone_number
		self._enter(CONNECTING, now)
		self._schedule(now + self.timing.scan_delay, self._link)

	def link(self, phone_number: str, now: float) -> None:
		self.scanned_by = phone_number
		self._link(now)

	def _start_socket(self, now: float, delay: float) -> None:
		self._enter(CONNECTING, now)
		self.disconnect_code = self.scanned_by = None
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
		self.codes_shown += 1
		code = Code(self._code_text(), at, at + self.timing.qr_lifetime)
		self.codes = [old for old in self.codes if old.expires_at > at] + [code]
		self._set_status(QR_CODE, at)
		self._schedule(at + self.timing.rotation, self._show_code)
		self.emit(self, "session.qr", {"code": code}, at)

	def _code_text(self) -> str:
		return f"2@{secrets.token_urlsafe(66)},{self.session_id},{secrets.token_hex(8)}"

	def _link(self, at: float) -> None:
		self.linked_number, self.scanned_by = self.scanned_by, None
		self._connected(at)

	def _connected(self, at: float) -> None:
		self._enter(CONNECTED, at)
		self.last_activity = at
		self.disconnect_code = None
		self.emit(self, "session.connected", {"phoneNumber": self.linked_number}, at)

	def _close(self, now: float, reason: str) -> None:
		self._enter(DISCONNECTED, now)
		self.scanned_by = None
		self.emit(self, "session.disconnected", {"reason": reason}, now)

	def _enter(self, status: str, at: float) -> None:
		self._set_status(status, at)
		self.codes = []
		self.due = self.step = None

	def _set_status(self, status: str, at: float) -> None:
		self.status = status
		self.updated_at = at

	def _schedule(self, due: float, step: Callable[[float], None]) -> None:
		self.due, self.step = due, step
		self.on_schedule(self, due)
