from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import frappe
from frappe import _


def rate_limit(*, limit: int, seconds: int) -> Callable:
	"""So many calls from one address; a call that is no request is not counted."""

	def decorate(fn: Callable) -> Callable:
		@wraps(fn)
		def wrapper(*args: Any, **kwargs: Any) -> Any:
			if frappe.local.request:
				name = frappe.cache.make_key(f"rl:{frappe.form_dict.cmd}:{frappe.local.request_ip}")
				frappe.cache.set(name, 0, ex=seconds, nx=True)
				if frappe.cache.incrby(name, 1) > limit:
					message = _(
						"You hit the rate limit because of too many requests. Please try after sometime."
					)
					frappe.throw(message, frappe.RateLimitExceededError)
			return fn(*args, **kwargs)

		return wrapper

	return decorate


__getattr__ = frappe._missing.refuse(__name__)
