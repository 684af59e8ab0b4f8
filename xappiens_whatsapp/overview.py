"""All sessions at once: the server's list beside the records of this site."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import frappe
from frappe.utils import now_datetime

from xappiens_whatsapp import permissions, qr_codes, states

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys import BaileysClient
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

SESSION = "WhatsApp Session"
ROW_FIELDS = ["name", "session_id", "session_db_id", "session_name", "status", "phone_number"]


def compare(client: BaileysClient) -> list[dict[str, Any]]:
	"""Server rows with `local` (document name or None), then the records that the server lacks."""
	local = {row.session_id: row for row in frappe.get_list(SESSION, fields=ROW_FIELDS, limit_page_length=0)}
	rows = []
	for remote in client.iter_sessions():
		record = local.pop(remote.session_id, None)
		if record or permissions.is_manager():
			rows.append(server_row(remote, record))
	return rows + [missing_row(record) for record in local.values()]


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


def refresh(docs: Iterable[WhatsAppSession], client: BaileysClient) -> None:
	"""Learn from one pass over the server's list; a record that it does not name has lost its session."""
	asked_at = now_datetime()
	remotes = {remote.session_id: remote for remote in client.iter_sessions()}
	for doc in docs:
		if remote := remotes.get(doc.session_id):
			states.learn(doc, remote, asked_at)
		elif doc.session_db_id:
			states.note_missing(doc)
