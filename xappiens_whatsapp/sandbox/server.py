"""The server itself: socket, threads, and the Python interface that tests use."""

from __future__ import annotations

import selectors
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from . import shapes, validation
from .application import Application
from .courier import Courier, Delivery, Policy
from .faults import Fault, FaultBook
from .limits import RateLimiter
from .recording import RecordedRequest
from .registry import Registry
from .state import Session, Timing
from .webhooks import message_of


class QuietHandler(WSGIRequestHandler):
	def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
		pass

	def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
		self.close_connection = True


class Sandbox:
	def __init__(
		self,
		api_key: str = "sandbox-key",
		*,
		host: str = "127.0.0.1",
		port: int = 0,
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
		self.host = host
		self.port = port
		self.clock = clock
		self.faults = FaultBook()
		self.limiter = RateLimiter(rate_limit)
		self.requests: list[RecordedRequest] = []
		policy = Policy(webhook_form, webhook_retries, webhook_retry_delay, webhook_timeout)
		self.courier = Courier(policy, self.faults)
		timing = Timing(qr_delay, qr_lifetime, qr_rotation, qr_attempts, scan_delay)
		self.registry = Registry(timing, clock, self._on_event, first_id)
		self.stopping = threading.Event()
		self._server: BaseWSGIServer | None = None
		self._threads: list[threading.Thread] = []

	def __enter__(self) -> Sandbox:
		self.start()
		return self

	def __exit__(self, *_exception: object) -> None:
		self.stop()

	@property
	def url(self) -> str:
		if not self.port:
			raise RuntimeError("the sandbox has no port before it was started")
		return f"http://{self.host}:{self.port}"

	@property
	def deliveries(self) -> list[Delivery]:
		return self.courier.deliveries

	def start(self) -> None:
		"""Listen, on the same port again after a stop; sessions survive in between."""
		if self._server:
			return
		self.stopping.clear()
		with socket.create_server((self.host, self.port), backlog=128) as listener:
			self._server = make_server(
				self.host,
				self.port,
				Application(self),
				threaded=True,
				request_handler=QuietHandler,
				fd=listener.fileno(),
			)
		self.port = self._server.port
		self._wake, woken = socket.socketpair()
		self._run(self._serve, self._server, woken)
		self._run(self._keep_time)

	def stop(self) -> None:
		if not self._server:
			return
		self.stopping.set()
		self._wake.close()
		with self.registry.changed:
			self.registry.changed.notify_all()
		for thread in self._threads:
			thread.join()
		self.courier.stop()
		self._server = None
		self._threads.clear()

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

	def _serve(self, server: BaseWSGIServer, woken: socket.socket) -> None:
		"""As `serve_forever`, but a stop wakes it at once instead of at the next poll."""
		with woken, selectors.DefaultSelector() as selector:
			selector.register(server, selectors.EVENT_READ)
			selector.register(woken, selectors.EVENT_READ)
			while not self.stopping.is_set():
				if any(key.fileobj is server for key, _events in selector.select()):
					server.handle_request()
		server.server_close()

	def _keep_time(self) -> None:
		"""Requests bring sessions up to date by themselves; webhooks need somebody to notice the hour."""
		changed = self.registry.changed
		with changed:
			while not self.stopping.is_set():
				now = self.clock()
				self.registry.advance(now)
				due = self.registry.next_due()
				changed.wait(None if due is None else max(due - now, 0.001))

	def _run(self, target: Callable[..., None], *arguments: Any) -> None:
		thread = threading.Thread(target=target, args=arguments, name="sandbox", daemon=True)
		thread.start()
		self._threads.append(thread)
