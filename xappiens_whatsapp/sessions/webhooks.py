"""Where the server calls this site, and what it signs its calls with."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import frappe
from frappe import _

from xappiens_whatsapp.baileys.errors import NotFoundError, RefusedByState, RejectedError, ServerError
from xappiens_whatsapp.baileys.webhooks import ACK, CONNECTED, DISCONNECTED, QR
from xappiens_whatsapp.site import secrets, settings

if TYPE_CHECKING:
	from xappiens_whatsapp.sessions.link import Link
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_settings.whatsapp_settings import (
		WhatsAppSettings,
	)

METHOD = "xappiens_whatsapp.api.webhook.handle_webhook"
WEBHOOK_EVENTS = (CONNECTED, DISCONNECTED, QR, ACK)
REGISTRATION = "xappiens_whatsapp.background.jobs.register_webhooks"
SHORTEST_SECRET = 16
LONGEST_SECRET = 255


def is_webhook_secret(secret: str | None) -> bool:
	"""The server refuses every other length, and with it the session that it comes with."""
	return SHORTEST_SECRET <= len(secret or "") <= LONGEST_SECRET


def check_webhook_secret(secret: str) -> None:
	if not is_webhook_secret(secret):
		frappe.throw(
			_("The webhook secret must have {0} to {1} characters.").format(SHORTEST_SECRET, LONGEST_SECRET)
		)


def enqueue_registration(*, after: str = "", failed: str = "", round: int = 1) -> None:
	"""For every linked session, those named after `after`, or those that `failed` in an earlier round; once for each secret."""
	rotated_on = settings.uncached().webhook_secret_rotated_on
	frappe.enqueue(
		REGISTRATION,
		queue="long",
		job_id=f"whatsapp_webhooks:{rotated_on}:{after}:{round}",
		deduplicate=True,
		enqueue_after_commit=True,
		after=after,
		failed=failed,
		round=round,
	)


def webhook_arguments() -> dict[str, object]:
	"""Nothing when the server could not call this site: it accepts HTTPS addresses only, and we signed calls only."""
	stored = settings.current()
	secret = secrets.read("webhook_secret")
	if not stored.webhook_enabled or not is_webhook_secret(secret):
		return {}
	if not may_be_called(stored.webhook_url, stored.api_base_url):
		return {}
	return {
		"webhook_url": stored.webhook_url,
		"webhook_secret": secret,
		"webhook_events": WEBHOOK_EVENTS,
	}


def webhook_target(webhook_url: str | None, webhook_secret: str | None) -> tuple[str, str]:
	"""What to register: the arguments, or else this site's own address and secret."""
	stored = settings.current()
	url = (webhook_url or stored.webhook_url).strip()
	own_secret = secrets.read("webhook_secret")
	check_webhook_url(url, stored)
	if url == stored.webhook_url and webhook_secret not in (None, "", own_secret):
		frappe.throw(
			_(
				"This site accepts only calls that are signed with its own secret. Leave the secret out,"
				" or change it in WhatsApp Settings."
			)
		)
	if not webhook_secret and (problem := secrets.problem_with("webhook_secret")):
		frappe.throw(problem)
	check_webhook_secret(webhook_secret or own_secret)
	return url, webhook_secret or own_secret


def register_webhook(link: Link, url: str, secret: str) -> None:
	"""The number is verified first, or another session's calls would come here; a failure says nothing about the state."""
	identifier = link.existing()
	try:
		return update(link, identifier, url, secret)
	except NotFoundError as error:
		code, status = error.code, error.status
	raise ServerError("The server cannot change the webhook of a session", code=code, status=status)


def update(link: Link, identifier: int | str, url: str, secret: str) -> None:
	"""With the events that this version wants; a server that lets nobody change them keeps those of the session's creation."""
	try:
		return link.client.update_webhook(identifier, url, secret, WEBHOOK_EVENTS)
	except RejectedError as error:
		if isinstance(error, RefusedByState):
			raise
	link.client.update_webhook(identifier, url, secret)


def check_webhook_url(url: str, settings: WhatsAppSettings) -> None:
	if urlsplit(url).scheme not in ("http", "https") or not may_be_called(url, settings.api_base_url):
		frappe.throw(
			_("The server calls back to https:// addresses only; {0} is none.").format(
				frappe.utils.escape_html(url)
			)
		)


def may_be_called(webhook_url: str, api_base_url: str) -> bool:
	"""HTTPS, or both on this machine as in development."""
	return urlsplit(webhook_url).scheme == "https" or is_loopback(api_base_url)


def is_loopback(address: str) -> bool:
	"""Whether it names this machine."""
	host = urlsplit(address).hostname or ""
	return host in ("localhost", "::1") or host.startswith("127.") or host.endswith(".localhost")
