from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .errors import AuthenticationError

MASK = "***"


class Secret:
	"""Holds a text that neither `repr`, `str` nor a traceback with locals shows."""

	__slots__ = ("_text",)

	def __init__(self, text: str | None) -> None:
		self._text = text.strip() if isinstance(text, str) else ""

	def __repr__(self) -> str:
		return "Secret(***)"

	def __bool__(self) -> bool:
		return bool(self._text)

	def reveal(self) -> str:
		return self._text

	def require_sendable(self) -> None:
		"""Raise unless the text can stand in an HTTP header as it is."""
		if not self:
			raise AuthenticationError("No API key is set", code="missing_key")
		if not all("!" <= character <= "~" for character in self._text):
			raise AuthenticationError("The API key has characters that no key can have", code="invalid_key")


class Received(dict[str, Any]):
	"""A JSON object of the server; a traceback with locals shows nothing of it."""

	def __repr__(self) -> str:
		return "Received(***)"


def redact(text: str, secrets: Iterable[Secret]) -> str:
	for secret in secrets:
		if secret:
			text = text.replace(secret.reveal(), MASK)
	return text
