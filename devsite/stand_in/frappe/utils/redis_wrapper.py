"""frappe.cache over an in-process Redis."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import fakeredis
from redis.exceptions import ConnectionError

import frappe


class RedisWrapper(fakeredis.FakeRedis):
	"""As Frappe's own, it does without Redis where that is gone: values, keys and deletions, not the raw commands."""

	def make_key(self, key: str) -> bytes:
		return f"{frappe.conf.db_name}|{key}".encode()

	def set_value(self, key: str, val: Any, expires_in_sec: int | None = None) -> None:
		name = self.make_key(key)
		if not expires_in_sec:
			frappe.local.cache[name] = val
		with suppress(ConnectionError):
			self.set(name, pickle.dumps(val), ex=expires_in_sec)

	def get_value(self, key: str, generator: Callable | None = None, *, expires: bool = False) -> Any:
		name = self.make_key(key)
		if name in frappe.local.cache:
			return frappe.local.cache[name]
		raw = None
		with suppress(ConnectionError):
			raw = self.get(name)
		val = None if raw is None else pickle.loads(raw)
		if val is None and generator:
			self.set_value(key, val := generator())
		if not expires:
			frappe.local.cache[name] = val
		return val

	def sadd(self, name: str, *values: str) -> None:
		super().sadd(self.make_key(name), *values)

	def srem(self, name: str, *values: Any) -> None:
		super().srem(self.make_key(name), *values)

	def smembers(self, name: str) -> set[bytes]:
		return super().smembers(self.make_key(name))

	def rpush(self, name: str, value: str) -> None:
		super().rpush(self.make_key(name), value)

	def lrange(self, name: str, start: int, end: int) -> list[bytes]:
		return super().lrange(self.make_key(name), start, end)

	def get_keys(self, key: str) -> list[bytes]:
		try:
			return self.keys(self.make_key(f"{key}*"))
		except ConnectionError:
			return []

	def delete_keys(self, key: str) -> None:
		self.delete_value(self.get_keys(key), make_keys=False)

	def delete_value(self, keys: Any, make_keys: bool = True) -> None:
		names = (
			[self.make_key(key) for key in ([keys] if isinstance(keys, str) else keys)] if make_keys else keys
		)
		for name in names:
			frappe.local.cache.pop(name, None)
		if names:
			with suppress(ConnectionError):
				self.delete(*names)


cache = RedisWrapper(server=fakeredis.FakeServer())
