"""One visit of the person who holds a pairing link, and has no account here."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, NoReturn

import frappe
from frappe import _
from frappe.utils import sha256_hash

from xappiens_whatsapp.baileys.errors import NotFoundError, NotReadyError
from xappiens_whatsapp.server import features, gateway
from xappiens_whatsapp.sessions import creation, identity, pairing_codes, qr_codes, states, story
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.sessions.pairing_links import (
	TOKEN_BYTES,
	PairingLinkInvalid,
	entry_of,
	key_of_digest,
	revoke,
)
from xappiens_whatsapp.site import shared

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import PairingCode

ASK_SERVER_EVERY = 4
ASK_SELDOM = 12
ASK_AGAIN_AFTER = 5


class Visit:
	"""One request of the person who holds the link; raises unless link and browser are the right ones.

	Only a click of the person binds the link to their browser (`opening`): mail scanners load pages and run scripts.
	"""

	def __init__(self, token: str, *, opening: bool = False) -> None:
		digest = sha256_hash(token)
		session = frappe.cache.get_value(key_of_digest(digest), expires=True)
		entry = entry_of(session) if session else None
		doc = identity.find_record(session) if entry else None
		if doc is None or not hmac.compare_digest(entry["digest"], digest):
			raise_invalid()
		self.doc = doc
		self.entry = entry
		self.browser = frappe.request.cookies.get(self.name_of_cookie()) or ""
		if opening:
			self.bind_browser()
		self.check_browser()

	def bind_browser(self) -> None:
		"""The first browser gets a cookie of its own; without that cookie nobody comes in any more."""
		seconds = max(1, qr_codes.seconds_left(self.entry["expires_at"]))
		browser = secrets.token_urlsafe(TOKEN_BYTES)
		if not shared.claim(self.key_of_browser(), seconds, sha256_hash(browser)):
			return
		self.browser = browser
		frappe.local.cookie_manager.set_cookie(
			self.name_of_cookie(), browser, max_age=seconds, httponly=True, samesite="Strict"
		)

	def check_browser(self) -> None:
		bound_to = shared.read(self.key_of_browser())
		if not bound_to:
			raise_not_opened()
		if not hmac.compare_digest(bound_to, sha256_hash(self.browser)):
			raise_opened_elsewhere()

	def name_of_cookie(self) -> str:
		return f"whatsapp_link_{self.entry['digest'][:12]}"

	def key_of_browser(self) -> str:
		return f"{shared.LINK}_browser:{self.entry['digest']}"

	def look(self) -> dict[str, object]:
		"""The state and, while the session waits for a scan, its code; asks the server no oftener than need be."""
		code, retry_after = None, ASK_AGAIN_AFTER
		if not self.entry["used"] and self.is_server_due():
			code, retry_after = self.ask_server()
		if self.entry["used"] or self.doc.status == states.CONNECTED:
			return answer(states.CONNECTED)
		if self.doc.status not in states.DOWN:
			code = code or qr_codes.cached(self.doc)
		if code:
			story.keep_code_shown(self.doc.name)
		return answer(self.doc.status, code, retry_after)

	def request_code(self, phone_number: str) -> PairingCode:
		"""For a phone whose camera is not at hand; a session that is linked already gives none."""
		if self.entry["used"]:
			raise_invalid()
		return pairing_codes.request(Link(self.doc, gateway.connect_to_server(background=True)), phone_number)

	def is_server_due(self) -> bool:
		return shared.claim(self.key_of_turn(), ASK_SERVER_EVERY)

	def key_of_turn(self) -> str:
		return f"{shared.LINK}_asked:{self.doc.name}"

	def ask_server(self) -> tuple[qr_codes.CachedCode | None, int]:
		link = Link(self.doc, gateway.connect_to_server(background=True))
		self.learn_state(link)
		if self.doc.status in (*states.DOWN, states.CONNECTED):
			return None, ASK_AGAIN_AFTER
		try:
			code = qr_codes.cached(self.doc) or qr_codes.fetch(link)
			features.of(link.client)
			return code, ASK_AGAIN_AFTER
		except NotFoundError:
			return None, ASK_AGAIN_AFTER
		except NotReadyError as error:
			return None, max(ASK_AGAIN_AFTER, round(error.retry_after))

	def learn_state(self, link: Link) -> None:
		"""A server that cannot say the state, as some right after a create, costs a look at its list: ask it seldom."""
		try:
			link.look()
		except NotFoundError:
			if not link.number:
				self.end()
			shared.keep(self.key_of_turn(), ASK_SELDOM)

	def renew(self) -> None:
		"""A session whose codes ran out offers new ones; what is linked or being linked stays as it is."""
		if self.entry["used"] or self.doc.status not in states.DOWN:
			return
		try:
			creation.reconnect(Link(self.doc, gateway.connect_to_server(background=True)))
		except NotFoundError:
			self.end()

	def end(self) -> NoReturn:
		"""The server has no such session any more, and guests create none."""
		revoke(self.doc.name)
		raise_invalid()


def answer(
	state: str, code: qr_codes.CachedCode | None = None, retry_after: int | None = None
) -> dict[str, object]:
	return {
		"state": state,
		"qr": code and code["qr_code"],
		"expires_at": code and code["expires_at"],
		"retry_after": None if code else retry_after,
		"features": {"pairing_code": bool(code) and features.known().pairing_code},
	}


def raise_invalid() -> NoReturn:
	frappe.throw(
		_("This link is no longer valid. Ask the person who sent it to you for a new one."),
		PairingLinkInvalid,
	)


def raise_not_opened() -> NoReturn:
	frappe.throw(_("Open the link in a browser, and press Show the Code there first."), PairingLinkInvalid)


def raise_opened_elsewhere() -> NoReturn:
	frappe.throw(
		_("This link was opened in another browser before, and works only there. Ask for a new one."),
		PairingLinkInvalid,
	)
