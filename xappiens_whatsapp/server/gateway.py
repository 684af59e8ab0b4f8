"""The Frappe side of the client: the settings become a client, its errors leave as answers or exceptions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NoReturn, ParamSpec, TypeVar

import frappe
from frappe.utils.response import report_error
from werkzeug.wrappers import Response

from xappiens_whatsapp import SETTINGS, permissions
from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.addresses import normalise_base_url
from xappiens_whatsapp.baileys.errors import BaileysError, InvalidAddressError
from xappiens_whatsapp.server import budget, failures
from xappiens_whatsapp.server.exceptions import CopyOfASite, GatewayError
from xappiens_whatsapp.site import copies, sentences, settings, text

P = ParamSpec("P")
R = TypeVar("R")


def connect_to_server(*, background: bool = False, patience: float = 0.0) -> BaileysClient:
	"""A client for the configured server; nothing is sent yet.

	`background` work leaves part of the request budget to people; with `patience` it waits that many seconds for the budget before
	a call gives up, never in a web request. Calls wait as long as the settings say and end with the sixty seconds of a web request;
	they raise what `BaileysClient` raises, and `RateLimitedError` with the code `OWN_BUDGET` where the budget is used up. On a copy of
	a site the client only reads.

	Raises `DocTypeTakenOver`, and `frappe.ValidationError` while the settings are off, incomplete or unusable.
	"""
	stored = settings.current()
	key = stored.check_ready()
	budget.seconds_left()
	try:
		return BaileysClient(
			stored.api_base_url,
			key,
			timeout=stored.timeout_seconds,
			connect_timeout=min(10.0, stored.timeout_seconds),
			seconds_left=budget.seconds_left,
			read_only=copies.is_copy(),
			**budget.hooks(key, background=background, patience=patience),
		)
	except InvalidAddressError:
		stored.reject_address()


def refuse_on_copy() -> None:
	"""Before something that would change the server only later, in a job."""
	if words := copies.words():
		raise CopyOfASite(words)


def server_of(address: str) -> str:
	"""A fingerprint of the server's address, by which a number is bound to its server; the address itself is for managers only."""
	try:
		return frappe.utils.sha256_hash(normalise_base_url(address))[:16]
	except InvalidAddressError:
		return ""


def current_server() -> str:
	"""Of the address that the settings name now, past every cache: a job may have begun before they were changed."""
	return server_of(frappe.db.get_single_value(SETTINGS, "api_base_url", cache=False) or "")


def translates_errors(function: Callable[P, R]) -> Callable[P, R]:
	"""For whitelisted functions: what the client and the database raise leaves as a typed, translated Frappe error.

	Raised outside the `except` block, so that no traceback carries the frames of the HTTP call.
	"""

	@functools.wraps(function)
	def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
		try:
			return function(*args, **kwargs)
		except BaileysError as error:
			failure = failures.translate(error, to_manager=permissions.is_manager())
			server_code = failures.code_of(error)
		except (frappe.QueryDeadlockError, frappe.QueryTimeoutError):
			failure, server_code = failures.record_busy(), ""
		except GatewayError as error:
			if error.is_told:
				raise
			failure, server_code = error, ""
		tell(failure, server_code)

	return answers_failures(wrapper)


def answers_failures(function: Callable[P, R]) -> Callable[P, R | Response]:
	"""Over HTTP a failure is an answer with its status and words; everybody else gets the exception.

	Frappe makes the same answer of an exception, but from 500 on it keeps the traceback with all arguments in Error Log: that
	fills while a server is down, and the arguments may be secret.
	"""

	@functools.wraps(function)
	def wrapper(*args: P.args, **kwargs: P.kwargs) -> R | Response:
		try:
			text.check((args, kwargs))
			return function(*args, **kwargs)
		except GatewayError as failure:
			if not is_requested(function):
				raise
			frappe.db.rollback()
			return report_error(failure.http_status_code)
		except (frappe.ValidationError, frappe.DoesNotExistError, frappe.PermissionError) as refusal:
			sentences.make_readable(refusal)
			raise

	return wrapper


def is_requested(function: Callable[..., object]) -> bool:
	"""Whether a request names this very function, rather than one that calls it."""
	request = getattr(frappe.local, "request", None)
	name = f"{function.__module__}.{function.__qualname__}"
	return bool(request) and (name in request.path.split("/") or frappe.form_dict.get("cmd") == name)


def tell(failure: GatewayError, server_code: str = "") -> NoReturn:
	"""Raise to the person; `error_code` and `retry_after` stand beside the message in the HTTP answer."""
	frappe.local.flags.disable_traceback = True  # it would show the arguments, which may be secret
	frappe.local.response["error_code"] = server_code or failure.error_code
	if failure.retry_after:
		frappe.local.response["retry_after"] = failure.retry_after
	frappe.msgprint(str(failure), indicator="red")
	failure.is_told = True
	raise failure  # not by `frappe.throw`, which takes no exception but a class on earlier releases of Frappe 15
