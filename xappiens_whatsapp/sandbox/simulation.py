"""What is behind the socket: sessions, faults, deliveries, and what tests do to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from . import shapes, validation
from .courier import Courier, Delivery, Policy
from .faults import Fault, FaultBook
from .habits import Habits
from .limits import MessageLimiter, RateLimiter
from .reasons import cause_of
from .recording import RecordedRequest
from .registry import Registry
from .state import Restriction, Session, Timing
from .webhooks import message_of

TIMES = [field.name for field in fields(Timing)]


class Simulation:
	def __init__(
		self,
		api_key: str = "sandbox-key",
		*,
		rate_limit: int = 1000,
		message_limit: int = 10,
		ack_delay: float = 0.5,
		webhook_form: str = "nested",
		webhook_retries: int = 3,
		webhook_retry_delay: float = 1.0,
		webhook_timeout: float = 7.0,
		first_id: int | None = None,
		clock: Callable[[], float] = time.time,
		**options: Any,
	) -> None:
		"""Besides, the fields of `Timing`, in seconds, and those of `Habits`."""
		timing = Timing(**{name: options.pop(name) for name in TIMES if name in options})
		self.api_key = api_key
		self.habits = Habits(**options)
		self.clock = lambda: clock() + self.habits.clock_offset
		self.faults = FaultBook()
		self.limiter = RateLimiter(rate_limit)
		self.message_limiter = MessageLimiter(message_limit)
		self.requests: list[RecordedRequest] = []
		policy = Policy(webhook_form, webhook_retries, webhook_retry_delay, webhook_timeout)
		self.courier = Courier(policy, self.faults, self.clock)
		self.registry = Registry(timing, self.clock, self._on_event, first_id, self.habits, ack_delay)
		self.stopping = threading.Event()

	@property
	def deliveries(self) -> list[Delivery]:
		return self.courier.deliveries

	def fault(self, route: str, kind: str, times: int | None = 1, **details: Any) -> None:
		"""`times=None` lasts until cleared."""
		self.faults.add(Fault(route, kind, times, details))

	def clear_faults(self) -> None:
		self.faults.clear()

	def clear_requests(self) -> None:
		self.requests.clear()

	def behave(self, **habits: Any) -> None:
		"""From now on; see `Habits` for what there is. `clock_offset` sets the server's clock, in seconds."""
		with self.registry.current():
			before = self.habits.clock_offset
			self.habits.change(**habits)
			for kept in (self.registry, self.limiter, self.message_limiter):
				kept.shift(self.habits.clock_offset - before)

	def scan(self, qr_text_or_session_id: str, phone_number: str = "34600000001") -> dict[str, Any]:
		_check_number(phone_number)
		with self.registry.current() as now:
			return self._row(self.registry.scan(qr_text_or_session_id, phone_number, now))

	def enter_code(self, session_id: str, code: str, phone_number: str = "34600000001") -> dict[str, Any]:
		"""A pairing code, typed into the phone of that number."""
		_check_number(phone_number)
		with self.registry.current() as now:
			session = self.registry.named(session_id)
			session.enter_code(code, phone_number, now)
			return self._row(session)

	def drop(
		self, session_id: str, code: int = 401, reason: str = "", back_after: float | None = None
	) -> dict[str, Any]:
		"""`reason` chooses the word; with `back_after` the server reconnects by itself, after so many seconds."""
		with self.registry.current() as now:
			session = self.registry.named(session_id)
			session.drop(cause_of(code, reason), now, back_after=back_after)
			return self._row(session)

	def break_credentials(self, session_id: str) -> None:
		"""Every start of this session's socket fails, until it is deleted and created again."""
		with self.registry.current():
			self.registry.named(session_id).credentials_broken = True

	def restrict(
		self, session_id: str, seconds: float | None = None, reason: str = "DEFAULT", *, lifted: bool = False
	) -> None:
		"""WhatsApp lets the account begin no conversations, for so many seconds by its own word; the session stays connected."""
		with self.registry.current() as now:
			until = None if seconds is None else now + seconds
			session = self.registry.named(session_id)
			session.restriction = None if lifted else Restriction(until, reason)

	def hide(self, session_id: str, hidden: bool = True) -> None:
		"""The list lacks the session; its own routes know it."""
		with self.registry.current():
			self.registry.named(session_id).listed = not hidden

	def duplicate(self, session_id: str, *, first: bool = False) -> int:
		"""The list has a second, disconnected row of this session id; answers its number."""
		with self.registry.current():
			return self.registry.duplicate(self.registry.named(session_id), first=first).id

	def start_over(self, first_id: int = 1) -> None:
		"""The server is set up anew behind the same address: it knows no session, and counts from there."""
		with self.registry.current():
			self.registry.start_over(first_id)

	def forget(self, session_id: str) -> None:
		with self.registry.current():
			self.registry.forget(self.registry.named(session_id))

	def renumber(self, session_id: str) -> int:
		with self.registry.current():
			return self.registry.renumber(self.registry.named(session_id))

	def add(
		self, session_id: str, *, session_name: str = "", phone_number: str | None = None
	) -> dict[str, Any]:
		"""A session that somebody else made on this server; with a number it is connected."""
		with self.registry.current() as now:
			session = self.registry.create(session_id, session_name or session_id)
			if phone_number:
				session.link(phone_number, now)
			return self._row(session)

	def sessions(self) -> list[dict[str, Any]]:
		with self.registry.current():
			return [self._row(session) for session in self.registry.all()]

	def test_webhook(self, session_id: str) -> Delivery:
		with self.registry.current() as now:
			session = self.registry.named(session_id)
			if not session.webhook.url:
				raise ValueError(f"{session_id} has no webhook")
			message = message_of(session, "webhook.test", {}, now)
		return self.courier.deliver_now(message)

	def messages(self) -> list[dict[str, Any]]:
		with self.registry.current():
			return [message.row() for message in self.registry.messages]

	def _row(self, session: Session) -> dict[str, Any]:
		code = session.code
		row = shapes.status_row(session) | {"sessionName": session.session_name}
		row |= {"expectedNumber": session.expected_number, "pairingCode": session.pairing_code is not None}
		return row | {"qr": code and code.text, "webhookUrl": session.webhook.url}

	def _on_event(self, session: Session, event: str, payload: dict[str, Any], at: float) -> None:
		if session.webhook.wants(event):
			message = message_of(session, event, payload, at, style=self.habits.reasons)
			self.courier.post(message)


def _check_number(phone_number: str) -> None:
	if validation.phone_number(phone_number):
		raise ValueError(f"{phone_number!r} is no phone number: digits with the country code, no +")
