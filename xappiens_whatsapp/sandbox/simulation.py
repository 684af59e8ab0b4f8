"""What is behind the socket: sessions, faults, deliveries, and what tests do to them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from . import shapes, validation
from .courier import Courier, Delivery, Policy
from .faults import Fault, FaultBook
from .limits import RateLimiter
from .recording import RecordedRequest
from .registry import Registry
from .state import Session, Timing
from .webhooks import message_of


class Simulation:
	def __init__(
		self,
		api_key: str = "sandbox-key",
		*,
		qr_delay: float = 0.5,
		qr_lifetime: float = 60.0,
		qr_rotation: float = 20.0,
		qr_attempts: int = 5,
		scan_delay: float = 0.5,
		rate_limit: int = 1000,
		webhook_form: str = "nested",
		webhook_retries: int = 3,
		webhook_retry_delay: float = 1.0,
		webhook_timeout: float = 7.0,
		first_id: int | None = None,
		clock: Callable[[], float] = time.time,
	) -> None:
		self.api_key = api_key
		self.clock = clock
		self.faults = FaultBook()
		self.limiter = RateLimiter(rate_limit)
		self.requests: list[RecordedRequest] = []
		policy = Policy(webhook_form, webhook_retries, webhook_retry_delay, webhook_timeout)
		self.courier = Courier(policy, self.faults)
		timing = Timing(qr_delay, qr_lifetime, qr_rotation, qr_attempts, scan_delay)
		self.registry = Registry(timing, clock, self._on_event, first_id)
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

	def scan(self, qr_text_or_session_id: str, phone_number: str = "34600000001") -> dict[str, Any]:
		if validation.phone_number(phone_number):
			raise ValueError(f"{phone_number!r} is no phone number: digits with the country code, no +")
		with self.registry.current() as now:
			return self._row(self.registry.scan(qr_text_or_session_id, phone_number, now))

	def drop(self, session_id: str, code: int = 401) -> dict[str, Any]:
		with self.registry.current() as now:
			session = self.registry.named(session_id)
			session.drop(code, now)
			return self._row(session)

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

	def _row(self, session: Session) -> dict[str, Any]:
		code = session.code
		row = shapes.status_row(session) | {"sessionName": session.session_name}
		return row | {"qr": code and code.text, "webhookUrl": session.webhook.url}

	def _on_event(self, session: Session, event: str, payload: dict[str, Any], at: float) -> None:
		if session.webhook.wants(event):
			self.courier.post(message_of(session, event, payload, at))
