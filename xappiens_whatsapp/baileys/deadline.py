"""A bound for a whole exchange, connecting and the last byte of the body included.

No library that we have offers it: the timeouts of `requests` and `urllib3`, their `total` too, bound each wait on the socket,
and every byte that drips in starts the next wait anew. Ending the socket from a timer is what ends such an answer.
"""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress
from types import TracebackType

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

current = threading.local()


class Deadline:
	"""Ends the connections of this thread's request when the time is over.

	`connected` says whether the request had a connection to go out on, TLS included: without, it certainly was not sent.
	"""

	def __init__(self, seconds: float) -> None:
		self.expired = False
		self.connected = False
		self._lock = threading.Lock()
		self._twins: list[socket.socket] = []
		self._timer = threading.Timer(max(seconds, 0.0), self._expire)
		self._timer.daemon = True

	def __enter__(self) -> Deadline:
		current.deadline = self
		self._timer.start()
		return self

	def __exit__(
		self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
	) -> None:
		self._timer.cancel()
		current.deadline = None
		with self._lock:
			for twin in self._twins:
				twin.close()
			self._twins.clear()

	def watch(self, connected: socket.socket) -> None:
		"""By a duplicate: it stays valid while TLS takes the socket over and when the connection lets go of it."""
		twin = socket.socket(fileno=os.dup(connected.fileno()))
		with self._lock:
			self._twins.append(twin)
			if self.expired:
				shut_down(twin)

	def _expire(self) -> None:
		with self._lock:
			self.expired = True
			for twin in self._twins:
				shut_down(twin)


def shut_down(connected: socket.socket) -> None:
	with suppress(OSError):
		connected.shutdown(socket.SHUT_RDWR)


class Watched:
	"""Mixed into a connection: shows its socket to the deadline of the request at hand."""

	sock: socket.socket | None

	def _new_conn(self) -> socket.socket:
		connected: socket.socket = super()._new_conn()  # type: ignore[misc]
		watch(connected)
		return connected

	def connect(self) -> None:
		super().connect()  # type: ignore[misc]
		note_connected()

	def putrequest(self, *args: object, **kwargs: object) -> None:
		if self.sock:
			watch(self.sock)
			note_connected()
		super().putrequest(*args, **kwargs)  # type: ignore[misc]


def watch(connected: socket.socket) -> None:
	if deadline := getattr(current, "deadline", None):
		deadline.watch(connected)


def note_connected() -> None:
	if deadline := getattr(current, "deadline", None):
		deadline.connected = True


class WatchedHTTPConnection(Watched, HTTPConnection):
	pass


class WatchedHTTPSConnection(Watched, HTTPSConnection):
	pass


class WatchedHTTPPool(HTTPConnectionPool):
	ConnectionCls = WatchedHTTPConnection


class WatchedHTTPSPool(HTTPSConnectionPool):
	ConnectionCls = WatchedHTTPSConnection


class WatchedAdapter(HTTPAdapter):
	def init_poolmanager(self, *args: object, **kwargs: object) -> None:
		super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]
		self.poolmanager.pool_classes_by_scheme = {"http": WatchedHTTPPool, "https": WatchedHTTPSPool}
