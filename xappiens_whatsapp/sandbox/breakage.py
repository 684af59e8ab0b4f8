"""Carries out the faults that spoil an answer on its way to the client."""

from __future__ import annotations

import os
import socket
import struct
from typing import Any

from werkzeug.wrappers import Request, Response

from .answers import DEFAULT_ERRORS, Answer, Refusal, failure, refusal
from .faults import Fault
from .limits import exhausted_headers

HTML_PAGE = (
	"<html>\r\n<head><title>{0}</title></head>\r\n<body><center><h1>{0}</h1></center></body>\r\n</html>\r\n"
)
HTML_TITLES = {
	502: "502 Bad Gateway",
	503: "503 Service Temporarily Unavailable",
	504: "504 Gateway Time-out",
}
CHALLENGE_PAGE = (
	"<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1>"
	'<script>document.cookie = "challenge=1"; location.reload();</script></body></html>\n'
)
CHALLENGES = {
	"html": (CHALLENGE_PAGE, "text/html"),
	"json": ('{"message": "No API key found in request"}', "application/json"),
	"text": ("access denied", "text/plain"),
	"empty": ("", "text/plain"),
}
MEGABYTE = b" " * 1_000_000
OTHER_SESSION = {"id": 1, "sessionId": "otra_sesion_0001"}


def response_of(answer: Answer) -> Response:
	mimetype = None if answer.status == 204 else "application/json"
	return Response(answer.encoded(), answer.status, answer.headers, mimetype=mimetype)


def replacement(fault: Fault, request: Request, now: float, limit: int) -> Response:
	details = fault.details
	if fault.kind == "reset":
		reset(request)
	if fault.kind == "rate_limit":
		return response_of(_too_many_requests(details, now, limit))
	if fault.kind in ENVELOPES:
		return response_of(ENVELOPES[fault.kind](details, now))
	return PAGES[fault.kind](details)


def _http_error(details: dict[str, Any], now: float) -> Answer:
	status = int(details.get("status", 500))
	refusal = Refusal(
		status, details.get("code", ""), details.get("error", ""), details=details.get("details")
	)
	return failure(refusal, now, text_key=details.get("text_key", "error"))


def _refused(details: dict[str, Any], now: float) -> Answer:
	return failure(refusal(details["name"]), now)


def _too_many_requests(details: dict[str, Any], now: float, limit: int) -> Answer:
	answer = failure(Refusal(429), now)
	answer.headers = exhausted_headers(limit, float(details.get("reset", 30)), now)
	if "retry_after" in details:
		answer.headers["Retry-After"] = str(details["retry_after"])
	return answer


def _html_page(details: dict[str, Any]) -> Response:
	status = int(details.get("status", 502))
	title = HTML_TITLES.get(status) or f"{status} {DEFAULT_ERRORS.get(status, ('', 'Error'))[1]}"
	return Response(HTML_PAGE.format(title), status, mimetype="text/html")


def _challenge(details: dict[str, Any]) -> Response:
	"""What something in front of the server says, not in the server's envelope."""
	body, mimetype = CHALLENGES[details.get("form", "html")]
	return Response(body, int(details.get("status", 403)), mimetype=mimetype)


def _redirect(details: dict[str, Any]) -> Response:
	location = details.get("location", "http://elsewhere.example/")
	return Response("", int(details.get("status", 302)), {"Location": location})


def _huge(details: dict[str, Any]) -> Response:
	megabytes = int(details.get("megabytes", 10))
	start, end = b'{"success": true, "data": {}', b"}"
	length = len(start) + megabytes * len(MEGABYTE) + len(end)
	chunks = (start, *[MEGABYTE] * megabytes, end)
	return Response(iter(chunks), 200, {"Content-Length": str(length)}, mimetype="application/json")


def _not_json(details: dict[str, Any]) -> Response:
	return Response(str(details.get("text", "esto no es JSON")), 200, mimetype="application/json")


ENVELOPES = {"http": _http_error, "refusal": _refused}
PAGES = {
	"html": _html_page,
	"challenge": _challenge,
	"redirect": _redirect,
	"huge": _huge,
	"not_json": _not_json,
}


def reset(request: Request) -> None:
	"""Close the connection so that the client's kernel sees RST instead of an orderly end."""
	connection = request.environ["werkzeug.socket"]
	connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
	os.close(connection.detach())
	raise ConnectionResetError("reset by a fault of the sandbox")


def altered(fault: Fault, response: Response) -> Response:
	if fault.kind == "truncated":
		response.set_data(_half(response))
	elif fault.kind == "cut":
		response.response = iter([_half(response)])
	return response


def _half(response: Response) -> bytes:
	body = response.get_data()
	return body[: len(body) // 2]


def of_another_session(value: Any) -> Any:
	"""The same answer with every identifier replaced."""
	if isinstance(value, list):
		return [of_another_session(entry) for entry in value]
	if not isinstance(value, dict):
		return value
	return {key: OTHER_SESSION.get(key, of_another_session(entry)) for key, entry in value.items()}
