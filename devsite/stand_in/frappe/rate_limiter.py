from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import frappe
from frappe import _


def rate_limit(
	key: str | None = None,
	limit: int | Callable = 5,
	seconds: int = 24 * 60 * 60,
	methods: str | list = "ALL",
	ip_based: bool = True,
) -> Callable:
	def decorate(fn: Callable) -> Callable:
		@wraps(fn)
		def wrapper(*args: Any, **kwargs: Any) -> Any:
			if frappe.local.request and (methods == "ALL" or frappe.local.request.method in methods):
				_count(_identity(key, ip_based), limit() if callable(limit) else limit, seconds)
			return fn(*args, **kwargs)

		return wrapper

	return decorate


def _identity(key: str | None, ip_based: bool) -> str:
	user_key = frappe.form_dict.get(key, "")
	parts = [frappe.local.request_ip if ip_based else None, user_key if key else None]
	identity = ":".join(part for part in parts if part is not None)
	if not identity:
		frappe.throw(_("Either key or IP flag is required."))
	return identity


def _count(identity: str, limit: int, seconds: int) -> None:
	name = frappe.cache.make_key(f"rl:{frappe.form_dict.cmd}:{identity}")
	frappe.cache.set(name, 0, ex=seconds, nx=True)
	if frappe.cache.incrby(name, 1) > limit:
		message = _("You hit the rate limit because of too many requests. Please try after sometime.")
		frappe.throw(message, frappe.RateLimitExceededError)


__getattr__ = frappe._missing.refuse(__name__)
