"""Totals of the whole site for a monitor: they only grow, until Redis is emptied."""

from contextlib import suppress

from redis.exceptions import RedisError

from xappiens_whatsapp.site import shared

KEPT_FOR = 366 * 24 * 3600
DROPS = "drops"


def add(name: str) -> None:
	"""Without Redis nothing is counted, and nothing fails."""
	with suppress(RedisError):
		shared.count(key_of(name), KEPT_FOR)


def read(name: str) -> int:
	"""Raises `RedisError`."""
	return int(shared.read(key_of(name)) or 0)


def webhook(result: str) -> str:
	return f"webhook:{result}"


def key_of(name: str) -> str:
	return f"whatsapp_total:{name}"
