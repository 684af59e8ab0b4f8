"""The session calls that the desk, the console and other programs share."""

from typing import TYPE_CHECKING, Any, NoReturn

import frappe
from frappe import _

from xappiens_whatsapp import SESSION, permissions
from xappiens_whatsapp.api import answers
from xappiens_whatsapp.baileys.errors import BaileysError, NotFoundError, NotReadyError
from xappiens_whatsapp.baileys.models import RemoteSession
from xappiens_whatsapp.diagnosis import rows, walk
from xappiens_whatsapp.server import failures, features, gateway
from xappiens_whatsapp.sessions import (
	creation,
	identity,
	overview,
	pairing_codes,
	phones,
	qr_codes,
	removal,
	right_phone,
	states,
	story,
	webhooks,
)
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.site import copies, settings

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

ASK_AGAIN_AFTER = 5


def _resolve_session_doc(session_id: str | None, operation: str) -> "WhatsAppSession":
	"""The record that the caller named, by document name or session id; never another one.

	Only a call that names none gets the default session of the settings.
	"""
	frappe.has_permission(SESSION, "read", throw=True)
	if session_id is None:
		session_id = settings.current().default_session
	doc = identity.find_record(session_id) if session_id else None
	if doc is None:
		_throw_unknown(session_id)
	permissions.check(doc, operation)
	return doc


def _throw_unknown(session_id: str | None) -> NoReturn:
	asked_for = frappe.bold(frappe.utils.escape_html((session_id or "")[:140]))
	frappe.throw(
		_("There is no WhatsApp session {0} on this site.").format(asked_for), frappe.DoesNotExistError
	)


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def create_session(
	session_id: str, session_name: str, description: str = "", phone_number: str | None = None
) -> dict[str, Any]:
	"""Create the session on the server, start linking, and answer with its QR code where the server sent one along.

	The record is made and committed before the server hears of it, and stays when the server fails; its number is stored at once.
	The same call again changes nothing. `phone_number`, as people type it, is
	the phone that is expected; a record that expects another one is left as it is, with an error. Raises `ChangedMeanwhile` when somebody deletes the record
	while this goes on, and `GatewayError` when the server fails; `session` in the answer then names the record that is there.
	"""
	frappe.has_permission(SESSION, "create", throw=True)
	identity.validate_session_id(session_id)
	identity.validate_session_name(session_name)
	phone_number = phones.clean_phone_number(phone_number)
	client = gateway.connect_to_server()
	doc = creation.ensure_record(session_id, session_name, description, phone_number)
	if phone_number:
		right_phone.expect(doc, phone_number)
	link = Link(doc, client)
	created = _create(link)
	return answers.creation_answer(link.doc, qr_codes.inline(link.doc, created))


def _create(link: Link) -> RemoteSession:
	frappe.local.response["session"] = link.doc.name
	created = creation.create_on_server(link)
	_connect_new(link, created.is_new)
	return created.remote


def _connect_new(link: Link, is_new: bool) -> None:
	try:
		return creation.connect(link, is_new=is_new)
	except BaileysError as error:
		failure = failures.translate(error, to_manager=permissions.is_manager())
		server_code = failures.code_of(error)
	failure.args = (
		_("The session was created with the number {0}, but it could not be connected yet.").format(
			link.doc.session_db_id
		)
		+ f" {failure}",
	)
	gateway.tell(failure, server_code)


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def connect_session(session_id: str) -> dict[str, Any]:
	"""Start linking, or reconnect without a scan where the pairing still holds; what the server lacks is created again first.

	Stores the state that the server names. Raises `ConnectsInVain` when the server fails at it for the second time within an hour.
	"""
	link = Link(_resolve_session_doc(session_id, "connect"))
	creation.connect(link)
	return answers.action_answer(link.doc, answers.connect_message(link.doc))


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def restart_session(session_id: str) -> dict[str, Any]:
	"""Have the server open the connection anew; the pairing stays, and no alert is sent about it within a minute.

	Stores the state that the server names. A number that leads to another session raises `NumberOfAnother` before anything is sent,
	a session that the server has not raises `SessionMissingOnServer`; the record's number is put right or goes.
	"""
	link = Link(_resolve_session_doc(session_id, "restart"))
	creation.restart(link)
	return answers.action_answer(link.doc, _("Restarting the connection."))


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def recreate_session(session_id: str) -> dict[str, Any]:
	"""For a session that the server cannot connect any more: delete it there, create it anew, and start linking.

	The phone has to scan again. Raises as `disconnect_session` and `create_session` do; the record stays in any case.
	"""
	link = Link(_resolve_session_doc(session_id, "disconnect"))
	removal.disconnect(link)
	creation.connect(link)
	return answers.action_answer(
		link.doc, _("The session was created again. Scan its QR code with the phone.")
	)


