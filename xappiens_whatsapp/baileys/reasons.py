"""Why a session is down, from wherever an answer or a webhook says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .parsing import LONGEST_WORD, is_nothing, parse_text

KEYS = ("disconnectCode", "statusCode", "disconnectReason", "reason")
KEYS_WITHIN = ("statusCode", "reason", "message", "output", "payload", "error", "data", "code")
DEEPEST = 6
PREFIX = re.compile(r"(\w*error: |boom: |disconnectreason\.)+", re.I)
CODES = range(400, 10_000)
CODE_BY_NAME = {
	"loggedout": 401,
	"logout": 401,
	"forbidden": 403,
	"connectionlost": 408,
	"timedout": 408,
	"multidevicemismatch": 411,
	"connectionclosed": 428,
	"connectionreplaced": 440,
	"badsession": 500,
	"unavailableservice": 503,
	"restartrequired": 515,
}


def read_reason(row: Mapping[str, Any]) -> tuple[int | None, str | None]:
	"""Baileys' number and the word as it came; the number also where only the name in its enum was given.

	Webhooks of this repository's gateway have the number in `code`, where an error envelope has a word.
	"""
	said = [
		text for value in values_in(row) if (text := parse_text(value, LONGEST_WORD)) and not is_nothing(text)
	]
	word = next((text for text in said if not text.lstrip("-").isdecimal()), None)
	numbers = (code_in(text) for text in [*said, parse_text(row.get("code"))])
	code = next((number for number in numbers if number), None) or CODE_BY_NAME.get(bare(word or ""))
	return code, word


def values_in(row: Mapping[str, Any]) -> Iterator[object]:
	"""`lastDisconnect` is Baileys' own `{error: {output: {statusCode}}}`, or what a server made of it; often it is a date."""
	for key in KEYS:
		yield from values_within(row.get(key), DEEPEST)
	last = row.get("lastDisconnect")
	if isinstance(last, Mapping) or is_of_baileys(parse_text(last)):
		yield from values_within(last, DEEPEST)


def values_within(value: object, depth: int) -> Iterator[object]:
	if not isinstance(value, Mapping):
		yield value
	elif depth:
		for key in KEYS_WITHIN:
			yield from values_within(value.get(key), depth - 1)


def is_of_baileys(text: str) -> bool:
	return bool(code_in(text) or CODE_BY_NAME.get(bare(text)))


def code_in(text: str) -> int | None:
	"""200 and 0 are no reasons."""
	return int(text) if re.fullmatch(r"[0-9]{3,4}", text) and int(text) in CODES else None


def bare(word: str) -> str:
	"""Its letters, by which servers and Baileys agree on it, without what JavaScript writes before an error's words and the enum's name."""
	return re.sub(r"[^a-z]", "", PREFIX.sub("", word.strip()).lower())
