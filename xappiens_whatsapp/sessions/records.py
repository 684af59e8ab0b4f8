"""The only writer of what the server says about a session."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import frappe
from frappe.utils import convert_utc_to_system_timezone, get_datetime, now_datetime

from xappiens_whatsapp.server import failures
from xappiens_whatsapp.sessions import alerts, qr_codes, realtime, reasons
from xappiens_whatsapp.sessions.states import (
	CODE_OF_WORD,
	CONNECTED,
	CONNECTING,
	DISCONNECTED,
	ERROR,
	OUT_OF_STEP,
	QR_REQUIRED,
	UNKNOWN_STATUS,
	WITH_QR_CODE,
	status_of,
)
from xappiens_whatsapp.site import languages, transactions

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.errors import BaileysError
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

CHECK_NOTED_EVERY = timedelta(seconds=60)
NOT_ON_SERVER = {"session_db_id": 0, "status": DISCONNECTED, "is_connected": 0}
LOCKED_FIELDS = ["status", "session_db_id", "last_checked", "down_since", "alerted_on"]


def learn(doc: WhatsAppSession, remote: RemoteSession, observed_at: datetime | None = None) -> None:
	"""Store what an answer says that the record does not know yet; `observed_at` is when it was asked for.

	An answer older than the newest one already stored is left out, so that a slow poll cannot undo a webhook.
	"""
	observed_at = observed_at or now_datetime()
	changes = changes_from(doc, remote)
	if not changes and not is_check_due(doc, observed_at):
		return
	if changes.get("error_code") in (UNKNOWN_STATUS, OUT_OF_STEP):
		frappe.log_error(
			title="WhatsApp session out of step", message=f"{doc.name}: {changes['error_message']}"
		)
	store(doc, {**changes, "last_checked": observed_at}, observed_at)


def changes_from(doc: WhatsAppSession | frappe._dict, remote: RemoteSession) -> dict[str, object]:
	return unknown_to(doc, {**facts_of(remote), **state_of(doc, remote)})


def unknown_to(doc: WhatsAppSession | frappe._dict, learned: dict[str, object]) -> dict[str, object]:
	return {field: value for field, value in learned.items() if differs(doc.get(field), value)}


def facts_of(remote: RemoteSession) -> dict[str, object]:
	facts = {
		"session_db_id": remote.id,
		"phone_number": remote.phone_number,
		"last_seen": remote.last_activity and to_site_time(remote.last_activity),
	}
	return {field: value for field, value in facts.items() if value}


def state_of(doc: WhatsAppSession | frappe._dict, remote: RemoteSession) -> dict[str, object]:
	status = status_of(remote)
	if status is None:
		return problem(UNKNOWN_STATUS, remote.status[:100])
	return {"status": status, "is_connected": int(status == CONNECTED), **problem_of(doc, remote, status)}


def problem_of(doc: WhatsAppSession | frappe._dict, remote: RemoteSession, status: str) -> dict[str, object]:
	if status not in (DISCONNECTED, ERROR):
		return problem("")
	word = remote.status.strip().lower()
	code = str(remote.disconnect_code or remote.disconnect_reason or CODE_OF_WORD.get(word, ""))
	if not code and doc.status == status and (known := known_reason(doc)):
		return {} if known == doc.error_code else problem(known)
	return problem(code or (word.upper() if status == ERROR else ""))


def known_reason(doc: WhatsAppSession | frappe._dict) -> str:
	return next((code for code in (doc.error_code, doc.kept_reason) if is_reason(code)), "")


def is_reason(code: str | None) -> bool:
	"""A reason that was told once, perhaps only by a webhook, stays while the session stays as it is."""
	return bool(code) and code not in (*reasons.CHECK_FAILURES, OUT_OF_STEP, UNKNOWN_STATUS)


def problem(code: str, detail: str = "") -> dict[str, object]:
	"""Both may be the server's words, which lists and reports show as they are."""
	code, detail = failures.without_markup(code), failures.without_markup(detail)
	with languages.speaking(languages.of_site()):
		return {"error_code": code[:140], "error_message": reasons.text_of(code, detail)}


def differs(known: object, learned: object) -> bool:
	if isinstance(learned, datetime):
		return get_datetime(known) != learned if known else True
	return (known or "") != (learned or "")


def is_check_due(doc: WhatsAppSession, observed_at: datetime) -> bool:
	return not doc.last_checked or abs(observed_at - get_datetime(doc.last_checked)) >= CHECK_NOTED_EVERY


def note_failure(doc: WhatsAppSession, error: BaileysError) -> None:
	"""The record keeps its last known state and says why it could not be checked."""
	with languages.speaking(languages.of_site()):
		failure = failures.translate(error)
	if doc.error_code != failure.error_code:
		changes = {"error_code": failure.error_code, "error_message": str(failure)}
		store(doc, {**changes, "kept_reason": known_reason(doc)})


def note_missing(doc: WhatsAppSession) -> None:
	"""The server has no such session: the stale number goes, so that creating it again is what comes next.

	A record that never had one, or whose session somebody deleted here, says so already.
	"""
	if not doc.session_db_id and doc.status == DISCONNECTED:
		return
	changes = {**NOT_ON_SERVER, **problem("SESSION_MISSING_ON_SERVER"), "last_checked": now_datetime()}
	store(doc, changes, number=doc.session_db_id or 0)


def note_removed(doc: WhatsAppSession) -> None:
	"""Somebody here had the server delete the session: nothing is wrong, and nobody needs to be told."""
	store(doc, {**NOT_ON_SERVER, **problem(""), **alerts.NOT_DOWN, "last_checked": now_datetime()})


def is_end_of_code(before: str, after: str) -> bool:
	"""Linked or lost; or scanned, where the session connects after it showed one."""
	return after not in WITH_QR_CODE or (before, after) == (QR_REQUIRED, CONNECTING)


@transactions.in_own_transaction
def store(
	doc: WhatsAppSession,
	changes: dict[str, object],
	observed_at: datetime | None = None,
	*,
	number: int | None = None,
) -> None:
	"""Write at once and for good: what happened on the server does not roll back with our request.

	With `number` only while the record still has that one: what was said about it does not hold for its successor.
	"""
	current = frappe.db.get_value(doc.doctype, doc.name, LOCKED_FIELDS, as_dict=True, for_update=True)
	if current is None or is_outdated(current, observed_at) or number not in (None, current.session_db_id):
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- ends the lock taken above
		return
	changes = {**changes, **since(current, changes)}
	if is_end_of_code(current.status, changes.get("status", QR_REQUIRED)):
		qr_codes.forget(doc)
	doc.db_set(changes, update_modified=False)
	if changes.keys() - {"last_checked"}:
		realtime.publish_session(doc)
	alerts.announce_change(doc, before=current)
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- the server's answer must survive a later failure


def is_outdated(current: frappe._dict, observed_at: datetime | None) -> bool:
	"""A check that lies ahead proves nothing: clocks are set back, every autumn in the site's time zone."""
	if not observed_at or not current.last_checked:
		return False
	return observed_at < get_datetime(current.last_checked) <= now_datetime()


def since(current: frappe._dict, changes: dict[str, object]) -> dict[str, object]:
	status = changes.get("status")
	if not status or status == current.status:
		return {}
	return {"status_since": now_datetime(), "kept_reason": ""}


def to_site_time(moment: datetime) -> datetime:
	return convert_utc_to_system_timezone(moment).replace(tzinfo=None)
