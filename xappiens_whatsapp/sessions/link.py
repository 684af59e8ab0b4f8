"""One record and its counterpart on the server: which identifier goes out, and how a lost number is found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from frappe.utils import now_datetime
from redis.exceptions import RedisError

from xappiens_whatsapp.baileys.errors import (
	AuthenticationError,
	BaileysError,
	NotFoundError,
	NotReadyError,
	RateLimitedError,
	ServerError,
	UnavailableError,
)
from xappiens_whatsapp.server import budget, gateway
from xappiens_whatsapp.sessions import records
from xappiens_whatsapp.site import shared

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys import BaileysClient
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

R = TypeVar("R")
Identifier = int | str

CANNOT_BE_ASKED = (UnavailableError, AuthenticationError, RateLimitedError)
CANNOT_BE_CHECKED = (*CANNOT_BE_ASKED, ServerError)
WRONG_SESSION = "wrong_session"
CONFIRMED_FOR = 60


class Link:
	"""Every call about one session goes out through here, with its number."""

	def __init__(self, doc: WhatsAppSession, client: BaileysClient | None = None) -> None:
		self.doc = doc
		self.client = client or gateway.connect_to_server()
		self.asked_at: datetime = now_datetime()

	def call(self, operation: Callable[[Identifier], R]) -> R:
		"""Run `operation` about the session's state; that it could not be told is noted on the record."""
		with noting_failures(self.doc, CANNOT_BE_CHECKED):
			return self.reach(operation)

	def act(self, operation: Callable[[Identifier], R]) -> R:
		"""Run `operation` that changes the session; a server that fails in it may well be able to tell the state."""
		with noting_failures(self.doc, CANNOT_BE_ASKED):
			return self.reach(operation)

	def reach(self, operation: Callable[[Identifier], R]) -> R:
		"""Run `operation` with the session's number; a number that does not lead to it is looked up once more.

		Raises `NotFoundError` when the server has no such session; the record then holds no number any more.
		"""
		identifier = self.identifier()
		try:
			return self.ask(operation, identifier)
		except (NotFoundError, NotReadyError, ServerError) as error:
			mismatch = error
		if not leads_elsewhere(mismatch) or self.is_confirmed(mismatch):
			raise mismatch
		current = self.find()
		if current == identifier:
			self.confirm()
			raise mismatch
		return self.ask(operation, current)

	def ask(self, operation: Callable[[Identifier], R], identifier: Identifier) -> R:
		self.asked_at = now_datetime()
		answer = operation(identifier)
		if getattr(answer, "session_id", "") not in ("", self.doc.session_id):
			raise ServerError("The server answered for another session", code=WRONG_SESSION)
		return answer

	def identifier(self) -> Identifier:
		return self.doc.session_db_id or self.find()

	def find(self) -> Identifier:
		"""Look the session up by its string id and store the number.

		The string stands in only for a server that lists the session without a number.
		"""
		asked_at = now_datetime()
		remote = self.client.find_session(self.doc.session_id)
		if remote is None:
			records.note_missing(self.doc)
			raise NotFoundError("no such session on the server", code="SESSION_NOT_FOUND", status=404)
		self.remember_number(remote, asked_at)
		return remote.id or self.doc.session_id

	def is_confirmed(self, error: BaileysError) -> bool:
		"""Whether the list named this very number a moment ago; servers say 404 while there is no code or state yet."""
		try:
			return error.code != WRONG_SESSION and bool(shared.read(self.confirmation_key()))
		except RedisError:
			return False

	def confirm(self) -> None:
		try:
			shared.claim(self.confirmation_key(), CONFIRMED_FOR)
		except RedisError:
			return

	def confirmation_key(self) -> str:
		return f"whatsapp_number_confirmed:{self.doc.name}:{self.doc.session_db_id}"

	def remember_number(self, remote: RemoteSession, asked_at: datetime | None = None) -> None:
		if remote.id and remote.id != self.doc.session_db_id:
			records.store(self.doc, {"session_db_id": remote.id}, asked_at)

	def learn(self, remote: RemoteSession) -> None:
		records.learn(self.doc, remote, self.asked_at)


@contextmanager
def noting_failures(doc: WhatsAppSession, kinds: tuple[type[BaileysError], ...]) -> Iterator[None]:
	"""A server that cannot be asked is noted on the record, whose state stays as last known."""
	try:
		yield
	except kinds as error:
		if error.code != budget.OWN_BUDGET:
			records.note_failure(doc, error)
		raise


def leads_elsewhere(error: BaileysError) -> bool:
	return error.code == WRONG_SESSION or error.status == 404
