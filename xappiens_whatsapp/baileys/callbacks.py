from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import NotFoundError, RejectedError, ServerError
from .parsing import parse_count, parse_text
from .transport import Call

if TYPE_CHECKING:
	from .client import BaileysClient


@dataclass(frozen=True)
class Callback:
	"""What the server got from a webhook: an HTTP status, or a `cause` in dns, refused, tls, timeout, reset."""

	status: int | None
	cause: str


def request_callback(client: BaileysClient, session_id: str) -> Callback | None:
	"""Have the server call the webhook of a session now; None where it offers no route for that in its features."""
	path = client.get_features().webhook_test
	if not path:
		return None
	call = Call("POST", path, body={"sessionId": session_id})
	try:
		answer = client._transport.answer(call)
	except (NotFoundError, RejectedError):
		return None
	except ServerError as error:
		if error.status == 404:
			return None
		raise
	data = (answer.payload or {}).get("data")
	data = data if isinstance(data, Mapping) else {}
	return Callback(
		parse_count(data.get("status")), parse_text(data.get("cause")) or parse_text(data.get("error"))
	)
