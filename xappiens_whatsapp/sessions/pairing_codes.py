"""Eight characters to type into the phone, in place of a picture to scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frappe import _
from redis.exceptions import RedisError

from xappiens_whatsapp.baileys.errors import NotFoundError
from xappiens_whatsapp.server import features
from xappiens_whatsapp.server.exceptions import GatewayRateLimited, GatewayRejected
from xappiens_whatsapp.sessions import states, story
from xappiens_whatsapp.site import shared

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import PairingCode
	from xappiens_whatsapp.sessions.link import Link

CODES_AT_MOST = 5
WITHIN = 10 * 60


def request(link: Link, phone_number: str) -> PairingCode:
	"""The newest code is the only one that works; it is kept nowhere here.

	Raises `GatewayRejected` where the server does not offer codes or the session does not wait for a phone, and
	`GatewayRateLimited` after five codes for one session within ten minutes.
	"""
	if not features.of(link.client).pairing_code:
		raise not_offered()
	link.look()
	require_waiting(link)
	count_code(link)
	try:
		code = link.reach(lambda identifier: link.client.request_pairing_code(identifier, phone_number))
	except NotFoundError:
		if not link.number:
			raise
		raise not_offered() from None
	story.keep_code_shown(link.doc.name, story.TO_TYPE)
	return code


def not_offered() -> GatewayRejected:
	return GatewayRejected(_("This server gives no codes to type. Scan the QR code."))


def require_waiting(link: Link) -> None:
	if link.doc.status == states.CONNECTED:
		raise GatewayRejected(_("The session is connected already; no code is needed."))
	if link.doc.status in states.DOWN:
		raise GatewayRejected(_("The session does not wait for a phone. Press Connect first."))


def count_code(link: Link) -> None:
	try:
		given = shared.count(f"whatsapp_pairing_codes:{link.doc.name}", WITHIN)
	except RedisError:
		return
	if given > CODES_AT_MOST:
		failure = GatewayRateLimited(
			_("{0} codes were given for this session within ten minutes. Scan the QR code, or wait.").format(
				CODES_AT_MOST
			)
		)
		failure.retry_after = WITHIN
		raise failure
