"""Where records and server disagree, and what a manager may do about each case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import frappe
from frappe import _

from xappiens_whatsapp.baileys.errors import BaileysError, NotFoundError
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import creation, identity, matching, overview, records
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.sessions.listing import ServerList

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

Finding = dict[str, Any]


def compare(found: ServerList, doc: WhatsAppSession | None = None) -> list[Finding]:
	"""About every record and every session of the server, or about one record. What looks missing is asked for on its own route,
	and the record learns the answer.
	"""
	visible = [row for row in overview.visible_records() if doc is None or row.name == doc.name]
	findings = [*of_records(visible, found), *shared_phones(visible, found)]
	if doc is None:
		findings += [unknown_here(remote) for remote in found.unknown(row.session_id for row in visible)]
	return findings


def of_records(visible: list[frappe._dict], found: ServerList) -> Iterator[Finding]:
	for record in visible:
		number = records.number_of(record, found.server)
		remote = found.row_of(record.session_id, number)
		if remote is None:
			if is_missing(record, found):
				yield missing_on_server(record)
		elif remote.id and remote.id != number:
			yield other_number(record, remote)
		for other in found.others_of(record.session_id, number):
			yield twice_on_server(record, other)


def is_missing(record: frappe._dict, found: ServerList) -> bool:
	"""Neither the list nor the session's own route; a route that cannot be asked proves nothing."""
	doc = identity.load(record.name)
	try:
		return doc is not None and matching.learn(doc, found) is matching.Verdict.MISSING
	except BaileysError:
		return False


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


def twice_on_server(record: frappe._dict, other: RemoteSession) -> Finding:
	title = _("{0}: the server has a second session of this id, with the number {1}.").format(
		record.session_id, other.id
	)
	return finding("twice_on_server", title, None, other, ["delete"] if other.id else [])


def unknown_here(remote: RemoteSession) -> Finding:
	title = _("{0}: the server has this session, this site has not.").format(remote.session_id)
	return finding("unknown_here", title, None, remote, ["adopt", "delete"] if remote.id else [])


def shared_phones(visible: list[frappe._dict], found: ServerList) -> Iterator[Finding]:
	"""One finding for each session that has a record; which of them may go is for people to say."""
	holders: dict[str, list[RemoteSession]] = defaultdict(list)
	for remote in found.all():
		if remote.phone_number:
			holders[remote.phone_number].append(remote)
	by_id = {record.session_id: record for record in visible}
	for phone_number, sharing in holders.items():
		names = ", ".join(remote.session_id for remote in sharing)
		for remote in sharing if len(sharing) > 1 else ():
			title = _("{0}: the phone number +{1} is in several sessions: {2}.").format(
				remote.session_id, phone_number, names
			)
			if record := by_id.get(remote.session_id):
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


def listed_under(session_db_id: int, found: ServerList) -> RemoteSession:
	remote = found.under(session_db_id)
	if remote is None:
		frappe.throw(
			_("The server has no session with the number {0}.").format(session_db_id),
			frappe.DoesNotExistError,
		)
	return remote


def relink(doc: WhatsAppSession) -> str:
	"""Look first; only where the server really has none, create the session there again and connect it."""
	link = Link(doc)
	try:
		link.look()
	except NotFoundError:
		if not link.number:
			creation.connect(link)
			return _("The session {0} is on the server again. Press View QR and scan the code.").format(
				doc.session_id
			)
	return _("The session {0} is linked to its number {1} on the server.").format(
		doc.session_id, doc.session_db_id
	)


def adopt(session_db_id: int) -> WhatsAppSession:
	"""A record for a session that exists on the server only."""
	found = ServerList(gateway.connect_to_server())
	remote = listed_under(session_db_id, found)
	doc = creation.ensure_record(remote.session_id, remote.name or remote.session_id, "")
	matching.learn(doc, found)
	return doc


def delete_unknown(session_db_id: int) -> str:
	"""Only what no record stands for; a session with a record goes by way of its record."""
	found = ServerList(gateway.connect_to_server())
	remote = listed_under(session_db_id, found)
	doc = identity.find_record(remote.session_id)
	if doc and matching.row_for(doc, found) is remote:
		frappe.throw(_("The session {0} is on this site. Delete its record instead.").format(doc.session_id))
	found.client.delete_session(session_db_id)
	return _("The session {0} was deleted on the server.").format(remote.session_id)


def fill_missing_numbers() -> dict[str, list[dict[str, Any]]]:
	"""One pass over the list for every record without a number."""
	server = gateway.current_server()
	names = [record.name for record in overview.visible_records() if not records.number_of(record, server)]
	filled: list[dict[str, Any]] = []
	unknown: list[dict[str, Any]] = []
	found = ServerList(gateway.connect_to_server()) if names else None
	for doc in filter(None, map(identity.load, names)):
		matching.learn(doc, found)
		if doc.session_db_id:
			filled.append({"session": doc.name, "session_db_id": doc.session_db_id})
		else:
			unknown.append({"session": doc.name, "session_id": doc.session_id})
	return {"filled": filled, "unknown": unknown}
