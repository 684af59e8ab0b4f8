"""The links of a chain in the words of people: the client's checks, and ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from frappe import _

from xappiens_whatsapp import permissions
from xappiens_whatsapp.baileys import checks
from xappiens_whatsapp.baileys.checks import Check, Failed
from xappiens_whatsapp.baileys.errors import BaileysError, NotReadyError
from xappiens_whatsapp.diagnosis import words
from xappiens_whatsapp.server import failures
from xappiens_whatsapp.server.causes import Cause


def failed(cause: Cause) -> Failed:
	"""`cause` in the language of whoever reads."""
	return Failed(cause.sentence, remedy=cause.remedy)


def measured(check: str, step: Callable[[], str]) -> Check:
	return checks.measured(check, step, failed_by)


def failed_by(error: BaileysError) -> Failed:
	"""The sentence names the remedy already, but for a code that only takes a moment."""
	if isinstance(error, NotReadyError):
		return failed(words.NO_QR_YET.said())
	sentence = str(failures.translate(error, to_manager=permissions.is_manager()))
	return Failed(sentence, technical=str(error)[:100])


def of_client(check: Check) -> Check:
	"""A check of the client's in our words."""
	cause = words.PASSED[check.check].said() if check.ok else words.of(check)
	return replace(check, detail=cause.sentence, remedy=cause.remedy, technical=check.detail)


def answer_of(check: Check) -> dict[str, Any]:
	"""As callers get it; `technical` is what the client found, in English, for administrators."""
	return {
		"check": check.check,
		"label": _(words.LABELS[check.check]),
		"ok": check.ok,
		"detail": check.detail,
		"remedy": check.remedy,
		"milliseconds": check.milliseconds,
		"technical": check.technical,
	}
