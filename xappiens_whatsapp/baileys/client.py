from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .addresses import session_path
from .answers import is_last, is_short, not_ready, read_qr, read_session, require_page, require_session
from .errors import NotFoundError, ServerError
from .models import QRCode, RateLimit, RemoteSession, SessionPage
from .parsing import parse_session, session_row
from .redaction import Secret
from .retries import RetryPolicy
from .transport import Call, Transport

LARGEST_PAGE = 100
MOST_PAGES = 1000


class BaileysClient:
	"""One method per endpoint of the Baileys REST server; sessions are named by the server's number."""

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
	) -> None:
		key = Secret(api_key)
		del api_key
		key.require_sendable()
		self._transport = Transport(
			base_url,
			key,
			timeout=timeout,
			connect_timeout=connect_timeout,
			policy=RetryPolicy(retries=retries),
			before_request=before_request,
			after_response=after_response,
		)
		self.base_url = self._transport.base_url

	def __repr__(self) -> str:
		return f"BaileysClient({self.base_url!r})"

	def __enter__(self) -> BaileysClient:
		return self

	def __exit__(self, *_error: object) -> None:
		self.close()

	def close(self) -> None:
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
		"""`id` is None in the result where the server did not tell its number."""
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
			"/api/sessions",
			headers={"X-Frappe-Origin": "true"},
			body=without_blanks(fields, secret),
			secrets=(secret,),
		)
		return require_session(session_id, read_session(self._transport.payload(call)))

	def list_sessions(self, page: int = 1, limit: int = LARGEST_PAGE) -> SessionPage:
		query = {"page": page, "limit": min(limit, LARGEST_PAGE)}
		return require_page(self._transport.payload(Call("GET", "/api/sessions", query=query)), page)

	def iter_sessions(self) -> Iterator[RemoteSession]:
		"""Every session once, over all pages; raises where the server shows fewer than it says it has."""
		seen: set[tuple[int | None, str]] = set()
		for number in range(1, MOST_PAGES + 1):
			page = self.list_sessions(number)
			fresh = [session for session in page.sessions if (session.id, session.session_id) not in seen]
			seen.update((session.id, session.session_id) for session in fresh)
			yield from fresh
			if is_last(page, number, len(seen)):
				return
			if not fresh and not is_short(page, len(seen)):
				return
			if not fresh:
				break
		raise ServerError("The list of sessions never comes to its end", code="incomplete_list", status=200)

	def find_session(self, session_id: str) -> RemoteSession | None:
		return next((session for session in self.iter_sessions() if session.session_id == session_id), None)

	def get_session(self, id: int | str) -> RemoteSession:
		return self._read(id, session_path(id))

	def get_status(self, id: int | str) -> RemoteSession:
		return self._read(id, session_path(id, "status"))

	def get_qr(self, id: int | str) -> QRCode:
		"""Raises `NotReadyError` while there is none; its status 404 may also mean an unknown session."""
		failure = None
		try:
			payload = self._transport.payload(Call("GET", session_path(id, "qr")))
		except (NotFoundError, ServerError) as error:
			failure = not_ready(error)
			if failure is None:
				raise
		if failure:
			raise failure
		return read_qr(id, payload)

	def connect(self, id: int | str) -> RemoteSession:
		return self._act(id, "connect")

	def disconnect(self, id: int | str) -> RemoteSession:
		return self._act(id, "disconnect")

	def restart(self, id: int | str) -> RemoteSession:
		return self._act(id, "restart")

	def delete_session(self, id: int | str) -> None:
		"""Removes the session, its credentials and its data on the server."""
		self._transport.payload(Call("DELETE", session_path(id)))

	def update_webhook(self, id: int | str, url: str, secret: str) -> None:
		hidden = Secret(secret)
		del secret
		path = session_path(id, "webhook")
		self._transport.payload(
			Call("PUT", path, body=without_blanks({"webhookUrl": url}, hidden), secrets=(hidden,))
		)

	def get_health(self) -> dict[str, Any]:
		"""Asked without the key."""
		return dict(self._transport.payload(Call("GET", "/health", with_key=False)))

	def _act(self, id: int | str, action: str) -> RemoteSession:
		payload = self._transport.payload(Call("POST", session_path(id, action), body={}))
		return require_session(id, parse_session(session_row(payload) or {}))

	def _read(self, id: int | str, path: str) -> RemoteSession:
		return require_session(id, read_session(self._transport.payload(Call("GET", path))))


def without_blanks(fields: Mapping[str, Any], secret: Secret) -> dict[str, Any]:
	"""Blank fields are left out, as the server refuses them; the secret joins what is sent."""
	filled = {name: value for name, value in fields.items() if value}
	return filled | ({"webhookSecret": secret.reveal()} if secret else {})
