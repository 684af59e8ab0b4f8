from __future__ import annotations

import re
from urllib.parse import SplitResult, quote, urlsplit

from .errors import InvalidAddressError, RejectedError

LONGEST_ID = 255
RESERVED_IDS = ("stats", "frappe")
"""Literal siblings of the id in the server's routes."""
SESSIONS = "/api/sessions"
HEALTH = "/health"


def normalise_base_url(base_url: str) -> str:
	"""`https://host[:port][/prefix]` without a trailing slash and without the `/api` that the paths bring."""
	problem = problem_of(base_url)
	if problem:
		raise InvalidAddressError(f"The server address {problem}", code="invalid_address")
	parts = urlsplit(base_url.strip())
	path = parts.path.rstrip("/").removesuffix("/api").rstrip("/")
	return f"{parts.scheme}://{parts.netloc}{path}"


def problem_of(base_url: object) -> str:
	if not isinstance(base_url, str) or not base_url.strip():
		return "is empty"
	if re.search(r"[\s\\\x00-\x1f\x7f]", base_url.strip()):
		return "has a space, a backslash or a control character"
	try:
		return problem_of_parts(urlsplit(base_url.strip()))
	except ValueError:
		return "cannot be read: check host and port"


def problem_of_parts(parts: SplitResult) -> str:
	if parts.scheme not in ("http", "https"):
		return "must begin with http:// or https://"
	if "@" in parts.netloc:
		return "must not carry a user name or a password"
	if not parts.hostname or not is_host(parts.hostname):
		return "has no valid host name"
	if parts.port == 0:
		return "has no valid port"
	if parts.query or parts.fragment:
		return "must not have a query or a fragment"
	if any(segment in (".", "..") for segment in parts.path.split("/")):
		return "must not have . or .. in its path"
	return ""


def is_host(host: str) -> bool:
	if ":" in host:
		return True
	try:
		encoded = host.encode("idna").decode("ascii")
	except UnicodeError:
		return False
	return re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?", encoded) is not None


def session_path(session: int | str, *rest: str) -> str:
	"""The path below the base URL; the id is one segment, whatever characters it has."""
	return "/".join((SESSIONS, encode_id(session), *rest))


def messages_path(session_id: str, *rest: str) -> str:
	return "/".join(("/api/messages", encode_id(session_id), *rest))


def encode_id(session: int | str) -> str:
	text = str(session) if is_id_like(session) else ""
	encoded = ""
	if text.strip() and len(text) <= LONGEST_ID and text not in RESERVED_IDS:
		encoded = quote(text.encode("utf-8", "replace"), safe="")
	if not encoded:
		raise RejectedError("This cannot be the id of a session", code="invalid_id")
	return encoded.replace(".", "%2E") if set(encoded) == {"."} else encoded


def is_id_like(session: object) -> bool:
	if isinstance(session, bool):
		return False
	return isinstance(session, str) or (isinstance(session, int) and session > 0)
