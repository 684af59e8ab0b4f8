"""What clients sent, kept for those who test them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

MASKED_HEADERS = ("X-Api-Key", "Authorization")


@dataclass(frozen=True)
class RecordedRequest:
	"""`path` is as it went over the wire, still percent-encoded, without the query."""

	method: str
	path: str
	headers: Headers
	body: bytes
	at: float
	query: str = ""

	@property
	def json(self) -> Any:
		return json.loads(self.body)

	def as_dict(self) -> dict[str, Any]:
		"""For reading over HTTP, where nobody has to show a key: keys are masked."""
		headers = {name: "***" if name in MASKED_HEADERS else value for name, value in self.headers.items()}
		text = {"body": self.body.decode("utf-8", "replace"), "query": self.query}
		return {"method": self.method, "path": self.path, "headers": headers, "at": self.at} | text


def recorded(request: Request, body: bytes, at: float) -> RecordedRequest:
	path, _question_mark, query = request.environ["RAW_URI"].partition("?")
	return RecordedRequest(request.method, path, Headers(request.headers), body, at, query)
