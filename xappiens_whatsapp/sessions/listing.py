"""All sessions at once: the server's list beside the records of this site."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import frappe
from frappe.utils import now_datetime

from xappiens_whatsapp import SESSION, permissions
from xappiens_whatsapp.baileys.errors import NotFoundError
from xappiens_whatsapp.sessions import identity, qr_codes, records, states
from xappiens_whatsapp.sessions.link import Link

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys import BaileysClient
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

ROW_FIELDS = ["name", "session_id", "session_db_id", "session_name", "status", "phone_number"]


def compare(client: BaileysClient) -> list[dict[str, Any]]:
	"""Server rows with `local` (document name or None), then the records that the server lacks."""
	local = {row.session_id: row for row in frappe.get_list(SESSION, fields=ROW_FIELDS, limit_page_length=0)}
	rows, asked_at = [], now_datetime()
	for remote in list(client.iter_sessions()):
		record = local.pop(remote.session_id, None)
		if record and remote.id not in (None, record.session_db_id):
			remember_number(record.name, remote, client, asked_at)
		if record or permissions.is_manager():
			rows.append(server_row(remote, record))
	return rows + [missing_row(record) for record in local.values()]


def remember_number(name: str, remote: RemoteSession, client: BaileysClient, asked_at: datetime) -> None:
	if doc := identity.load(name):
		Link(doc, client).remember_number(remote, asked_at)


def server_row(remote: RemoteSession, record: frappe._dict | None) -> dict[str, Any]:
	return {
		"id": remote.id,
		"sessionId": remote.session_id,
		"sessionName": remote.name,
		"status": remote.status,
		"status_frappe": states.status_of(remote),
		"phoneNumber": remote.phone_number,
		"lastActivity": remote.last_activity and qr_codes.isoformat(remote.last_activity),
		"on_server": True,
		"local": record.name if record else None,
	}


def missing_row(record: frappe._dict) -> dict[str, Any]:
	return {
		"id": record.session_db_id or None,
		"sessionId": record.session_id,
		"sessionName": record.session_name,
		"status": None,
		"status_frappe": record.status,
		"phoneNumber": record.phone_number,
		"lastActivity": None,
		"on_server": False,
		"local": record.name,
	}


def refresh(docs: Iterable[WhatsAppSession], client: BaileysClient) -> list[str]:
	"""Learn from one pass over the server's list; the names of the records whose sessions the server does not have.

	The list has the last word about neither a session that it lacks nor one whose connection it does not vouch for.
	"""
	asked_at = now_datetime()
	remotes = {remote.session_id: remote for remote in client.iter_sessions()}
	missing = []
	for doc in docs:
		remote = remotes.get(doc.session_id)
		if not (learn_listed(doc, remote, client, asked_at) if remote else is_there(doc, client)):
			missing.append(doc.name)
	return missing


def learn_listed(
	doc: WhatsAppSession, remote: RemoteSession, client: BaileysClient, asked_at: datetime
) -> bool:
	"""The list comes from the server's database; only `isConnected` is what its memory says."""
	if remote.is_connected is not None or states.status_of(remote) == doc.status:
		records.learn(doc, remote, asked_at)
		return True
	if facts := records.unknown_to(doc, records.facts_of(remote)):
		records.store(doc, facts, asked_at)
	return is_there(doc, client)


def is_there(doc: WhatsAppSession, client: BaileysClient) -> bool:
	"""By the session's own route, whose answer the record learns."""
	if not doc.session_db_id:
		return False
	link = Link(doc, client)
	try:
		link.learn(link.call(client.get_status))
	except NotFoundError:
		return bool(doc.session_db_id)
	return True
