"""Whether the server can call this site: from the settings to the server's own call, up to the first cause."""

from __future__ import annotations

import ipaddress
import json
import socket
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import frappe
from frappe import _

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.baileys.callbacks import request_callback
from xappiens_whatsapp.baileys.checks import Check, NotChecked
from xappiens_whatsapp.baileys.transport import TROUBLE, cause_of, make_session
from xappiens_whatsapp.baileys.webhooks import SIGNATURE_HEADERS, sign
from xappiens_whatsapp.diagnosis import words
from xappiens_whatsapp.diagnosis.rows import failed, measured
from xappiens_whatsapp.server import budget, gateway
from xappiens_whatsapp.server.causes import Cause
from xappiens_whatsapp.sessions import refused_calls, webhooks
from xappiens_whatsapp.site import secrets
from xappiens_whatsapp.site import settings as site_settings

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_settings.whatsapp_settings import (
		WhatsAppSettings,
	)

LONGEST_CALL = 10.0
TEST_EVENT = {"event": "webhook.test", "data": {}}
REFUSED = ("401", "403", "429")


def check_webhook() -> list[Check]:
	"""Rows like those of the connection test; `ok` is None for what could not be tried."""
	settings = site_settings.uncached()
	rows: list[Check] = []
	for check, step in steps(settings):
		rows.append(measured(check, step))
		if rows[-1].ok is False:
			break
	return [*rows, *refused_rows()]


def refused_rows() -> list[Check]:
	"""One for each cause why calls were refused here in the last day; `ok` is None when calls arrive again."""
	return [refused_row(refused) for refused in refused_calls.found()]


def refused_row(refused: refused_calls.Refused) -> Check:
	sentence, remedy = words.REFUSED_CALLS[refused["cause"]].said()
	since = _("Since {0}: {1} calls refused.").format(refused["since"], refused["count"])
	ok = None if refused["is_over"] else False
	return Check("refused", ok, f"{sentence} {since}", remedy=remedy)


def steps(settings: WhatsAppSettings) -> Iterator[tuple[str, Callable[[], str]]]:
	yield "settings", lambda: check_settings(settings)
	yield "address", lambda: check_address(settings)
	yield "answer", lambda: check_answer(settings)
	yield "callback", lambda: check_callback(registered_session())


def check_settings(settings: WhatsAppSettings) -> str:
	if missing := settings.what_is_missing():
		raise failed(words.incomplete(missing))
	if not settings.webhook_enabled:
		raise failed(
			words.incomplete(_("Webhooks are switched off. Tick Receive Webhooks in WhatsApp Settings."))
		)
	if problem := secrets.problem_with("webhook_secret"):
		raise failed(words.incomplete(problem))
	return _("The settings are complete.")


def check_address(settings: WhatsAppSettings) -> str:
	address = check_scheme(settings)
	try:
		places = addresses_of(urlsplit(address).hostname)
	except OSError:
		raise failed(not_called(address, "dns")) from None
	if not webhooks.is_loopback(settings.api_base_url) and not any(place.is_global for place in places):
		raise failed(words.PRIVATE_ADDRESS.said(places[0]))
	return _("The name in the address {0} was found.").format(address)


def check_scheme(settings: WhatsAppSettings) -> str:
	"""The address that the server is given, when it is one that the server may call."""
	address = settings.webhook_url
	if not webhooks.may_be_called(address, settings.api_base_url):
		raise failed(words.not_https(address))
	return address


def addresses_of(host: str | None) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
	found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
	return [ipaddress.ip_address(entry[4][0].partition("%")[0]) for entry in found]


def check_answer(settings: WhatsAppSettings) -> str:
	"""A call signed as the server would sign it."""
	timeout = max(0.001, min(LONGEST_CALL, settings.timeout_seconds, budget.seconds_left()))
	secret = secrets.read("webhook_secret")
	if problem := problem_with(settings.webhook_url, secret, timeout):
		raise failed(not_called(settings.webhook_url, problem))
	return _("This site accepts a call with the right signature.")


def problem_with(address: str, secret: str, timeout: float) -> str:
	"""The cause in one word, or the HTTP status of an answer that is not ours; "" when all is well."""
	body = json.dumps({**TEST_EVENT, "timestamp": time.time()}).encode()
	headers = {"Content-Type": "application/json", SIGNATURE_HEADERS[0]: sign(body, secret)}
	try:
		with make_session() as http:
			status = http.post(
				address, data=body, headers=headers, timeout=timeout, allow_redirects=False
			).status_code
	except TROUBLE as trouble:
		return cause_of(trouble)
	return "" if status == 200 else str(status)


def registered_session() -> str | None:
	return frappe.db.get_value(SESSION, {"session_db_id": (">", 0)}, "session_id", order_by="session_id asc")


def check_callback(session_id: str | None) -> str:
	if session_id is None:
		raise NotChecked(_("No session is on the server yet, so it has nothing to call for."))
	callback = request_callback(gateway.connect_to_server(), session_id)
	if callback is None:
		raise NotChecked(
			_("This server has no test of its own; a change of a session will show whether it calls.")
		)
	if callback.status != 200:
		address = site_settings.uncached().webhook_url
		raise failed(not_called(address, callback.cause or str(callback.status), by_server=True))
	return _("The server called back and was understood.")


def not_called(address: str, problem: str, *, by_server: bool = False) -> Cause:
	if problem in REFUSED:
		return (words.SIGNS_OTHERWISE if by_server else words.REFUSED_ON_THE_WAY).said()
	return words.not_called_back(address, problem)
