"""frappe.cache over an in-process Redis."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import fakeredis

import frappe

SERVER = fakeredis.FakeServer()


class RedisWrapper(fakeredis.FakeRedis):
	def __call__(self) -> RedisWrapper:
		return self

	def connected(self) -> bool:
		return bool(self.ping())

	def make_key(self, key: Any, user: Any = None, shared: bool = False) -> Any:
		if shared:
			return key
		if user:
			key = f"user:{frappe.session.user if user is True else user}:{key}"
		return f"{frappe.conf.db_name}|{key}".encode()

	def set_value(
		self, key: str, val: Any, user: Any = None, expires_in_sec: int | None = None, shared: bool = False
	) -> None:
		name = self.make_key(key, user, shared)
		if not expires_in_sec:
			frappe.local.cache[name] = val
		self.set(name, pickle.dumps(val), ex=expires_in_sec or None)

	def get_value(
		self,
		key: str,
		generator: Callable | None = None,
		user: Any = None,
		expires: bool = False,
		shared: bool = False,
	) -> Any:
		name = self.make_key(key, user, shared)
		if name in frappe.local.cache:
			return frappe.local.cache[name]
		raw = self.get(name)
		val = None if raw is None else pickle.loads(raw)
		if expires:
			return val
		if val is None and generator:
			val = generator()
			self.set_value(key, val, user=user, shared=shared)
		frappe.local.cache[name] = val
		return val

	def get_keys(self, key: str) -> list[bytes]:
		return self.keys(self.make_key(f"{key}*"))

	def delete_keys(self, key: str) -> None:
		self.delete_value(self.get_keys(key), make_keys=False)

	def delete_value(self, keys: Any, user: Any = None, make_keys: bool = True, shared: bool = False) -> None:
		if not keys:
			return
		keys = keys if isinstance(keys, list | tuple) else (keys,)
		names = [self.make_key(key, user, shared) if make_keys else key for key in keys]
		for name in names:
			frappe.local.cache.pop(name, None)
		self.delete(*names)

	delete_key = delete_value

	def hset(
		self, name: str, key: str | None = None, value: Any = None, shared: bool = False, **kwargs: Any
	) -> None:
		if kwargs:
			raise NotImplementedError("frappe.cache.hset(mapping, items) is not provided by devsite")
		if key is None:
			return
		full = self.make_key(name, shared=shared)
		frappe.local.cache.setdefault(full, {})[key] = value
		super().hset(full, key, pickle.dumps(value))

	def hget(self, name: str, key: str, generator: Callable | None = None, shared: bool = False) -> Any:
		full = self.make_key(name, shared=shared)
		known = frappe.local.cache.setdefault(full, {})
		if not key or key in known:
			return known.get(key)
		raw = super().hget(full, key)
		if raw is not None:
			known[key] = pickle.loads(raw)
			return known[key]
		if generator:
			self.hset(name, key, value := generator(), shared=shared)
			return value
		return None

	def hdel(self, name: str, key: str, shared: bool = False) -> None:
		full = self.make_key(name, shared=shared)
		frappe.local.cache.get(full, {}).pop(key, None)
		super().hdel(full, key)

	def hgetall(self, name: str) -> dict:
		return {key: pickle.loads(raw) for key, raw in super().hgetall(self.make_key(name)).items()}

	def hexists(self, name: str, key: str, shared: bool = False) -> bool:
		return super().hexists(self.make_key(name, shared=shared), key)

	def hkeys(self, name: str) -> list:
		return super().hkeys(self.make_key(name))

	def exists(self, *names: str, user: Any = None, shared: bool = False) -> int:
		return super().exists(*(self.make_key(name, user, shared) for name in names))


def _with_made_key(method: str) -> Callable:
	def prefixed(self: RedisWrapper, name: str, *args: Any) -> Any:
		return getattr(fakeredis.FakeRedis, method)(self, self.make_key(name), *args)

	return prefixed


for _method in ("lpush", "rpush", "lpop", "rpop", "llen", "lrange", "ltrim", "sadd", "srem", "sismember"):
	setattr(RedisWrapper, _method, _with_made_key(_method))
for _method in ("spop", "srandmember", "smembers"):
	setattr(RedisWrapper, _method, _with_made_key(_method))

cache = RedisWrapper(server=SERVER)
