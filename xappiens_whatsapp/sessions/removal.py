"""How a session ends, here and on the server."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import frappe
from frappe import _

from xappiens_whatsapp.baileys.errors import BaileysError, NotFoundError
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import alerts, nudges, qr_codes, records
from xappiens_whatsapp.site import transactions

if TYPE_CHECKING:
	from xappiens_whatsapp.sessions.link import Link
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession


def remove_from_server(link: Link) -> None:
	"""Delete there; a session that is already gone is what was wanted. The record forgets its number."""
	nudges.ignore_reason(link.doc.name)
	qr_codes.forget(link.doc)
	with alerts.expecting_change(link.doc), suppress(NotFoundError):
		link.act(link.client.delete_session)
	records.note_removed(link.doc)


def stop_on_server(link: Link) -> None:
	"""The server keeps the session and its pairing."""
	nudges.ignore_reason(link.doc.name)
	with alerts.expecting_change(link.doc):
		remote = link.act(link.client.disconnect)
	link.learn(remote)
	qr_codes.forget(link.doc)
	if link.doc.down_since:
		records.store(link.doc, dict(alerts.NOT_DOWN))


def delete_for_good(doc: WhatsAppSession) -> None:
	"""For the deletion of the record itself, of which nothing stays when the server cannot do its part."""
	try:
		with alerts.expecting_change(doc):
			delete_on_server(doc)
	except BaileysError:
		frappe.db.rollback()
		raise


def delete_on_server(doc: WhatsAppSession) -> None:
	client = gateway.connect_to_server()
	try:
		if doc.session_db_id:
			return client.delete_session(doc.session_db_id)
	except NotFoundError:
		pass
	if remote := client.find_session(doc.session_id):
		client.delete_session(remote.id or remote.session_id)


@transactions.in_own_transaction
def delete_record(doc: WhatsAppSession) -> None:
	"""The record and its session. Of two requests that delete it one waits, and then finds nothing any more."""
	if not frappe.db.get_value(doc.doctype, doc.name, "name", for_update=True):
		frappe.throw(
			_("There is no WhatsApp session {0} on this site.").format(frappe.bold(doc.session_id)),
			frappe.DoesNotExistError,
		)
	doc.delete()
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- the session is gone on the server, whoever asked
