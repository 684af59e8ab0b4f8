"""The server itself: socket and threads."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .application import Application
from .simulation import Simulation


class QuietHandler(WSGIRequestHandler):
	def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
		pass

	def connection_dropped(self, error: BaseException, environ: dict[str, Any] | None = None) -> None:
		self.close_connection = True


class Handler(QuietHandler):
	"""With the date of the simulated server, and without the headers that it does not send."""

	@property
	def sandbox(self) -> Simulation:
		return self.server.app.sandbox

	def date_time_string(self, timestamp: float | None = None) -> str:
		return super().date_time_string(self.sandbox.clock() if timestamp is None else timestamp)

	def send_header(self, keyword: str, value: str) -> None:
		if keyword.lower() not in map(str.lower, self.sandbox.habits.without_headers):
			super().send_header(keyword, value)


class Sandbox(Simulation):
	def __init__(
		self, api_key: str = "sandbox-key", *, host: str = "127.0.0.1", port: int = 0, **options: Any
	) -> None:
		super().__init__(api_key, **options)
		self.host = host
		self.port = port
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
				request_handler=Handler,
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
