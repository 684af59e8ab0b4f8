from __future__ import annotations

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
	"""Have the server call the webhook of a session now; None where it cannot be asked to."""
	call = Call("POST", "/sandbox/webhook-test", body={"sessionId": session_id})
	try:
		payload = client._transport.payload(call)
	except (NotFoundError, RejectedError):
		return None
	except ServerError as error:
		if error.status == 404:
			return None
		raise
	data = payload.get("data") or {}
	return Callback(parse_count(data.get("status")), parse_text(data.get("error")))
