"""What the background workers run, apart from the pass over all sessions and the notices."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.baileys.client import LARGEST_PAGE
from xappiens_whatsapp.baileys.errors import BaileysError
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import identity, matching, nudges, proofs, states, webhooks
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.sessions.listing import ServerList
from xappiens_whatsapp.site import settings, transactions

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys import BaileysClient
	from xappiens_whatsapp.baileys.models import RemoteSession

PATIENCE = 90.0
REGISTERS_FOR = 20 * 60
REGISTERED_AGAIN = 3


def refresh_waiting() -> None:
	"""After webhooks: where one pass over the list costs less than a call for each session, the list is read."""
	names = nudges.take_waiting()
	found = None if len(names) <= pages_of_list() else read_list()
	for name in names:
		refresh_listed(name, found) if found else refresh_session(name)


def pages_of_list() -> int:
	return math.ceil(frappe.db.count(SESSION) / LARGEST_PAGE)


def read_list() -> ServerList | None:
	"""None when the server cannot be asked now."""
	if settings.what_is_missing():
		return None
	try:
		return ServerList(gateway.connect_to_server(background=True))
	except BaileysError:
		return None


@transactions.unless_busy()
def refresh_listed(name: str, found: ServerList) -> None:
	"""From the list where it vouches for the connection; why a session is down only the webhook or its own route says."""
	doc = identity.find_record(name)
	row = doc and matching.row_for(doc, found)
	if not row or row.is_connected is None:
		refresh_session(name)
		return
	row = with_reason(row, nudges.take_reason(name))
	if says_why(row) or not refresh_session(name):
		matching.observe(doc, row, found)


def says_why(remote: RemoteSession) -> bool:
	return (
		bool(remote.disconnect_code or remote.disconnect_reason)
		or states.status_of(remote) not in states.DOWN
	)


@transactions.unless_busy()
def refresh_session(session: str) -> bool:
	"""Ask the server what is true; what it cannot tell now the next pass finds out."""
	doc = identity.find_record(session)
	if doc is None or settings.what_is_missing():
		return False
	link = Link(doc, gateway.connect_to_server(background=True))
	try:
		remote = link.look(and_then=lambda remote: with_reason(remote, nudges.take_reason(session)))
	except BaileysError:
		return False
	return bool(remote)


@transactions.unless_busy()
def settle_proof(session_id: str) -> None:
	"""After webhooks that told of a session's test message."""
	if doc := identity.find_record(session_id):
		proofs.settle(doc)


def with_reason(remote: RemoteSession, reason: str) -> RemoteSession:
	"""Only the webhook of a disconnect says why; it counts when the server still says that it is not connected."""
	if reason and not says_why(remote):
		return replace(remote, disconnect_reason=reason)
	if reason and states.status_of(remote) == states.CONNECTING and not remote.disconnect_code:
		return replace(remote, disconnect_reason=reason)
	return remote


def register_webhooks(url: str = "", after: str = "", failed: str = "", round: int = 1) -> None:
	"""As fast as the request budget allows; what does not fit into one job goes into another, what failed is tried again.

	`failed` names the sessions of this round, by commas; empty for all linked ones after `after`. `url` is what jobs of 0.1 brought
	along, and is not used: the address is the one that the settings name.
	"""
	if settings.what_is_missing():
		return
	client = gateway.connect_to_server(background=True, patience=PATIENCE)
	end = time.monotonic() + REGISTERS_FOR
	names = failed.split(",") if failed else linked_sessions(after)
	problems: dict[str, str] = {}
	for position, name in enumerate(names):
		if time.monotonic() > end:
			webhooks.enqueue_registration(after=names[position - 1])
			break
		if problem := register_webhook(name, client):
			problems[name] = problem
	follow_up(problems, round)


def follow_up(problems: dict[str, str], round: int) -> None:
	if not problems:
		return
	if round < REGISTERED_AGAIN:
		webhooks.enqueue_registration(failed=",".join(problems), round=round + 1)
		return
	message = "\n".join(f"{name}: {problem}" for name, problem in problems.items())
	frappe.log_error(title="WhatsApp webhook not registered", message=message)


def linked_sessions(after: str) -> list[str]:
	filters = {"session_db_id": (">", 0), "name": (">", after)}
	return frappe.get_all(SESSION, filters=filters, order_by="name asc", pluck="name")


def register_webhook(name: str, client: BaileysClient) -> str:
	"""What went wrong, in the client's words; one session's trouble is not the others'."""
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- the secret may be rotated again while this job waits
	doc = identity.load(name)
	if doc is None:
		return ""
	try:
		webhooks.register_webhook(Link(doc, client), *webhooks.webhook_target(None, None))
	except BaileysError as error:
		return str(error)
	except frappe.ValidationError as error:
		frappe.clear_last_message()
		return str(error)
	return ""
