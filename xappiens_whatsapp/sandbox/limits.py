"""Fixed windows per API key, reported in the headers that the contract names."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass

from .answers import Refusal

WINDOW = 60.0
GENERAL_WINDOW = 900.0
GENERAL_LIMIT = 1000


@dataclass
class Window:
	seconds: float
	opened_at: float = -math.inf
	used: int = 0

	def count(self, now: float) -> None:
		if now >= self.closes_at:
			self.opened_at, self.used = now, 0
		self.used += 1

	@property
	def closes_at(self) -> float:
		return self.opened_at + self.seconds


class RateLimiter:
	"""Only the bucket of a minute refuses; the general one is reported, and holds what the minutes allow."""

	def __init__(self, limit: int) -> None:
		self.limit = limit
		self._lock = threading.Lock()
		self._minutes: dict[str, Window] = {}
		self._general: dict[str, Window] = {}

	def count(self, key: str, now: float) -> tuple[bool, dict[str, str]]:
		with self._lock:
			minute = self._minutes.setdefault(key, Window(WINDOW))
			general = self._general.setdefault(key, Window(GENERAL_WINDOW))
			minute.count(now)
			general.count(now)
			return minute.used <= self.limit, self._headers(minute, general, now)

	def shift(self, seconds: float) -> None:
		"""The clock was set; a window stays open as long as before."""
		with self._lock:
			for window in (*self._minutes.values(), *self._general.values()):
				window.opened_at += seconds

	def _headers(self, minute: Window, general: Window, now: float) -> dict[str, str]:
		general_limit = max(GENERAL_LIMIT, self.limit * math.ceil(GENERAL_WINDOW / WINDOW))
		return {
			"RateLimit-Policy": f"{general_limit};w={GENERAL_WINDOW:.0f}",
			"RateLimit-Limit": str(general_limit),
			"RateLimit-Remaining": str(max(general_limit - general.used, 0)),
			"RateLimit-Reset": str(math.ceil(general.closes_at - now)),
			"X-RateLimit-Limit": str(self.limit),
			"X-RateLimit-Remaining": str(max(self.limit - minute.used, 0)),
			"X-RateLimit-Reset": str(math.ceil(minute.closes_at)),
		}


class MessageLimiter:
	"""Texts a minute per session; its windows are reported in no header."""

	def __init__(self, limit: int) -> None:
		self.limit = limit
		self._windows: dict[str, Window] = {}

	def check(self, session_id: str, now: float) -> None:
		window = self._windows.setdefault(session_id, Window(WINDOW))
		window.count(now)
		if window.used > self.limit:
			raise Refusal(429, "MESSAGE_RATE_LIMIT_EXCEEDED", "Demasiados mensajes")

	def shift(self, seconds: float) -> None:
		for window in self._windows.values():
			window.opened_at += seconds


def exhausted_headers(limit: int, seconds: float, now: float) -> dict[str, str]:
	return {
		"X-RateLimit-Limit": str(limit),
		"X-RateLimit-Remaining": "0",
		"X-RateLimit-Reset": str(math.ceil(now + seconds)),
		"RateLimit-Reset": str(math.ceil(seconds)),
	}
