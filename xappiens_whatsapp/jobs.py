"""What the background workers run, apart from the reconciliation and the alerts."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import frappe

from xappiens_whatsapp import creation, gateway, states, tasks, transactions
from xappiens_whatsapp.baileys.errors import AuthenticationError, BaileysError, UnavailableError
from xappiens_whatsapp.linking import Link

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys import BaileysClient
	from xappiens_whatsapp.baileys.models import RemoteSession

SESSION = "WhatsApp Session"
PATIENCE = 90.0
REGISTERS_FOR = 20 * 60


@transactions.unless_busy()
def refresh_session(session: str) -> None:
	"""Ask the server what is true; what it cannot tell now the next reconciliation finds out."""
	tasks.note_begun(session)
	doc = creation.find_record(session)
	if doc is None or frappe.get_cached_doc(gateway.SETTINGS).what_is_missing():
		return
	link = Link(doc, gateway.connect_to_server(background=True))
	try:
		remote = link.call(link.client.get_status)
	except BaileysError:
		return
	link.learn(with_reason(remote, tasks.take_reason(session)))


def with_reason(remote: RemoteSession, reason: str) -> RemoteSession:
	"""Only the webhook of a disconnect says why; it counts when the server still says that it is disconnected."""
	if reason and not remote.disconnect_code and states.status_of(remote) == states.DISCONNECTED:
		return replace(remote, disconnect_code=reason)
	return remote


def register_webhooks(url: str, after: str = "") -> None:
	"""As fast as the request budget allows; what does not fit into one job goes into another."""
	client = gateway.connect_to_server(background=True, patience=PATIENCE)
	end = time.monotonic() + REGISTERS_FOR
	failed = []
	for name in linked_sessions(after):
		if time.monotonic() > end:
			tasks.enqueue_webhook_registration(url, after)
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
	url, secret = creation.webhook_target(url, None)
	try:
		creation.register_webhook(link, url, secret)
	except (UnavailableError, AuthenticationError):
		raise
	except BaileysError as error:
		return str(error)
	return ""
