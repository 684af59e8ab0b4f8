from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .addresses import HEALTH, SESSIONS, messages_path, session_path
from .answers import (
	is_last,
	is_short,
	not_ready,
	read_features,
	read_message_id,
	read_message_status,
	read_page,
	read_pairing_code,
	read_qr,
	read_session,
)
from .errors import NotFoundError, RejectedError, ServerError
from .models import Features, PairingCode, QRCode, RateLimit, RemoteSession, SessionPage
from .redaction import Secret
from .transport import Call, Transport

LARGEST_PAGE = 100
MOST_PAGES = 1000
NEWEST_MESSAGES = 20


class BaileysClient:
	"""One method per endpoint of the Baileys REST server; `id` is the number that the server gave to a session.

	Every method raises a `BaileysError`: `UnavailableError` where no whole answer came (`TimedOutError` among them),
	`AuthenticationError` for a refused key, `RateLimitedError` with the seconds to wait, `IntermediaryError` where a proxy
	answered instead, `ServerError` for a failure or an answer that makes no sense. Methods about one session also raise
	`NotFoundError` (the server says that it has no such session), `RefusedByState` where a refusal states its state, and
	`RejectedError` for any other refusal, and for an id that cannot be one, of which nothing is sent. Reads are sent again
	after passing trouble; actions never, and `outcome_unknown` of what they raise says whether they may have been carried out.
	"""

	base_url = ""

	def __init__(
		self,
		base_url: str,
		api_key: str,
		*,
		timeout: float = 30.0,
		connect_timeout: float = 10.0,
		retries: int = 2,
		before_request: Callable[[], object] | None = None,
		after_response: Callable[[RateLimit], object] | None = None,
		seconds_left: Callable[[], float] | None = None,
		read_only: bool = False,
	) -> None:
		"""Nothing is sent yet; raises `InvalidAddressError`, and `AuthenticationError` for a key that no header can carry.

		Seconds: `connect_timeout` for name, connection and TLS, `timeout` for each wait on the answer; a method with all
		of its `retries` ends after the sum of both. `before_request` may stop a request by raising, and what it raises comes
		out; `after_response` learns the rate limit of every answer. Both are called for each attempt that carries the key.
		`seconds_left` bounds each method further; without any, nothing is sent and `TimedOutError` with the code `out_of_time`
		raised. `read_only` refuses whatever would change something on the server, with `ReadOnlyError`.
		"""
		key = Secret(api_key)
		del api_key
		key.require_sendable()
		self._transport = Transport(
			base_url,
			key,
			timeout=timeout,
			connect_timeout=connect_timeout,
			retries=retries,
			before_request=before_request,
			after_response=after_response,
			seconds_left=seconds_left,
			read_only=read_only,
		)
		self.base_url = self._transport.base_url

	def __repr__(self) -> str:
		return f"BaileysClient({self.base_url!r})"

	def __enter__(self) -> BaileysClient:
		return self

	def __exit__(self, *_error: object) -> None:
		self.close()

	def close(self) -> None:
		"""Closes the connections that were kept; the client stays usable and opens new ones."""
		self._transport.close()

	def create_session(
		self,
		session_id: str,
		session_name: str,
		*,
		phone_number: str | None = None,
		webhook_url: str | None = None,
		webhook_secret: str | None = None,
		webhook_events: Iterable[str] = (),
	) -> RemoteSession:
		"""`id` is None in the result where the server did not tell its number; `qr_code` where it sent none that is one.

		Raises `ConflictError` where the server has this `session_id` already.
		"""
		secret = Secret(webhook_secret)
		del webhook_secret
		fields = {
			"sessionId": session_id,
			"sessionName": session_name,
			"phoneNumber": phone_number,
			"webhookUrl": webhook_url,
			"webhookEvents": list(webhook_events),
		}
		call = Call(
			"POST",
			SESSIONS,
			headers={"X-Frappe-Origin": "true"},
			body=without_blanks(fields, secret),
			secrets=(secret,),
		)
		return read_session(session_id, self._transport.answer(call))

	def list_sessions(self, page: int = 1, limit: int = LARGEST_PAGE) -> SessionPage:
		"""The rows as the server has them, two rows of one `session_id` included; pages count from 1.

		The rows come from the server's database: `is_connected` is None where they do not say it.
		"""
		query = {"page": page, "limit": min(limit, LARGEST_PAGE)}
		return read_page(page, self._transport.answer(Call("GET", SESSIONS, query=query)))

	def iter_sessions(self) -> Iterator[RemoteSession]:
		"""The rows of all pages, each read when it is reached; a row that moved to the next page meanwhile comes once.

		Raises `ServerError` with the code `incomplete_list` where the server shows fewer than it says it has, or never ends.
		"""
		seen: set[tuple[int | None, str]] = set()
		given = 0
		for number in range(1, MOST_PAGES + 1):
			page = self.list_sessions(number)
			fresh = [session for session in page.sessions if (session.id, session.session_id) not in seen]
			seen.update((session.id, session.session_id) for session in fresh)
			given += len(fresh)
			yield from fresh
			if is_last(page, number, given):
				return
			if not fresh and not is_short(page, given):
				return
			if not fresh:
				break
		raise ServerError("The list of sessions never comes to its end", code="incomplete_list", status=200)

	def find_session(self, session_id: str) -> RemoteSession | None:
		"""The first row of the list with exactly this id; pages after it are not read."""
		return next((session for session in self.iter_sessions() if session.session_id == session_id), None)

	def get_session(self, id: int | str) -> RemoteSession:
		"""What the server's database knows of it."""
		return self._read(id, session_path(id))

	def get_status(self, id: int | str) -> RemoteSession:
		"""The live state. `NotFoundError` does not prove that the session is gone: servers say so while it is not loaded yet."""
		return self._read(id, session_path(id, "status"))

	def get_qr(self, id: int | str) -> QRCode:
		"""A code without a readable expiry is taken to live 60 seconds.

		Raises `NotReadyError` while there is none; its status 404 may also mean an unknown session.
		"""
		failure = None
		try:
			answer = self._transport.answer(Call("GET", session_path(id, "qr")))
		except (NotFoundError, ServerError) as error:
			failure = not_ready(error)
			if failure is None:
				raise
		if failure:
			raise failure
		return read_qr(id, answer)

	def request_pairing_code(self, id: int | str, phone_number: str) -> PairingCode:
		"""Have WhatsApp wait for a code to be typed into the phone with this number; a newer code replaces an older one.

		Only where `get_features` offers it; a code without a readable expiry is taken to live 60 seconds. Raises `RefusedByState` or `RejectedError` while the session does not wait for a phone.
		"""
		body = {"phoneNumber": digits_of(phone_number)}
		return read_pairing_code(
			self._transport.answer(Call("POST", session_path(id, "pairing-code"), body=body))
		)

	def connect(self, id: int | str) -> RemoteSession:
		"""Start the session, or a new QR code; returns before the outcome is known, with `connecting` as a rule."""
		return self._act(id, "connect")

	def disconnect(self, id: int | str) -> RemoteSession:
		"""Stop the session and keep its pairing."""
		return self._act(id, "disconnect")

	def restart(self, id: int | str) -> RemoteSession:
		"""Stop and start the session; returns as `connect` does."""
		return self._act(id, "restart")

	def delete_session(self, id: int | str) -> None:
		"""Removes the session, its credentials and its data on the server."""
		self._transport.answer(Call("DELETE", session_path(id)))

	def update_webhook(self, id: int | str, url: str, secret: str, events: Iterable[str] = ()) -> None:
		"""From its next event on the server calls `url`, signed with `secret`; about these events only, where it can choose."""
		hidden = Secret(secret)
		del secret
		fields = {"webhookUrl": url, "webhookEvents": list(events)}
		call = Call(
			"PUT", session_path(id, "webhook"), body=without_blanks(fields, hidden), secrets=(hidden,)
		)
		self._transport.answer(call)

	def send_text(self, session_id: str, to: str, text: str) -> str:
		"""WhatsApp's id of the message, under which `message.ack` tells what becomes of it.

		By the text id of the session, unlike the others; `to` is a phone number with country code, or a JID. Servers allow ten
		a minute. After an error with `outcome_unknown` the message may be on its way: sending again may send it twice.
		"""
		body = {"to": recipient(to), "type": "text", "message": text}
		return read_message_id(
			self._transport.answer(Call("POST", messages_path(session_id, "send"), body=body))
		)

	def get_message_status(self, session_id: str, to: str, message_id: str) -> str:
		"""What became of a text that was sent, in the words of `WebhookEvent`; "" where the chat's newest messages lack it.

		Not every server has this route: `NotFoundError` then, as for an unknown session.
		"""
		query = {"chatId": recipient(to), "fromMe": "true", "page": 1, "limit": NEWEST_MESSAGES}
		reply = self._transport.answer(Call("GET", messages_path(session_id), query=query))
		return read_message_status(message_id, reply)

	def get_features(self) -> Features:
		"""Asked without the key, of `/health`; raises nothing that has to do with keys or sessions."""
		return read_features(self._transport.answer(Call("GET", HEALTH, with_key=False)))

	def _act(self, id: int | str, action: str) -> RemoteSession:
		answer = self._transport.answer(Call("POST", session_path(id, action), body={}))
		return read_session(id, answer, may_be_empty=True)

	def _read(self, id: int | str, path: str) -> RemoteSession:
		return read_session(id, self._transport.answer(Call("GET", path)))


def recipient(to: str) -> str:
	return to if "@" in to else f"{digits_of(to)}@s.whatsapp.net"


def digits_of(phone_number: str) -> str:
	digits = re.sub(r"[^0-9]", "", phone_number)
	if not digits:
		raise RejectedError("This cannot be a phone number", code="invalid_phone")
	return digits


def without_blanks(fields: Mapping[str, Any], secret: Secret) -> dict[str, Any]:
	"""Blank fields are left out, as the server refuses them; the secret joins what is sent."""
	filled = {name: value for name, value in fields.items() if value}
	return filled | ({"webhookSecret": secret.reveal()} if secret else {})
