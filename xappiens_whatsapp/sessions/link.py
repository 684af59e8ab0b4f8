"""One record and its counterpart on the server: which number goes out, and what an answer, or none, tells of the session."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from frappe import _
from frappe.utils import now_datetime
from redis.exceptions import RedisError

from xappiens_whatsapp.baileys.answers import ANSWER_OF_ANOTHER, WRONG_SESSION
from xappiens_whatsapp.baileys.errors import (
	AuthenticationError,
	BaileysError,
	IntermediaryError,
	NotFoundError,
	NotReadyError,
	RateLimitedError,
	RefusedByState,
	ServerError,
	UnavailableError,
)
from xappiens_whatsapp.baileys.models import RemoteSession
from xappiens_whatsapp.server import budget, gateway
from xappiens_whatsapp.server.exceptions import NumberOfAnother
from xappiens_whatsapp.sessions import listing, records
from xappiens_whatsapp.sessions.belief import TABLE, Ask, Observation, Seen, seen_in_failure
from xappiens_whatsapp.site import shared

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys import BaileysClient
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

R = TypeVar("R")
Identifier = int | str

CANNOT_BE_ASKED = (UnavailableError, AuthenticationError, RateLimitedError, IntermediaryError)
CANNOT_BE_CHECKED = (*CANNOT_BE_ASKED, ServerError)
CONFIRMED_FOR = 60


class Link:
	"""Every call about one session goes out through here, with its number."""

	def __init__(
		self,
		doc: WhatsAppSession,
		client: BaileysClient | None = None,
		found: listing.ServerList | None = None,
	) -> None:
		"""`found` is a list that was just read, so that it need not be read again for every number that leads nowhere."""
		self.doc = doc
		self.found = found
		self.client = client or gateway.connect_to_server()
		self.server = gateway.server_of(self.client.base_url)
		self.asked_at: datetime = now_datetime()

	@property
	def number(self) -> int:
		return records.number_of(self.doc, self.server)

	def look(
		self, and_then: Callable[[RemoteSession], RemoteSession] = lambda remote: remote
	) -> RemoteSession:
		"""Ask the session's own route for its state, and keep it.

		Raises `NotFoundError` when the server has no such session; the record then holds no number any more. A refusal that
		states the state is an answer. `and_then` adds to an answer before it is kept, as the reason that a webhook gave.
		"""
		try:
			remote = self.read(self.client.get_status)
		except RefusedByState as refusal:
			remote = RemoteSession(session_id=self.doc.session_id, status=refusal.state)
			seen = Seen.STATED_BY_REFUSAL
		else:
			seen = Seen.OWN_ROUTE
		remote = and_then(remote)
		self.observe(remote, seen)
		return remote

	def read(self, operation: Callable[[Identifier], R]) -> R:
		"""Run a read with the session's number; that the state could not be told is noted on the record."""
		try:
			return self.reach(operation)
		except CANNOT_BE_CHECKED as error:
			self.note_failure(error)
			raise

	def act(self, operation: Callable[[Identifier], R], is_done: Callable[[], bool]) -> R | None:
		"""Run an action with the session's number; None when it failed although, as the state then shows, it is done.

		What was refused because of the state, or failed with an unknown outcome, is followed by a look.
		"""
		try:
			return self.reach(operation)
		except CANNOT_BE_ASKED as error:
			self.note_failure(error)
			failure: BaileysError = error
		except (ServerError, RefusedByState) as error:
			failure = error
		if TABLE[seen_in_failure(failure, of_action=True)].then_ask is not Ask.OWN_ROUTE:
			raise failure
		if not self.is_found_done(failure, is_done):
			raise failure
		return None

	def is_found_done(self, failure: BaileysError, is_done: Callable[[], bool]) -> bool:
		"""After a look that found it not done, the outcome of `failure` is known."""
		try:
			self.look()
		except BaileysError:
			return False
		failure.outcome_unknown = False
		return is_done()

	def note_failure(self, error: BaileysError) -> None:
		if error.code not in budget.OWN_CODES:
			records.note_failure(self.doc, error, self.asked_at, self.server)

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
			raise ServerError(ANSWER_OF_ANOTHER, code=WRONG_SESSION)
		return answer

	def identifier(self) -> Identifier:
		return self.number or self.find()

	def find(self) -> Identifier:
		"""For a number that does not lead to the session, or none: look the session up in the list and store its number.

		The string stands in only for a server that lists the session without a number. A list that lacks it too means that it
		is gone, and raises `NotFoundError`.
		"""
		found = self.found or listing.ServerList(self.client)
		row = found.row_of(self.doc.session_id, self.number)
		if row is None:
			records.note_missing(self.doc, self.number, found.asked_at, self.server)
			raise not_found()
		self.observe(
			RemoteSession(id=row.id, session_id=row.session_id), Seen.LISTED_UNVOUCHED, found.asked_at
		)
		return row.id or self.doc.session_id

	def verified(self) -> Identifier | None:
		"""What may be destroyed or stopped: the number, when the server says now that it is this session's.

		None when the server has no such session. Raises `NumberOfAnother` when the record's number leads to another one.
		"""
		number = self.number
		if not number:
			return self.found_or_none()
		try:
			named = self.name_under(number)
		except NotFoundError:
			return self.found_or_none()
		if named == self.doc.session_id:
			return number
		current = self.found_or_none()
		if current == number:
			return number
		raise number_of_another(self.doc, number, current)

	def existing(self) -> Identifier:
		"""As `verified`; raises `NotFoundError` when the server has no such session."""
		if (identifier := self.verified()) is None:
			raise not_found()
		return identifier

	def found_or_none(self) -> Identifier | None:
		try:
			return self.find()
		except NotFoundError:
			return None

	def name_under(self, number: int) -> str:
		"""The session id that the server has under the number; "" where its answers do not say."""
		self.asked_at = now_datetime()
		try:
			named = self.client.get_status(number).session_id
		except (RefusedByState, NotFoundError, ServerError):
			named = ""
		return named or self.client.get_session(number).session_id

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

	def observe(self, remote: RemoteSession, seen: Seen, asked_at: datetime | None = None) -> records.Outcome:
		return records.observe(self.doc, Observation(seen, remote, asked_at or self.asked_at, self.server))


def not_found() -> NotFoundError:
	"""As the server says it on a session's own route."""
	return NotFoundError("no such session on the server", code="SESSION_NOT_FOUND", status=404)


def leads_elsewhere(error: BaileysError) -> bool:
	return error.code == WRONG_SESSION or error.status == 404


def number_of_another(doc: WhatsAppSession, number: int, current: Identifier | None) -> NumberOfAnother:
	words = _("The server uses the number {0} for another session now. Nothing was sent to it.").format(
		number
	)
	if current:
		next_step = _("The number of {0} is {1}, and is stored now: try again.").format(
			doc.session_id, current
		)
	else:
		next_step = _("The server does not have the session {0} any more.").format(doc.session_id)
	return NumberOfAnother(f"{words} {next_step}")
