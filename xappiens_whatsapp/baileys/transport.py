from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from .addresses import normalise_base_url
from .clock import clock_of
from .deadline import Deadline, WatchedAdapter
from .envelope import Reply, failure_of, read_reply
from .errors import BaileysError, InvalidAddressError, ReadOnlyError, TimedOutError, UnavailableError
from .models import RateLimit
from .ratelimits import read_rate_limit
from .redaction import Secret, redact
from .retries import next_attempt, reads_again

LARGEST_BODY = 8 * 1024 * 1024
CHUNK = 64 * 1024
OUT_OF_TIME = "out_of_time"
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "xappiens_whatsapp"}
TROUBLE = (OSError, HTTPError, HTTPException, ValueError)
WORDS_BY_CAUSE = {
	"dns": "its name cannot be found",
	"refused": "nothing accepts connections there",
	"tls": "its TLS certificate or protocol was not accepted",
	"timeout": "no whole answer in time",
	"reset": "the connection broke off",
}


class KeyAuth(AuthBase):
	def __init__(self, key: Secret) -> None:
		self._key = key

	def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
		request.headers["X-API-Key"] = self._key.reveal()
		return request

	def __repr__(self) -> str:
		return "KeyAuth(***)"


@dataclass(frozen=True)
class Call:
	"""A request as the client means it: `path` is encoded already, `body` and `secrets` show in no `repr`."""

	method: str
	path: str
	query: Mapping[str, Any] = field(default_factory=dict)
	headers: Mapping[str, str] = field(default_factory=dict)
	body: Mapping[str, Any] | None = field(default=None, repr=False)
	secrets: tuple[Secret, ...] = ()
	with_key: bool = True


class Transport:
	"""The only place that speaks HTTP: sends a call, retries where it may, hands back the payload or raises."""

	def __init__(
		self,
		base_url: str,
		key: Secret,
		*,
		timeout: float,
		connect_timeout: float,
		retries: int,
		before_request: Callable[[], object] | None = None,
		after_response: Callable[[RateLimit], object] | None = None,
		seconds_left: Callable[[], float] | None = None,
		read_only: bool = False,
	) -> None:
		self.base_url = normalise_base_url(base_url)
		self._key = key
		self._timeout = timeout
		self._connect_timeout = connect_timeout
		self._retry = reads_again(retries)
		self._before_request = before_request
		self._after_response = after_response
		self._seconds_left = seconds_left
		self._read_only = read_only
		self._session = make_session()

	def close(self) -> None:
		self._session.close()

	def answer(self, call: Call) -> Reply:
		"""The answer to a call that succeeded; everything else raises."""
		if self._read_only and call.method != "GET":
			raise ReadOnlyError("This client only reads", code="read_only")
		reply = self._send(call)
		failure = failure_of(reply, lambda text: redact(text, (self._key, *call.secrets)))
		if failure:
			raise failure
		return reply

	def _send(self, call: Call) -> Reply:
		"""However many attempts there are, together they end within the two timeouts, and within the seconds that are left."""
		end = time.monotonic() + self._longest()
		retry = self._retry
		while True:
			outcome = self._attempt(call, end - time.monotonic())
			again = None
			if isinstance(outcome, Reply | UnavailableError):
				again = next_attempt(retry, call.method, outcome)
			if again is None or time.monotonic() + again[1] >= end:
				break
			retry, wait = again
			time.sleep(wait)
		if isinstance(outcome, BaileysError):
			if isinstance(outcome, TimedOutError) and self._seconds_left and self._seconds_left() <= 0:
				outcome.code = OUT_OF_TIME
			raise outcome
		return outcome

	def _longest(self) -> float:
		longest = self._connect_timeout + self._timeout
		left = self._seconds_left() if self._seconds_left else longest
		if left <= 0:
			raise TimedOutError("No seconds are left for this call", cause="timeout", code=OUT_OF_TIME)
		return min(longest, left)

	def _attempt(self, call: Call, seconds: float) -> Reply | BaileysError:
		"""What is asked without the key counts against no limit of it."""
		if self._before_request and call.with_key:
			self._before_request()
		outcome = self._exchange(call, seconds)
		if isinstance(outcome, Reply) and self._after_response and call.with_key:
			self._after_response(read_rate_limit(outcome.headers))
		return outcome

	def _exchange(self, call: Call, seconds: float) -> Reply | BaileysError:
		"""Failures are handed back, not raised: an exception raised here would carry the request with its key."""
		reply, cause = None, "timeout"
		with Deadline(seconds) as deadline:
			try:
				reply = self._receive(call, seconds)
			except TROUBLE as trouble:
				cause = cause_of(trouble)
		if reply and not deadline.expired:
			return reply
		sent = deadline.connected and call.method != "GET"
		return self._unavailable("timeout" if deadline.expired else cause, sent)

	def _receive(self, call: Call, seconds: float) -> Reply:
		timeouts = (min(self._connect_timeout, seconds), min(self._timeout, seconds))
		with self._session.send(
			self._prepare(call), timeout=timeouts, allow_redirects=False, stream=True
		) as response:
			clock = clock_of(response.headers)
			body = read_body(response)
			reply = read_reply(call.method, response.status_code, response.headers, body)
			return replace(reply, clock=clock)

	def _prepare(self, call: Call) -> requests.PreparedRequest:
		"""`requests` would decode and collapse dots in the path, so the path is put in afterwards."""
		request = requests.Request(
			call.method,
			self.base_url,
			params=dict(call.query),
			headers=dict(call.headers),
			data=None if call.body is None else json.dumps(call.body).encode(),
			auth=KeyAuth(self._key) if call.with_key else None,
		)
		prepared = self._session.prepare_request(request)
		if call.body is not None:
			prepared.headers["Content-Type"] = "application/json"
		url = urlsplit(str(prepared.url))
		prepared.url = url._replace(path=url.path.rstrip("/") + call.path).geturl()
		return prepared

	def _unavailable(self, cause: str, outcome_unknown: bool) -> BaileysError:
		if cause == "address":
			return InvalidAddressError(
				f"{self.base_url} cannot be used as an address", code="invalid_address"
			)
		kind = TimedOutError if cause == "timeout" else UnavailableError
		message = f"{self.base_url} cannot be reached: {WORDS_BY_CAUSE[cause]}"
		return kind(message, cause=cause, outcome_unknown=outcome_unknown)