@frappe.whitelist(methods=["GET", "POST"])
@gateway.translates_errors
def get_qr_code(session_id: str) -> dict[str, Any]:
	"""The code to scan as a PNG data URL, or `ready: False` and the seconds after which to ask again.

	Never connects, restarts or deletes anything; what the server's answer says of the state is stored.
	"""
	doc = _resolve_session_doc(session_id, "qr")
	if doc.status == states.CONNECTED:
		return answers.qr_answer(doc, None)
	if code := qr_codes.cached(doc):
		story.keep_code_shown(doc.name)
		return answers.qr_answer(doc, code)
	link = Link(doc)
	try:
		code = qr_codes.fetch(link)
		features.of(link.client)
	except NotReadyError as error:
		return answers.qr_answer(doc, None, retry_after=max(ASK_AGAIN_AFTER, round(error.retry_after or 0)))
	story.keep_code_shown(doc.name)
	return answers.qr_answer(doc, code)


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def get_pairing_code(session_id: str, phone_number: str) -> dict[str, Any]:
	"""A code to type into the phone of that number, where the server offers codes (`features` of `get_qr_code`).

	Never connects anything. Five codes for one session within ten minutes; a newer code replaces an older one.
	"""
	doc = _resolve_session_doc(session_id, "qr")
	phone_number = phones.require_phone_number(phone_number)
	link = Link(doc)
	return answers.code_answer(pairing_codes.request(link, phone_number), phone_number) | answers.identity_of(
		doc
	)


@frappe.whitelist(methods=["GET", "POST"])
@gateway.translates_errors
def get_session_status(session_id: str | None = None) -> dict[str, Any]:
	"""Ask the server and store what it says; without an id, about the default session of the settings."""
	link = Link(_resolve_session_doc(session_id, "status"))
	try:
		remote = link.look()
	except NotFoundError:
		if not link.number:
			raise
		return {"success": True, "data": answers.status_data(link, None)}
	return {"success": True, "data": answers.status_data(link, remote)}


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def disconnect_session(session_id: str) -> dict[str, Any]:
	"""By setting, delete the session on the server or only stop it there; the record stays in both cases."""
	link = Link(_resolve_session_doc(session_id, "disconnect"))
	if settings.current().deletes_on_disconnect:
		removal.disconnect(link)
		return answers.action_answer(
			link.doc, _("Disconnected and removed from the server. Create Session links a phone again.")
		)
	removal.stop_on_server(link)
	return answers.action_answer(
		link.doc, _("Disconnected. The pairing is kept: Connect works without a new scan.")
	)


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def delete_session(session_id: str) -> dict[str, Any]:
	"""Remove the session from the server and then, when that worked, the record."""
	doc = _resolve_session_doc(session_id, "delete")
	removal.delete_record(doc)
	words = _("The session {0} was deleted here and on the server.")
	if copies.is_copy():
		words = _("The session {0} was deleted on this copy only; the server keeps it.")
	return {"success": True, "message": words.format(doc.session_id)}


@frappe.whitelist(methods=["GET", "POST"])
@gateway.translates_errors
def list_sessions() -> dict[str, Any]:
	"""What the server has beside what this site has. Although it reads: a number that the list names and a record lacks is stored.

	Managers see every session of the key; others only those assigned to them, and without any nothing is asked.
	"""
	frappe.has_permission(SESSION, "read", throw=True)
	return {"success": True, "sessions": overview.compare()}


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def refresh_sessions(session_ids: list[str] | str) -> dict[str, Any]:
	"""Bring many records up to date with one pass over the server's list instead of a call for each.

	`missing` names those whose session the server does not have.
	"""
	frappe.has_permission(SESSION, "read", throw=True)
	docs = [_resolve_session_doc(session_id, "status") for session_id in _names_in(session_ids)]
	missing = overview.refresh(docs) if docs else []
	return {"success": True, "sessions": {doc.name: doc.status for doc in docs}, "missing": missing}


def _names_in(session_ids: list[str] | str) -> list[str]:
	"""A list, or its JSON."""
	try:
		names = frappe.parse_json(session_ids)
	except (ValueError, RecursionError):
		names = None
	if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
		frappe.throw(_("Name the sessions in a list."))
	return names


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def update_session_webhook(
	session_id: str, webhook_url: str | None = None, webhook_secret: str | None = None
) -> dict[str, Any]:
	"""Register where the server calls back; without arguments, this site's own address and secret. For managers.

	The record stores nothing of it. Raises `frappe.ValidationError` for an address that the server may not call, a secret that is too
	short or too long, or another secret than its own for this site's address; `NumberOfAnother` and `SessionMissingOnServer` as
	`restart_session` does; `GatewayFailed` where the server cannot change webhooks.
	"""
	permissions.only_for_managers()
	link = Link(_resolve_session_doc(session_id, "connect"))
	url, secret = webhooks.webhook_target(webhook_url, webhook_secret)
	webhooks.register_webhook(link, url, secret)
	return {"success": True, "webhook_url": url}


@frappe.whitelist(methods=["POST"])
def test_connection() -> dict[str, Any]:
	"""Walk from the settings to the API key and stop at the first cause; a failing check is an answer, not an error."""
	permissions.only_for_managers()
	checks = [rows.answer_of(check) for check in walk.check_connection()]
	return {"success": all(check["ok"] for check in checks), "checks": checks}
