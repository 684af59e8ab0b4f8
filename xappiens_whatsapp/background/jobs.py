"""What the background workers run, apart from the reconciliation and the alerts."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import frappe
from frappe.utils import now_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.background import jobs
from xappiens_whatsapp.baileys.client import LARGEST_PAGE
from xappiens_whatsapp.baileys.errors import AuthenticationError, BaileysError, UnavailableError
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import identity, nudges, records, states, webhooks
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.site import settings, transactions

if TYPE_CHECKING:
	from datetime import datetime

	from xappiens_whatsapp.baileys import BaileysClient
	from xappiens_whatsapp.baileys.models import RemoteSession

PATIENCE = 90.0
REGISTERS_FOR = 20 * 60


def refresh_waiting() -> None:
	"""After webhooks: where one pass over the list costs less than a call for each session, the list is read."""
	names = nudges.take_waiting()
	if len(names) <= math.ceil(frappe.db.count(SESSION) / LARGEST_PAGE):
		return refresh_one_by_one(names)
	asked_at = now_datetime()
	remotes = listed_sessions()
	for name in names:
		refresh_listed(name, remotes, asked_at)


def refresh_one_by_one(names: list[str]) -> None:
	for name in names:
		refresh_session(name)


@transactions.unless_busy()
def refresh_listed(name: str, remotes: dict[str, RemoteSession], asked_at: datetime) -> None:
	"""From the list where it vouches for the connection; why a session is down only the webhook or its own route says."""
	doc = identity.find_record(name)
	remote = remotes.get(doc.session_id) if doc else None
	if remote is None or remote.is_connected is None:
		refresh_session(name)
		return
	remote = with_reason(remote, nudges.take_reason(name))
	if says_why(remote) or not refresh_session(name):
		records.learn(doc, remote, asked_at)


def says_why(remote: RemoteSession) -> bool:
	is_down = states.status_of(remote) in (states.DISCONNECTED, states.ERROR)
	return bool(remote.disconnect_code) or not is_down


def listed_sessions() -> dict[str, RemoteSession]:
	"""By session id; empty when the server cannot be asked now."""
	if settings.what_is_missing():
		return {}
	try:
		client = gateway.connect_to_server(background=True)
		return {remote.session_id: remote for remote in client.iter_sessions()}
	except BaileysError:
		return {}


@transactions.unless_busy()
def refresh_session(session: str) -> bool:
	"""Ask the server what is true; what it cannot tell now the next reconciliation finds out."""
	doc = identity.find_record(session)
	if doc is None or settings.what_is_missing():
		return False
	link = Link(doc, gateway.connect_to_server(background=True))
	try:
		remote = link.call(link.client.get_status)
	except BaileysError:
		return False
	link.learn(with_reason(remote, nudges.take_reason(session)))
	return True


def with_reason(remote: RemoteSession, reason: str) -> RemoteSession:
	"""Only the webhook of a disconnect says why; it counts when the server still says that it is disconnected."""
	if reason and not remote.disconnect_code and states.status_of(remote) == states.DISCONNECTED:
		return replace(remote, disconnect_code=reason)
	return remote


def register_webhooks(url: str, after: str = "") -> None:
	"""As fast as the request budget allows; what does not fit into one job goes into another."""
	if settings.what_is_missing():
		return
	client = gateway.connect_to_server(background=True, patience=PATIENCE)
	end = time.monotonic() + REGISTERS_FOR
	failed = []
	for name in linked_sessions(after):
		if time.monotonic() > end:
			jobs.enqueue_webhook_registration(url, after)
			break
		if problem := register_webhook(name, url, client):
			failed.append(f"{name}: {problem}")
		after = name
	if failed:
		frappe.log_error(title="WhatsApp webhook not registered", message="\n".join(failed))


def linked_sessions(after: str) -> list[str]:
	filters = {"session_db_id": (">", 0), "name": (">", after)}
	return frappe.get_all(SESSION, filters=filters, order_by="name asc", pluck="name")


def register_webhook(name: str, url: str, client: BaileysClient) -> str:
	"""What went wrong, in the client's words."""
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- the secret may be rotated again while this job waits
	link = Link(frappe.get_doc(SESSION, name), client)
	url, secret = webhooks.webhook_target(url, None)
	try:
		webhooks.register_webhook(link, url, secret)
	except (UnavailableError, AuthenticationError):
		raise
	except BaileysError as error:
		return str(error)
	return ""


def enqueue_webhook_registration(url: str, after: str = "") -> None:
	"""For every linked session, those named after `after`; once for each secret.

	The address is that of the request: a worker may know the site by another name.
	"""
	rotated_on = settings.uncached().webhook_secret_rotated_on
	frappe.enqueue(
		"xappiens_whatsapp.background.jobs.register_webhooks",
		queue="long",
		job_id=f"whatsapp_webhooks:{rotated_on}:{url}:{after}",
		deduplicate=True,
		enqueue_after_commit=True,
		url=url,
		after=after,
	)