class PlainSession(requests.Session):
	def get_redirect_target(self, response: requests.Response) -> None:
		"""Even unasked, `requests` reads the whole body of a redirect and parses where it leads."""


def make_session() -> requests.Session:
	"""Without what the environment says of proxies and passwords, and without cookies: two calls have nothing in common."""
	session = PlainSession()
	session.trust_env = False
	session.headers.update(HEADERS)
	session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
	session.mount("http://", WatchedAdapter())
	session.mount("https://", WatchedAdapter())
	return session


def read_body(response: requests.Response) -> bytes | None:
	"""None where it is larger than any answer of the contract can be."""
	body = bytearray()
	for chunk in response.iter_content(CHUNK):
		body += chunk
		if len(body) > LARGEST_BODY:
			return None
	declared = response.headers.get("Content-Length", "")
	if declared.isdecimal() and "Content-Encoding" not in response.headers and len(body) < int(declared):
		raise ConnectionResetError("The answer ended early")
	return bytes(body)


def cause_of(trouble: BaseException) -> str:
	"""One of the words of `UnavailableError.cause`, or `address` for a URL that cannot be one."""
	chain = list(links_of(trouble))
	for kinds, cause in CAUSES:
		if any(isinstance(link, kinds) for link in chain):
			return cause
	return "reset"


def links_of(trouble: BaseException) -> Iterator[BaseException]:
	"""The exception and everything that it was made from, however the library at hand keeps it."""
	pending, seen = [trouble], set()
	while pending:
		link = pending.pop()
		if id(link) in seen:
			continue
		seen.add(id(link))
		yield link
		candidates: Iterable[object] = (
			link.__cause__,
			link.__context__,
			getattr(link, "reason", None),
			*link.args,
		)
		pending += [candidate for candidate in candidates if isinstance(candidate, BaseException)]


CAUSES: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
	((requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema), "address"),
	((socket.gaierror,), "dns"),
	((ConnectionRefusedError,), "refused"),
	((TimeoutError, requests.Timeout, ConnectTimeoutError), "timeout"),
	((ssl.SSLError, requests.exceptions.SSLError), "tls"),
	((NewConnectionError,), "refused"),
)
