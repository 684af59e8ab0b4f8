"""One-time links with which a person without an account scans the QR code of one session.

Kept in the cache only, as hashes: a link lives for minutes, and when the cache loses it, it is dead, never too alive.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple, NoReturn, TypedDict

import frappe
from frappe import _
from frappe.utils import get_url, sha256_hash

from xappiens_whatsapp.baileys.errors import NotFoundError, NotReadyError
from xappiens_whatsapp.sessions import creation, identity, qr_codes, states
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.site import shared

if TYPE_CHECKING:
	from werkzeug.wrappers import Request, Response

	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

PAGE = "whatsapp-link"
API = "/api/method/xappiens_whatsapp.api.pairing."
LONGEST_MINUTES = 60
TOKEN_BYTES = 32
ASK_SERVER_EVERY = 4
ASK_SELDOM = 12
ASK_AGAIN_AFTER = 5
STOPPED = (states.DISCONNECTED, states.ERROR)
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
	digest: str
	expires_at: str
	used: bool


class NewLink(NamedTuple):
	url: str
	expires_at: str


def create(doc: WhatsAppSession, minutes: int, language: str | None) -> NewLink:
	"""The newest link is the only one of its session."""
	token = secrets.token_urlsafe(TOKEN_BYTES)
	expires_at = qr_codes.isoformat(datetime.now(timezone.utc) + timedelta(minutes=minutes))
	store(doc.name, LinkEntry(digest=sha256_hash(token), expires_at=expires_at, used=False))
	query = f"?_lang={language}" if language else ""
	return NewLink(f"{get_url('/' + PAGE)}{query}#{token}", expires_at)


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
	return f"whatsapp_link_of:{session}"


def key_of_digest(digest: str) -> str:
	return f"whatsapp_link:{digest}"


class Visit:
	"""One request of the person who holds the link; raises unless link and browser are the right ones."""

	def __init__(self, token: str) -> None:
		digest = sha256_hash(token)
		session = frappe.cache.get_value(key_of_digest(digest), expires=True)
		entry = entry_of(session) if session else None
		doc = identity.find_record(session) if entry else None
		if doc is None or not hmac.compare_digest(entry["digest"], digest):
			raise_invalid()
		self.doc = doc
		self.entry = entry
		self.bind_browser()

	def bind_browser(self) -> None:
		"""The first browser gets a cookie of its own; without that cookie nobody comes in any more."""
		name = f"whatsapp_link_{self.entry['digest'][:12]}"
		seconds = max(1, qr_codes.seconds_left(self.entry["expires_at"]))
		browser = frappe.request.cookies.get(name)
		if not browser:
			browser = secrets.token_urlsafe(TOKEN_BYTES)
			frappe.local.cookie_manager.set_cookie(
				name, browser, max_age=seconds, httponly=True, samesite="Strict"
			)
		key = f"whatsapp_link_browser:{self.entry['digest']}"
		shared.claim(key, seconds, sha256_hash(browser))
		if not hmac.compare_digest(shared.read(key), sha256_hash(browser)):
			raise_opened_elsewhere()

	def look(self) -> dict[str, object]:
		"""The state and, while the session waits for a scan, its code; asks the server no oftener than need be."""
		code, retry_after = None, ASK_AGAIN_AFTER
		if not self.entry["used"] and self.is_server_due():
			code, retry_after = self.ask_server()
		if self.entry["used"] or self.doc.status == states.CONNECTED:
			return answer(states.CONNECTED)
		if self.doc.status not in STOPPED:
			code = code or qr_codes.cached(self.doc)
		return answer(self.doc.status, code, retry_after)

	def is_server_due(self) -> bool:
		return shared.claim(self.key_of_turn(), ASK_SERVER_EVERY)

	def key_of_turn(self) -> str:
		return f"whatsapp_link_asked:{self.doc.name}"

	def ask_server(self) -> tuple[qr_codes.CachedCode | None, int]:
		link = Link(self.doc)
		self.learn_state(link)
		if self.doc.status in (*STOPPED, states.CONNECTED):
			return None, ASK_AGAIN_AFTER
		try:
			return qr_codes.cached(self.doc) or qr_codes.fetch(link), ASK_AGAIN_AFTER
		except NotFoundError:
			return None, ASK_AGAIN_AFTER
		except NotReadyError as error:
			return None, max(ASK_AGAIN_AFTER, round(error.retry_after))

	def learn_state(self, link: Link) -> None:
		"""A server that cannot say the state, as some right after a create, costs a look at its list: ask it seldom."""
		try:
			link.learn(link.call(link.client.get_status))
		except NotFoundError:
			shared.keep(self.key_of_turn(), ASK_SELDOM)

	def renew(self) -> None:
		"""A session whose codes ran out offers new ones; what is linked or being linked stays as it is."""
		if not self.entry["used"] and self.doc.status in STOPPED:
			creation.connect(Link(self.doc))


def answer(
	state: str, code: qr_codes.CachedCode | None = None, retry_after: int | None = None
) -> dict[str, object]:
	return {
		"state": state,
		"qr": code and code["qr_code"],
		"expires_at": code and code["expires_at"],
		"retry_after": None if code else retry_after,
	}


def raise_invalid() -> NoReturn:
	frappe.throw(
		_("This link is no longer valid. Ask the person who sent it to you for a new one."),
		PairingLinkInvalid,
	)


def raise_opened_elsewhere() -> NoReturn:
	frappe.throw(
		_("This link was opened in another browser before, and works only there. Ask for a new one."),
		PairingLinkInvalid,
	)


def note_state(doc: WhatsAppSession) -> None:
	"""Once the phone is linked, the link shows no code any more, whatever happens to the session afterwards."""
	if doc.status == states.CONNECTED and is_alive(entry := entry_of(doc.name)):
		store(doc.name, {**entry, "used": True})


def protect_response(response: Response, request: Request) -> None:
	"""Nothing of the page or its calls is to be cached, indexed, framed, or told to another site."""
	if response is not None and (request.path.strip("/") == PAGE or request.path.startswith(API)):
		response.headers.update(HEADERS)
