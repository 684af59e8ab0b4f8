from __future__ import annotations

import socket
import threading
from types import TracebackType

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

current = threading.local()


class Deadline:
	"""Ends the connections of this thread's request when the time is over.

	A socket timeout starts anew with every byte, so it never ends an answer that drips.
	"""

	def __init__(self, seconds: float) -> None:
		self.expired = False
		self._lock = threading.Lock()
		self._sockets: list[socket.socket] = []
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

	def watch(self, connected: socket.socket) -> None:
		with self._lock:
			self._sockets.append(connected)
			if self.expired:
				shut_down(connected)

	def _expire(self) -> None:
		with self._lock:
			self.expired = True
			for connected in self._sockets:
				shut_down(connected)


def shut_down(connected: socket.socket) -> None:
	try:
		connected.shutdown(socket.SHUT_RDWR)
	except OSError:
		pass


class Watched:
	"""Mixed into a connection: keeps a duplicate of the socket, which stays valid while TLS takes the first over."""

	twin: socket.socket | None = None

	def _new_conn(self) -> socket.socket:
		connected = super()._new_conn()  # type: ignore[misc]
		self.twin = connected.dup()
		self.watch()
		return connected

	def putrequest(self, *args: object, **kwargs: object) -> None:
		self.watch()
		super().putrequest(*args, **kwargs)  # type: ignore[misc]

	def close(self) -> None:
		super().close()  # type: ignore[misc]
		if self.twin:
			self.twin.close()
			self.twin = None

	def watch(self) -> None:
		deadline = getattr(current, "deadline", None)
		if deadline and self.twin:
			deadline.watch(self.twin)


class WatchedHTTPConnection(Watched, HTTPConnectionPool.ConnectionCls):  # type: ignore[misc]
	pass


class WatchedHTTPSConnection(Watched, HTTPSConnectionPool.ConnectionCls):  # type: ignore[misc]
	pass


class WatchedHTTPPool(HTTPConnectionPool):
	ConnectionCls = WatchedHTTPConnection


class WatchedHTTPSPool(HTTPSConnectionPool):
	ConnectionCls = WatchedHTTPSConnection


class WatchedAdapter(HTTPAdapter):
	def init_poolmanager(self, *args: object, **kwargs: object) -> None:
		super().init_poolmanager(*args, **kwargs)  # type: ignore[arg-type]
		self.poolmanager.pool_classes_by_scheme = {"http": WatchedHTTPPool, "https": WatchedHTTPSPool}
