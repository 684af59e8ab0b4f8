"""Where records and server disagree, and what a manager may do about each case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _
from frappe.utils import now_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import NotFoundError
from xappiens_whatsapp.baileys.models import RemoteSession
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import creation, identity
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.sessions.listing import ROW_FIELDS, learn_listed

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

Finding = dict[str, Any]


def compare(remotes: Iterable[RemoteSession], session: str | None = None) -> list[Finding]:
	"""About every record and every session of the server, or about one record; changes nothing."""
	remotes = list(remotes)
	records = {
		row.session_id: row for row in frappe.get_list(SESSION, fields=ROW_FIELDS, limit_page_length=0)
	}
	found = [*of_records(records, remotes), *unknown_here(records, remotes), *shared_phones(records, remotes)]
	return [finding for finding in found if session in (None, finding["session"])]


def of_records(records: dict[str, frappe._dict], remotes: list[RemoteSession]) -> Iterator[Finding]:
	by_id = {remote.session_id: remote for remote in remotes}
	for session_id, record in records.items():
		remote = by_id.get(session_id)
		if remote is None:
			yield missing_on_server(record)
		elif remote.id and remote.id != record.session_db_id:
			yield other_number(record, remote)


def missing_on_server(record: frappe._dict) -> Finding:
	title = (
		_("{0}: the server does not know this session.")
		if record.session_db_id
		else _("{0}: this session is not on the server.")
	).format(record.session_id)
	return finding("missing_on_server", title, record, None, ["relink", "delete"])


def other_number(record: frappe._dict, remote: RemoteSession) -> Finding:
	if not record.session_db_id:
		title = _("{0}: the record has no number, the server has {1}.").format(record.session_id, remote.id)
		return finding("number_missing", title, record, remote, ["relink"])
	title = _("{0}: the record has the number {1}, the server has {2}.").format(
		record.session_id, record.session_db_id, remote.id
	)
	return finding("number_mismatch", title, record, remote, ["relink"])


def unknown_here(records: dict[str, frappe._dict], remotes: list[RemoteSession]) -> Iterator[Finding]:
	for remote in remotes:
		if remote.session_id not in records:
			title = _("{0}: the server has this session, this site has not.").format(remote.session_id)
			yield finding("unknown_here", title, None, remote, ["adopt", "delete"] if remote.id else [])


def shared_phones(records: dict[str, frappe._dict], remotes: list[RemoteSession]) -> Iterator[Finding]:
	"""One finding for each session that has a record; which of them may go is for people to say."""
	holders: dict[str, list[RemoteSession]] = defaultdict(list)
	for remote in remotes:
		if remote.phone_number:
			holders[remote.phone_number].append(remote)
	for phone_number, sharing in holders.items():
		names = ", ".join(remote.session_id for remote in sharing)
		for remote in sharing if len(sharing) > 1 else ():
			title = _("{0}: the phone number +{1} is in several sessions: {2}.").format(
				remote.session_id, phone_number, names
			)
			if record := records.get(remote.session_id):
				yield finding("phone_twice", title, record, remote, ["delete"])


def finding(
	kind: str, title: str, record: frappe._dict | None, remote: RemoteSession | None, actions: list[str]
) -> Finding:
	return {
		"kind": kind,
		"title": title,
		"session": record and record.name,
		"session_id": (record or remote).session_id,
		"session_db_id": remote.id if remote else record.session_db_id or None,
		"actions": actions,
	}


def listed_under(session_db_id: int, remotes: Iterable[RemoteSession]) -> RemoteSession:
	remote = next((remote for remote in remotes if remote.id == session_db_id), None)
	if remote is None:
		frappe.throw(
			_("The server has no session with the number {0}.").format(session_db_id),
			frappe.DoesNotExistError,
		)
	return remote


def relink(doc: WhatsAppSession) -> str:
	"""Store the number that the server has; where it has none, create the session there again and connect it."""
	link = Link(doc)
	try:
		link.find()
	except NotFoundError:
		creation.connect(link)
		return _("The session {0} is on the server again. Press View QR and scan the code.").format(
			doc.session_id
		)
	return _("The session {0} is linked to its number {1} on the server.").format(
		doc.session_id, doc.session_db_id
	)


def adopt(remote: RemoteSession, client: BaileysClient) -> WhatsAppSession:
	"""A record for a session that exists on the server only."""
	asked_at = now_datetime()
	doc = creation.ensure_record(remote.session_id, remote.name or remote.session_id, "")
	learn_listed(doc, remote, client, asked_at)
	return doc


def delete_unknown(session_db_id: int) -> str:
	"""Only what no record stands for; a session with a record goes by way of its record."""
	client = gateway.connect_to_server()
	remote = listed_under(session_db_id, client.iter_sessions())
	if doc := identity.find_record(remote.session_id):
		frappe.throw(_("The session {0} is on this site. Delete its record instead.").format(doc.session_id))
	client.delete_session(session_db_id)
	return _("The session {0} was deleted on the server.").format(remote.session_id)


def fill_missing_numbers() -> dict[str, list[dict[str, Any]]]:
	"""One pass over the list for every record without a number."""
	records = frappe.get_list(SESSION, fields=ROW_FIELDS, limit_page_length=0)
	names = [record.name for record in records if not record.session_db_id]
	asked_at = now_datetime()
	client = gateway.connect_to_server()
	remotes = {remote.session_id: remote for remote in client.iter_sessions()} if names else {}
	filled, unknown = [], []
	for doc in (frappe.get_doc(SESSION, name) for name in names):
		remote = remotes.get(doc.session_id)
		if remote and remote.id:
			learn_listed(doc, remote, client, asked_at)
			filled.append({"session": doc.name, "session_db_id": remote.id})
		else:
			unknown.append({"session": doc.name, "session_id": doc.session_id})
	return {"filled": filled, "unknown": unknown}
