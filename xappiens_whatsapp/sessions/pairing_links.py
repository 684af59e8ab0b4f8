"""One-time links with which a person without an account scans the QR code of one session.

Kept in the cache only, as hashes: a link lives for minutes, and when the cache loses it, it is dead, never too alive.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple, TypedDict

import frappe
from frappe.utils import sha256_hash

from xappiens_whatsapp.sessions import qr_codes, states
from xappiens_whatsapp.site import address, shared

if TYPE_CHECKING:
	from werkzeug.wrappers import Request, Response

	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

PAGE = "whatsapp-link"
API = "xappiens_whatsapp.api.pairing."
LONGEST_MINUTES = 60
TOKEN_BYTES = 32
HEADERS = {
	"Cache-Control": "no-store",
	"Referrer-Policy": "no-referrer",
	"X-Robots-Tag": "noindex, nofollow, noarchive",
	"X-Content-Type-Options": "nosniff",
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
	" connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}


class PairingLinkInvalid(frappe.ValidationError):
	"""Unknown, expired, revoked, used, or opened in another browser before."""

	http_status_code = 410


class LinkEntry(TypedDict):
	"""`digest`: SHA-256 of the token, which itself is kept nowhere; `expires_at`: ISO 8601, UTC; `used`: the phone is linked."""

	digest: str
	expires_at: str
	used: bool


class NewLink(NamedTuple):
	"""`expires_at` is ISO 8601, UTC."""

	url: str
	expires_at: str


def create(doc: WhatsAppSession, minutes: int, language: str | None) -> NewLink:
	"""The newest link is the only one of its session."""
	token = secrets.token_urlsafe(TOKEN_BYTES)
	expires_at = qr_codes.isoformat(datetime.now(timezone.utc) + timedelta(minutes=minutes))
	store(doc.name, LinkEntry(digest=sha256_hash(token), expires_at=expires_at, used=False))
	query = f"?_lang={language}" if language else ""
	return NewLink(f"{address.of_site()}/{PAGE}{query}#{token}", expires_at)


def store(session: str, entry: LinkEntry) -> None:
	seconds = max(1, qr_codes.seconds_left(entry["expires_at"]))
	frappe.cache.set_value(key_of_session(session), entry, expires_in_sec=seconds)
	frappe.cache.set_value(key_of_digest(entry["digest"]), session, expires_in_sec=seconds)


def revoke(session: str) -> bool:
	"""Whether there was a link that still worked."""
	was_alive = is_alive(entry_of(session))
	frappe.cache.delete_value(key_of_session(session))
	return was_alive


def entry_of(session: str) -> LinkEntry | None:
	return frappe.cache.get_value(key_of_session(session), expires=True)


def is_alive(entry: LinkEntry | None) -> bool:
	return bool(entry) and not entry["used"] and qr_codes.seconds_left(entry["expires_at"]) > 0


def key_of_session(session: str) -> str:
	return f"{shared.LINK}_of:{session}"


def key_of_digest(digest: str) -> str:
	return f"{shared.LINK}:{digest}"


def note_state(doc: WhatsAppSession | frappe._dict) -> None:
	"""Once the phone is linked, the link shows no code any more, whatever happens to the session afterwards."""
	if doc.status == states.CONNECTED and is_alive(entry := entry_of(doc.name)):
		store(doc.name, {**entry, "used": True})


def protect_response(response: Response, request: Request) -> None:
	"""Nothing of the page or its calls is to be cached, indexed, framed, or told to another site."""
	if response is not None and (is_page(request.path) or is_call(request.path)):
		response.headers.update(HEADERS)


def is_page(path: str) -> bool:
	return path.strip("/").removesuffix(".html") == PAGE


def is_call(path: str) -> bool:
	"""By any version of the API, or in the old way with the function's name as an argument of any path."""
	return API in path or str(frappe.form_dict.get("cmd") or "").startswith(API)
