"""One record and its counterpart on the server: which identifier goes out, and how a lost number is found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from frappe.utils import now_datetime

from xappiens_whatsapp import gateway, states
from xappiens_whatsapp.baileys.errors import (
	AuthenticationError,
	BaileysError,
	NotFoundError,
	NotReadyError,
	ServerError,
	UnavailableError,
)

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys import BaileysClient
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

R = TypeVar("R")
Identifier = int | str

CANNOT_BE_CHECKED = (UnavailableError, AuthenticationError, ServerError)
WRONG_SESSION = "wrong_session"


class Link:
	"""Every call about one session goes out through here, with its number."""

	def __init__(self, doc: WhatsAppSession, client: BaileysClient | None = None) -> None:
		self.doc = doc
		self.client = client or gateway.connect_to_server()
		self.asked_at: datetime = now_datetime()

	def call(self, operation: Callable[[Identifier], R]) -> R:
		"""Run `operation` with the session's number; a number that does not lead to it is looked up once more.

		Raises `NotFoundError` when the server has no such session; the record then holds no number any more.
		"""
		with noting_failures(self.doc):
			identifier = self.identifier()
			try:
				return self.ask(operation, identifier)
			except (NotFoundError, NotReadyError, ServerError) as error:
				mismatch = error
			if not leads_elsewhere(mismatch) or (current := self.find()) == identifier:
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
		remote = self.client.find_session(self.doc.session_id)
		if remote is None:
			states.note_missing(self.doc)
			raise NotFoundError("no such session on the server", code="SESSION_NOT_FOUND", status=404)
		self.remember_number(remote)
		return remote.id or self.doc.session_id

	def remember_number(self, remote: RemoteSession) -> None:
		if remote.id and remote.id != self.doc.session_db_id:
			states.store(self.doc, {"session_db_id": remote.id})

	def learn(self, remote: RemoteSession) -> None:
		states.learn(self.doc, remote, self.asked_at)


@contextmanager
def noting_failures(doc: WhatsAppSession) -> Iterator[None]:
	"""A server that cannot be asked is noted on the record, whose state stays as last known."""
	try:
		yield
	except CANNOT_BE_CHECKED as error:
		states.note_failure(doc, gateway.translate(error))
		raise


def leads_elsewhere(error: BaileysError) -> bool:
	return error.code == WRONG_SESSION or error.status == 404
