"""What the server accepts in paths, queries and bodies."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from .answers import Refusal

SESSION_ID = re.compile(r"[A-Za-z0-9_-]{3,100}")
PHONE_NUMBER = re.compile(r"[0-9]{8,15}")
CHAT = re.compile(r"[0-9]{5,20}|[0-9]{5,20}@(s\.whatsapp\.net|c\.us|lid)|[0-9-]{5,40}@g\.us")
NUMBER = re.compile(r"[1-9][0-9]{0,15}")
LIST_STATUSES = ("disconnected", "connecting", "connected", "qr_code", "error", "rate_limited")

Check = Callable[[Any], str]


def numeric_id(text: str) -> int:
	if not NUMBER.fullmatch(text):
		raise Refusal(400, details={"id": "requires numeric id"})
	return int(text)


def page_of(arguments: dict[str, str]) -> tuple[int, int, str]:
	status = arguments.get("status", "")
	page = _whole(arguments.get("page", "1"))
	limit = _whole(arguments.get("limit", "10"))
	wrong = {}
	if page is None:
		wrong["page"] = "debe ser un entero desde 1"
	if limit is None or limit > 100:
		wrong["limit"] = "debe ser un entero entre 1 y 100"
	if status and status not in LIST_STATUSES:
		wrong["status"] = "valor no permitido"
	refuse(wrong)
	return page, limit, status


def refuse(wrong: dict[str, str]) -> None:
	if wrong:
		raise Refusal(400, details=wrong)


def checked(body: dict[str, Any], checks: dict[str, Check], required: tuple[str, ...] = ()) -> dict[str, Any]:
	missing = {name: "obligatorio" for name in required if name not in body}
	wrong = {name: check(body[name]) for name, check in checks.items() if name in body}
	refuse(missing | {name: reason for name, reason in wrong.items() if reason})
	return {name: body[name] for name in checks if name in body}


def session_id(value: Any) -> str:
	return "" if isinstance(value, str) and SESSION_ID.fullmatch(value) else "formato no válido"


def phone_number(value: Any) -> str:
	return "" if isinstance(value, str) and PHONE_NUMBER.fullmatch(value) else "móvil no válido"


def own_number(value: Any) -> str:
	"""In full: a national number begins with 0 in many places, and no country's code does."""
	return phone_number(value) or ("móvil no válido" if value.startswith("0") else "")


def chat(value: Any) -> str:
	return "" if isinstance(value, str) and CHAT.fullmatch(value) else "número o JID no válido"


def text_type(value: Any) -> str:
	return "" if value == "text" else "el sandbox solo envía texto"


def length(shortest: int, longest: int) -> Check:
	def check(value: Any) -> str:
		fits = isinstance(value, str) and shortest <= len(value.strip()) and len(value) <= longest
		return "" if fits else f"longitud entre {shortest} y {longest}"

	return check


def texts(value: Any) -> str:
	fits = isinstance(value, list) and all(isinstance(text, str) for text in value)
	return "" if fits else "debe ser una lista de textos"


def boolean(value: Any) -> str:
	return "" if isinstance(value, bool) else "debe ser verdadero o falso"


def webhook_url(value: Any) -> str:
	"""HTTPS as on the real server, and plain HTTP to this machine, where a development site listens."""
	try:
		address = urlsplit(value if isinstance(value, str) else "")
		host, _port = address.hostname or "", address.port
	except ValueError:
		return "URL no válida"
	if not host or address.scheme not in ("http", "https"):
		return "URL no válida"
	return "" if address.scheme == "https" or is_loopback(host) else "debe usar HTTPS"


def is_loopback(host: str) -> bool:
	if host == "localhost" or host.endswith(".localhost"):
		return True
	try:
		return ipaddress.ip_address(host).is_loopback
	except ValueError:
		return False


WEBHOOK_FIELDS: dict[str, Check] = {
	"webhookUrl": webhook_url,
	"webhookSecret": length(16, 255),
	"webhookEvents": texts,
}
CREATE_FIELDS: dict[str, Check] = {
	"sessionId": session_id,
	"sessionName": length(1, 255),
	"phoneNumber": phone_number,
	"fromFrappe": boolean,
	**WEBHOOK_FIELDS,
}


def _whole(text: str) -> int | None:
	return int(text) if NUMBER.fullmatch(text) else None
