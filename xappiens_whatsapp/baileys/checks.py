"""A chain of checks as rows: one for each link, whether it holds, why not, and how long it took to see."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from .errors import BaileysError


@dataclass(frozen=True)
class Check:
	"""One link; `ok` is None for what could not be tried.

	`code` is the cause in one word and `retry_after` the seconds to wait, as the client says it. `remedy` and `technical` (what
	the client found, in English) are for those who put it in other words.
	"""

	check: str
	ok: bool | None
	detail: str
	milliseconds: float = 0.0
	code: str = ""
	retry_after: float | None = None
	remedy: str = ""
	technical: str = ""


class Failed(Exception):
	"""A link that does not hold; `fields` are further ones of its row."""

	ok: bool | None = False

	def __init__(self, detail: str, **fields: object) -> None:
		super().__init__(detail)
		self.fields = fields


class NotChecked(Failed):
	"""Nothing is known to be wrong, and nothing was seen to work."""

	ok = None


def measured(check: str, step: Callable[[], str], failed_by: Callable[[BaileysError], Failed]) -> Check:
	"""`step` says what it found, or raises; `failed_by` puts into words what the client raised."""
	started = time.perf_counter()
	row = outcome_of(check, step, failed_by)
	return replace(row, milliseconds=round((time.perf_counter() - started) * 1000, 1))


def outcome_of(check: str, step: Callable[[], str], failed_by: Callable[[BaileysError], Failed]) -> Check:
	try:
		return Check(check, True, step())
	except Failed as error:
		failure = error
	except BaileysError as error:
		failure = failed_by(error)
	return Check(check, failure.ok, str(failure), **failure.fields)
