"""All sessions of one server, and what the phones and the network do to them."""

from __future__ import annotations

import heapq
import itertools
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from .habits import Habits
from .messages import Message
from .reasons import REPLACED
from .state import QR_CODE, ScanRefused, Session, Timing, Webhook

Listener = Callable[[Session, str, dict[str, Any], float], None]


class SessionUnknown(LookupError):
	"""The server knows no such session."""


class SessionExists(ValueError):
	"""The session id is taken."""


class Registry:
	def __init__(
		self,
		timing: Timing,
		clock: Callable[[], float],
		listener: Listener,
		first_id: int | None = None,
		habits: Habits | None = None,
		ack_delay: float = 0.5,
	) -> None:
		self.timing = timing
		self.clock = clock
		self.habits = habits or Habits()
		self.ack_delay = ack_delay
		self.messages: list[Message] = []
		self.changed = threading.Condition(threading.RLock())
		self._listener = listener
		self._ids = itertools.count(first_id or random.randrange(1_000, 900_000))
		self._by_id: dict[int, Session] = {}
		self._by_key: dict[str, Session] = {}
		self._holders: dict[str, Session] = {}
		self._agenda: list[tuple[float, int, Session | Message]] = []
		self._order = itertools.count()
		self._message_ids = itertools.count(900)

	@contextmanager
	def current(self) -> Iterator[float]:
		"""Hold the sessions still, brought up to the present moment."""
		with self.changed:
			now = self.clock()
			self.advance(now)
			yield now

	def advance(self, now: float) -> None:
		while self._agenda and self._agenda[0][0] <= now:
			due, _order, entry = heapq.heappop(self._agenda)
			if entry.due == due:
				entry.advance(due)

	def next_due(self) -> float | None:
		return self._agenda[0][0] if self._agenda else None

	def shift(self, seconds: float) -> None:
		"""The clock was set; nothing comes earlier or later for that."""
		for entry in (*self._by_id.values(), *self.messages):
			entry.shift(seconds)
		self._agenda = [(due + seconds, order, entry) for due, order, entry in self._agenda]
		self.changed.notify_all()

	def create(
		self,
		session_id: str,
		session_name: str,
		*,
		phone_number: str | None = None,
		send_to_frappe: bool = False,
		webhook: Webhook | None = None,
	) -> Session:
		if session_id in self._by_key:
			raise SessionExists(session_id)
		session = self._new(
			session_id,
			session_name,
			expected_number=phone_number,
			send_to_frappe=send_to_frappe,
			webhook=webhook or Webhook(),
		)
		self._by_id[session.id] = self._by_key[session_id] = session
		return session

	def _new(self, session_id: str, session_name: str, **fields: Any) -> Session:
		return Session(
			id=next(self._ids),
			session_id=session_id,
			session_name=session_name,
			timing=self.timing,
			created_at=self.clock(),
			emit=self._on_event,
			on_schedule=self._on_schedule,
			**fields,
		)

	def duplicate(self, session: Session, *, first: bool = False) -> Session:
		"""A second row of the same session id, which only the list and its own number lead to."""
		twin = self._new(session.session_id, session.session_name)
		self._by_id = {twin.id: twin} | self._by_id if first else self._by_id | {twin.id: twin}
		return twin

	def start_over(self, first_id: int) -> None:
		"""The database is empty, and its numbers begin again."""
		if first_id < 1:
			raise ValueError("numbers begin at 1 or above")
		for session in self.all():
			self.forget(session)
		self._ids = itertools.count(first_id)

	def send(self, session: Session, chat_id: str, body: str, now: float, acks: Iterable[int]) -> Message:
		message = Message(
			next(self._message_ids),
			session,
			chat_id,
			body,
			now,
			self.ack_delay,
			list(acks),
			self._on_schedule,
		)
		session.last_activity = now
		self.messages.append(message)
		message.expect_ack(now)
		return message

	def all(self) -> list[Session]:
		return list(self._by_id.values())

	def by_id(self, number: int) -> Session | None:
		return self._by_id.get(number)

	def by_key(self, session_id: str) -> Session | None:
		return self._by_key.get(session_id)

	def named(self, session_id: str) -> Session:
		session = self._by_key.get(session_id)
		if session is None:
			raise SessionUnknown(f"the sandbox has no session {session_id!r}")
		return session

	def delete(self, session: Session, now: float) -> None:
		session.disconnect(now)
		self.forget(session)

	def forget(self, session: Session) -> None:
		self._by_id.pop(session.id)
		if self._by_key.get(session.session_id) is session:
			self._by_key.pop(session.session_id)
		session.forgotten, session.due = True, None

	def renumber(self, session: Session) -> int:
		self._by_id.pop(session.id)
		session.id = next(self._ids)
		self._by_id[session.id] = session
		return session.id

	def scan(self, target: str, phone_number: str, now: float) -> Session:
		"""`target` is the text of a QR, or a session id, which stands for the code shown last."""
		session = self._holder(target, now) if target.startswith("2@") else self.named(target)
		session.scan(phone_number, now)
		return session

	def _holder(self, text: str, now: float) -> Session:
		for session in self._by_key.values():
			if session.status == QR_CODE and session.accepts(text, now):
				return session
		raise ScanRefused("no session waits for this code: it has expired, was used, or belongs elsewhere")

	def _on_schedule(self, entry: Session | Message, due: float) -> None:
		heapq.heappush(self._agenda, (due, next(self._order), entry))
		self.changed.notify_all()

	def _on_event(self, session: Session, event: str, payload: dict[str, Any], at: float) -> None:
		self._listener(session, event, payload, at)
		if event == "session.connected":
			self._drop_other_holder(session, at)

	def _drop_other_holder(self, winner: Session, at: float) -> None:
		other = self._holders.get(winner.linked_number)
		self._holders[winner.linked_number] = winner
		if not self.habits.exclusive_numbers:
			return
		if other is None or other is winner or self._by_id.get(other.id) is not other:
			return
		if other.is_connected and other.linked_number == winner.linked_number:
			other.drop(REPLACED, at)
