"""What all workers and machines decide on together, in Redis, in one step each.

Frappe's `set_value` and `get_value` cannot say "only if nobody did before" or count, so this is the one place that uses the
raw commands. Every key is made by `make_key`, which carries the site. Raises `RedisError` where there is no Redis.
"""

from __future__ import annotations

import frappe

LINK = "whatsapp_link"
SERVER_DOWN = "whatsapp_server_down"
LAST_PASS = "whatsapp_last_pass"
REFUSED = "whatsapp_refused"
PROOF = "whatsapp_proof"
KEPT = (LINK, SERVER_DOWN, LAST_PASS, REFUSED, PROOF)
"""What keys begin with that `clear-cache` leaves alone: `persistent_cache_keys` of the hooks."""


def claim(key: str, seconds: int, value: str = "1") -> bool:
	"""Whether the caller is the first to take the key; it is taken for so many seconds."""
	made = frappe.cache.make_key(key)
	# nosemgrep: frappe-cache-breaks-multitenancy
	return bool(frappe.cache.set(made, value, ex=seconds, nx=True))


def release(key: str) -> None:
	frappe.cache.delete(frappe.cache.make_key(key))


def keep(key: str, seconds: int) -> None:
	frappe.cache.expire(frappe.cache.make_key(key), seconds)


def write(key: str, value: str, seconds: int) -> None:
	made = frappe.cache.make_key(key)
	frappe.cache.set(made, value, ex=seconds)  # nosemgrep: frappe-cache-breaks-multitenancy


def read(key: str) -> str:
	""" "" when there is nothing."""
	made = frappe.cache.make_key(key)
	value = frappe.cache.get(made)  # nosemgrep: frappe-cache-breaks-multitenancy
	return (value or b"").decode()


def count(key: str, seconds: int, by: int = 1) -> int:
	"""The counter after adding `by`; it is forgotten so many seconds after the last count."""
	made = frappe.cache.make_key(key)
	total = frappe.cache.incrby(made, by)
	frappe.cache.expire(made, seconds)
	return int(total)


def add(key: str, member: str, seconds: int) -> None:
	"""To a set that is forgotten so many seconds after the last addition."""
	frappe.cache.sadd(key, member)
	keep(key, seconds)


def members(key: str) -> list[str]:
	return sorted(member.decode() for member in frappe.cache.smembers(key))


def discard(key: str, member: str) -> None:
	frappe.cache.srem(key, member)


def take(key: str) -> list[str]:
	"""What is in the set, which is empty of it afterwards."""
	members = frappe.cache.smembers(key)
	if members:
		frappe.cache.srem(key, *members)
	return sorted(member.decode() for member in members)
