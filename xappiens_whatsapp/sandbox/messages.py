"""A text that was sent, and what becomes of it on the way."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .state import Session

STATUSES = {-1: "failed", 0: "pending", 1: "sent", 2: "delivered", 3: "read", 4: "played"}
USUAL_ACKS = (1, 2, 3)


@dataclass(eq=False)
class Message:
	"""Its acknowledgements follow one another at a fixed distance, while the session is connected."""

	id: int
	session: Session = field(repr=False)
	chat_id: str
	body: str
	sent_at: float
	ack_delay: float
	acks: list[int]
	on_schedule: Callable[[Message, float], None] = field(repr=False)
	whatsapp_id: str = field(default_factory=lambda: "3EB0" + secrets.token_hex(9).upper())
	status: str = STATUSES[1]
	due: float | None = None

	def expect_ack(self, now: float) -> None:
		if self.acks:
			self.due = now + self.ack_delay
			self.on_schedule(self, self.due)

	def advance(self, at: float) -> None:
		self.due = None
		if self.session.forgotten or not self.session.is_connected:
			return
		ack = self.acks.pop(0)
		self.status = STATUSES[ack]
		news = {"messageId": self.whatsapp_id, "chatId": self.chat_id, "ack": ack, "status": self.status}
		self.session.emit(self.session, "message.ack", news, at)
		self.expect_ack(at)

	def shift(self, seconds: float) -> None:
		self.sent_at += seconds
		self.due = self.due and self.due + seconds

	def row(self) -> dict[str, Any]:
		ids = {"sessionId": self.session.session_id, "messageId": self.whatsapp_id}
		return ids | {"to": self.chat_id, "body": self.body, "status": self.status}
