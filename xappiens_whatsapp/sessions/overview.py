"""All sessions at once: the server's list beside the records of this site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import frappe

from xappiens_whatsapp import SESSION, permissions
from xappiens_whatsapp.baileys.models import RemoteSession
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import identity, matching, qr_codes, records, states
from xappiens_whatsapp.sessions.listing import ServerList

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

FIELDS = [
	"name",
	"session_id",
	"session_db_id",
	"server_id",
	"session_name",
	"status",
	"phone_number",
	"expected_number",
	"wrong_phone",
	"needs_attention",
]


def visible_records() -> list[frappe._dict]:
	"""Those that the reader may see."""
	return frappe.get_list(SESSION, fields=FIELDS, limit_page_length=0)


def compare() -> list[dict[str, Any]]:
	"""Server rows with `local` (document name or None), then the records that the server lacks; stores numbers that it learns.

	Whoever may see no session asks the server nothing.
	"""
	local = visible_records()
	if not local and not permissions.is_manager():
		return []
	found = read_list()
	rows = [row_of(record, found) for record in local]
	if permissions.is_manager():
		rows += [server_row(remote, None) for remote in found.unknown(record.session_id for record in local)]
	note_same_phones(rows)
	return sorted(rows, key=lambda row: not row["on_server"])


def note_same_phones(rows: list[dict[str, Any]]) -> None:
	"""In each connected session the names of the others that are connected with the same number."""
	holders: dict[str, list[dict[str, Any]]] = defaultdict(list)
	for row in rows:
		if row["phoneNumber"] and row["status_frappe"] == states.CONNECTED:
			holders[row["phoneNumber"]].append(row)
	for row in rows:
		sharing = holders.get(row["phoneNumber"], [])
		row["same_phone"] = [other["sessionName"] for other in sharing if row in sharing and other is not row]


def read_list() -> ServerList:
	"""Of all sessions of the key; for other people than managers out of the budget's background share."""
	return ServerList(gateway.connect_to_server(background=not permissions.is_manager()))


def row_of(record: frappe._dict, found: ServerList) -> dict[str, Any]:
	remote = matching.row_for(record, found)
	if remote is None:
		return missing_row(record)
	if remote.id not in (None, records.number_of(record, found.server)) and (
		doc := identity.load(record.name)
	):
		matching.note_number(doc, remote, found)
	return server_row(remote, record)


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
		**attention_of(record),
	}


def missing_row(record: frappe._dict) -> dict[str, Any]:
	known = RemoteSession(
		id=record.session_db_id or None,
		session_id=record.session_id,
		name=record.session_name,
		phone_number=record.phone_number,
	)
	row = server_row(known, record)
	return {**row, "status": None, "status_frappe": record.status, "on_server": False}


def attention_of(record: frappe._dict | None) -> dict[str, Any]:
	"""None for what this site has no record of."""
	if record is None:
		return {"expected_number": None, "wrong_phone": None, "needs_attention": None}
	flags = {field: bool(record[field]) for field in ("wrong_phone", "needs_attention")}
	return {"expected_number": record.expected_number or None, **flags}


def refresh(docs: Iterable[WhatsAppSession]) -> list[str]:
	"""Learn from one pass over the server's list; the names of the records whose sessions the server does not have."""
	found = read_list()
	return [doc.name for doc in docs if matching.learn(doc, found) is matching.Verdict.MISSING]
