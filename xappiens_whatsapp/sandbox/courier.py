"""Carries webhook deliveries out, in order per session, off the path of any request."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import requests

from .faults import Fault, FaultBook
from .webhooks import Message, body_of, headers_of

LANES = 4


@dataclass(frozen=True)
class Delivery:
	"""One attempt: `status` is what the receiver answered, `error` why there was no answer."""

	url: str
	event: str
	status: int | None
	at: float
	session_id: str = ""
	attempt: int = 1
	error: str | None = None

	@property
	def succeeded(self) -> bool:
		return self.status is not None and 200 <= self.status < 300


@dataclass
class Policy:
	form: str = "nested"
	attempts: int = 3
	retry_delay: float = 1.0
	timeout: float = 7.0


class Courier:
	def __init__(self, policy: Policy, faults: FaultBook, clock: Callable[[], float] = time.time) -> None:
		self.policy = policy
		self.clock = clock
		self.deliveries: list[Delivery] = []
		self._faults = faults
		self._lanes: dict[int, Lane] = {}
		self._held: dict[str, Message] = {}

	def post(self, message: Message) -> None:
		"""Called under the registry's lock, so that messages queue in the order of the events."""
		fault = self._faults.take("delivery")
		for part in self._parts(message, fault):
			self._put(part)

	def deliver_now(self, message: Message) -> Delivery:
		with _http() as http:
			return self._attempt(message, http, 1)

	def stop(self) -> None:
		for lane in self._lanes.values():
			lane.stop()
		self._lanes.clear()
		self._held.clear()

	def _parts(self, message: Message, fault: Fault | None) -> list[Message]:
		kind = fault.kind if fault else ""
		if kind == "lost":
			return []
		if kind == "out_of_order":
			self._held[message.session_id] = message
			return []
		held = self._held.pop(message.session_id, None)
		message = replace(message, fault=fault)
		copies = [message, message] if kind == "twice" else [message]
		return copies + ([held] if held else [])

	def _put(self, message: Message) -> None:
		if message.fault and message.fault.kind == "late":
			seconds = message.fault.seconds(2)
			timer = threading.Timer(seconds, self._lane(message).put, [replace(message, fault=None)])
			timer.daemon = True
			timer.start()
		else:
			self._lane(message).put(message)

	def _lane(self, message: Message) -> Lane:
		number = zlib.crc32(message.session_id.encode()) % LANES
		if number not in self._lanes:
			self._lanes[number] = Lane(self._carry)
		return self._lanes[number]

	def _carry(self, message: Message, http: requests.Session, stopping: threading.Event) -> None:
		for attempt in range(1, self.policy.attempts + 1):
			if self._attempt(message, http, attempt).succeeded or stopping.wait(self.policy.retry_delay):
				return

	def _attempt(self, message: Message, http: requests.Session, attempt: int) -> Delivery:
		form = (message.fault and message.fault.variant()) or self.policy.form
		body = body_of(message, form)
		status = error = None
		try:
			status = http.post(
				message.webhook.url,
				data=body,
				headers=headers_of(message, body, self.clock()),
				timeout=self.policy.timeout,
				allow_redirects=False,
			).status_code
		except requests.RequestException as failure:
			error = cause_of(failure)
		delivery = Delivery(
			message.webhook.url, message.event, status, self.clock(), message.session_id, attempt, error
		)
		self.deliveries.append(delivery)
		return delivery


class Lane:
	"""One thread that works off its queue; started with the first message."""

	def __init__(self, carry: Callable[[Message, requests.Session, threading.Event], None]) -> None:
		self._carry = carry
		self._queue: queue.Queue[Message | None] = queue.Queue()
		self._stopping = threading.Event()
		self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)
		self._thread.start()

	def put(self, message: Message) -> None:
		self._queue.put(message)

	def stop(self) -> None:
		self._stopping.set()
		self._queue.put(None)
		self._thread.join(timeout=0.5)

	def _run(self) -> None:
		with _http() as http:
			while (message := self._queue.get()) is not None and not self._stopping.is_set():
				self._carry(message, http, self._stopping)


def _http() -> requests.Session:
	http = requests.Session()
	http.trust_env = False
	return http


CAUSES: tuple[tuple[type[BaseException], str], ...] = (
	(socket.gaierror, "dns"),
	(ssl.SSLError, "tls"),
	(ConnectionRefusedError, "refused"),
	(TimeoutError, "timeout"),
	(requests.Timeout, "timeout"),
)


def cause_of(error: BaseException) -> str:
	link: BaseException | None = error
	while link is not None:
		for kind, word in CAUSES:
			if isinstance(link, kind):
				return word
		link = link.__cause__ or link.__context__
	return "reset"
