from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from requests.certs import where  # type: ignore[attr-defined]

from .addresses import HEALTH, SESSIONS, normalise_base_url
from .answers import read_page
from .checks import Check, Failed, measured
from .envelope import Reply
from .errors import (
	AuthenticationError,
	BaileysError,
	NotFoundError,
	RateLimitedError,
	UnavailableError,
)
from .models import RateLimit
from .parsing import parse_text
from .redaction import Secret
from .transport import Call, Transport

CODES: tuple[tuple[type[BaileysError], str], ...] = (
	(AuthenticationError, "key_refused"),
	(NotFoundError, "not_found"),
)


class Probe:
	"""The steps of a connection test; each leaves behind what the next one needs."""

	def __init__(self, base_url: str, key: Secret, timeout: float, hooks: Mapping[str, Any]) -> None:
		self._base_url = base_url
		self._key = key
		self._timeout = timeout
		self._hooks = hooks
		self._addresses: list[Any] = []
		self._socket: Any = None

	def steps(self) -> Iterator[tuple[str, Callable[[], str]]]:
		yield "dns", self.resolve
		yield "tcp", self.connect
		if self._base_url.strip().lower().startswith("https:"):
			yield "tls", self.shake_hands
		yield "http", self.ask_health
		yield "key", self.ask_with_key

	def close(self) -> None:
		if self._socket:
			self._socket.close()

	def resolve(self) -> str:
		parts = urlsplit(normalise_base_url(self._base_url))
		self._host = parts.hostname or ""
		port = parts.port or (443 if parts.scheme == "https" else 80)
		try:
			self._addresses = socket.getaddrinfo(self._host, port, type=socket.SOCK_STREAM)
		except OSError:
			raise Failed(f"The name {self._host} cannot be found", code="dns") from None
		return ", ".join(dict.fromkeys(str(address[4][0]) for address in self._addresses))

	def connect(self) -> str:
		failure = Failed("The name has no address", code="dns")
		for family, kind, protocol, _name, address in self._addresses:
			self._socket = socket.socket(family, kind, protocol)
			self._socket.settimeout(self.longest_wait())
			try:
				self._socket.connect(address)
				return f"{address[0]} port {address[1]}"
			except OSError as error:
				failure = refusal(error, address)
				self._socket.close()
		raise failure

	def longest_wait(self) -> float:
		seconds_left = self._hooks.get("seconds_left")
		return max(0.001, min(self._timeout, seconds_left() if seconds_left else self._timeout))

	def shake_hands(self) -> str:
		context = ssl.create_default_context(cafile=where())
		self._socket.settimeout(self.longest_wait())
		try:
			secured = context.wrap_socket(self._socket, server_hostname=self._host)
		except TimeoutError:
			raise Failed("The TLS handshake took too long", code="timeout") from None
		except ssl.SSLCertVerificationError as error:
			raise Failed(f"The certificate was not accepted: {error.verify_message}", code="tls") from None
		except OSError as error:
			raise Failed(
				f"The TLS handshake failed: {getattr(error, 'reason', None) or error.strerror}",
				code="tls",
			) from None
		self._socket = secured
		certificate = secured.getpeercert() or {}
		return f"{secured.version()}, certificate valid until {certificate.get('notAfter')}"

	def ask_health(self) -> str:
		health = self.answer(Call("GET", HEALTH, with_key=False)).payload or {}
		words = (parse_text(health.get(name)) for name in ("message", "version"))
		return " ".join(word for word in words if word)[:100] or "answers"

	def ask_with_key(self) -> str:
		self._key.require_sendable()
		call = Call("GET", SESSIONS, query={"page": 1, "limit": 1})
		page = read_page(1, self.answer(call))
		return "accepted" if page.total is None else f"accepted, {page.total} sessions"

	def answer(self, call: Call) -> Reply:
		transport = Transport(
			self._base_url,
			self._key,
			timeout=self._timeout,
			connect_timeout=self._timeout,
			retries=0,
			**self._hooks,
		)
		try:
			return transport.answer(call)
		finally:
			transport.close()


def probe(
	base_url: str,
	api_key: str,
	*,
	timeout: float,
	before_request: Callable[[], object] | None = None,
	after_response: Callable[[RateLimit], object] | None = None,
	seconds_left: Callable[[], float] | None = None,
) -> Iterator[Check]:
	"""The steps of reaching the server one by one, up to and with the first that fails.

	The hooks are those of `BaileysClient`; `/health` takes no key and counts against no limit, so they are not called for it.
	"""
	hooks = {
		"before_request": before_request,
		"after_response": after_response,
		"seconds_left": seconds_left,
	}
	run = Probe(base_url, Secret(api_key), timeout, hooks)
	del api_key
	try:
		for name, step in run.steps():
			check = measured(name, step, failed_by)
			yield check
			if not check.ok:
				return
	finally:
		run.close()


def failed_by(error: BaileysError) -> Failed:
	if isinstance(error, RateLimitedError):
		return Failed(str(error), code="rate_limited", retry_after=error.retry_after)
	return Failed(str(error), code=code_of(error))


def refusal(error: OSError, address: tuple[Any, ...]) -> Failed:
	where = f"{address[0]} port {address[1]}"
	if isinstance(error, TimeoutError):
		return Failed(f"{where} did not answer in time", code="timeout")
	if isinstance(error, ConnectionRefusedError):
		return Failed(f"{where} refuses connections", code="refused")
	return Failed(f"{where} cannot be reached: {error.strerror}", code="refused")


def code_of(error: BaileysError) -> str:
	"""Our own codes are in lower case and say more than the class."""
	if isinstance(error, UnavailableError):
		return error.cause
	if error.code.islower():
		return error.code
	return next((code for kind, code in CODES if isinstance(error, kind)), error.code or "server_error")
