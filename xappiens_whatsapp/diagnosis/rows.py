"""One row for each link of a chain: what was looked at, whether it holds, why not and what to do, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xappiens_whatsapp.baileys.errors import BaileysError, NotReadyError
from xappiens_whatsapp.diagnosis import words

if TYPE_CHECKING:
	from xappiens_whatsapp.diagnosis.words import Cause

Row = dict[str, Any]


class Failed(Exception):
	"""A link of the chain that does not hold, and why."""

	def __init__(self, cause: Cause) -> None:
		super().__init__(cause.sentence)
		self.cause = cause


class NotChecked(Exception):
	"""Nothing is known to be wrong, and nothing was seen to work."""


def measured(check: str, step: Callable[[], str]) -> Row:
	started = time.perf_counter()
	ok, cause, technical = outcome_of(step)
	return row(check, ok, cause, (time.perf_counter() - started) * 1000, technical)


def outcome_of(step: Callable[[], str]) -> tuple[bool | None, Cause, str]:
	try:
		return True, words.Cause(step(), ""), ""
	except NotChecked as reason:
		return None, words.Cause(str(reason), ""), ""
	except Failed as failure:
		return False, failure.cause, ""
	except NotReadyError:
		return False, words.no_qr_yet(), ""
	except BaileysError as error:
		return False, words.from_error(error), str(error)[:100]


def row(check: str, ok: bool | None, cause: Cause, milliseconds: float = 0.0, technical: str = "") -> Row:
	"""`ok` is None for what could not be tried; `technical` is what the client found, in English, for administrators."""
	return {
		"check": check,
		"label": words.label_of(check),
		"ok": ok,
		"detail": cause.sentence,
		"remedy": cause.remedy,
		"milliseconds": round(milliseconds, 1),
		"technical": technical,
	}
