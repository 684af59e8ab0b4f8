"""How often one address may call, and which address that is."""

import functools
import ipaddress
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import frappe
from frappe import _
from redis.exceptions import RedisError

from xappiens_whatsapp.site import shared

P = ParamSpec("P")
R = TypeVar("R")

WINDOW = 60
LONGEST_ADDRESS = 64


def a_minute(calls: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
	"""So many calls a minute from one address; raises `RateLimitExceededError` (429)."""

	def decorate(function: Callable[P, R]) -> Callable[P, R]:
		@functools.wraps(function)
		def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
			if frappe.request:
				count(function.__qualname__, calls)
			return function(*args, **kwargs)

		return wrapper

	return decorate


def count(what: str, calls: int) -> None:
	"""Not by Frappe's own `rate_limit`, which takes the caller's word for the address, see `caller`."""
	try:
		counted = shared.count(f"whatsapp_calls:{what}:{caller()}:{int(time.time()) // WINDOW}", WINDOW)
	except RedisError:
		return
	if counted > calls:
		frappe.throw(_("Too many requests. Try again in a minute."), frappe.RateLimitExceededError)


def caller() -> str:
	"""The address that called the nearest proxy, or this site where none is in front of it.

	The last address of `X-Forwarded-For` was added by that proxy; whatever stands before it the caller may have written.
	"""
	peer = frappe.request.remote_addr or ""
	forwarded = frappe.request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
	return (forwarded if forwarded and may_be_proxy(peer) else peer)[:LONGEST_ADDRESS]


def may_be_proxy(peer: str) -> bool:
	"""One of this machine or its network; by a socket of the file system there is no address."""
	try:
		return ipaddress.ip_address(peer).is_private
	except ValueError:
		return True
