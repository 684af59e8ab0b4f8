"""A session's story: what became of it, and who did what. One row each, written once and never changed.

Codes and facts only; the sentence is made for whoever reads it. A row outlives its session, until *Log Settings* prunes it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import frappe
from frappe.utils import cstr, get_datetime, now_datetime
from redis.exceptions import RedisError

from xappiens_whatsapp import SESSION_EVENT, SETTINGS
from xappiens_whatsapp.sessions import states
from xappiens_whatsapp.site import shared, transactions

if TYPE_CHECKING:
	from frappe.model.document import Document

CREATED = "Created"
LINKED = "Linked"
BACK = "Back"
DROPPED = "Dropped"
RESTARTED = "Restarted"
DISCONNECTED = "Disconnected"
DELETED = "Deleted"
CODE_SHOWN = "Code Shown"
LINK_MADE = "Pairing Link Made"
TEST_MESSAGE = "Test Message"
CHANGED = "Changed"
UP = (LINKED, BACK)
ENDS = (DISCONNECTED, DELETED)
TURNS = (*UP, DROPPED, *ENDS)
FIELDS = ["event", "at", "by_user", "via", "phone_number", "seconds", "reason", "detail"]
TO_TYPE = "to_type"
CODE_TOLD_EVERY = 600


def note(session: str, event: str, **facts: object) -> None:
	"""What somebody did, within the caller's transaction. `facts`: fields of the row, without secrets, codes or tokens.

	`session` is the name of a record, or of the settings for what changed for all of them.
	"""
	if event in ENDS:
		facts["seconds"] = seconds_up(session)
	via = entrance()
	insert(
		session, event, by_user="" if via in ("Background", "Link") else frappe.session.user, via=via, **facts
	)


@transactions.in_own_transaction
def keep(session: str, event: str, **facts: object) -> None:
	"""As `note`, and committed: for what was done on the server, or by a request that Frappe does not commit."""
	note(session, event, **facts)
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- what happened on the server does not roll back


def note_changes(doc: Document, session: str, fields: tuple[str, ...]) -> None:
	"""Which of the fields the save changed; not from what to what."""
	before = doc.get_doc_before_save()
	changed = [field for field in fields if before and is_changed(doc.get(field), before.get(field))]
	if changed:
		note(session, CHANGED, detail=", ".join(changed))


def is_changed(value: object, before: object) -> bool:
	return content(value) != content(before)


def content(value: object) -> object:
	"""Of a child table what people enter."""
	if isinstance(value, list):
		return sorted((row.user, row.role) for row in value)
	return cstr(value)


def keep_code_shown(session: str, detail: str = "") -> None:
	"""Once for each attempt of a person to link, although the server makes a new code every twenty seconds."""
	key = f"whatsapp_code_told:{session}:{frappe.session.user}:{detail}"
	try:
		if not shared.claim(key, CODE_TOLD_EVERY):
			return shared.keep(key, CODE_TOLD_EVERY)
	except RedisError:
		return
	keep(session, CODE_SHOWN, detail=detail)


def follow(row: frappe._dict, before: frappe._dict, is_own: bool) -> None:
	"""What a change of state means for the story. `is_own`: somebody here did it, which `note` tells."""
	if row.status == before.status:
		return
	last = last_turn(row.name) or turn_before(before)
	if event := turn(row.status, last.event, bool(before.phone_number), is_own):
		facts = {"reason": row.error_code} if event == DROPPED else {"phone_number": row.phone_number}
		insert(row.name, event, seconds=seconds_since(last.at), **facts)


def turn(status: str, last: str, is_paired: bool, is_own: bool) -> str:
	"""The event, or "" for a step on the way; `last` is the turn before."""
	if status == states.CONNECTED:
		return "" if last in UP else BACK if last == DROPPED and is_paired else LINKED
	return DROPPED if last in UP and not is_own else ""


def last_turn(session: str) -> frappe._dict | None:
	filters = {"session": session, "event": ("in", TURNS)}
	return frappe.db.get_value(SESSION_EVENT, filters, ["event", "at"], as_dict=True, order_by="at desc")


def turn_before(before: frappe._dict) -> frappe._dict:
	"""For a record that is older than its story."""
	if before.status == states.CONNECTED:
		return frappe._dict(event=LINKED, at=before.status_since)
	return frappe._dict(event=DROPPED if before.down_since else "", at=before.down_since)


def seconds_up(session: str) -> int:
	last = last_turn(session)
	return seconds_since(last.at) if last and last.event in UP else 0


def seconds_since(moment: object) -> int:
	"""0 for a moment that lies ahead, as after clocks were set back."""
	return max(0, round((now_datetime() - get_datetime(moment)).total_seconds())) if moment else 0


def insert(session: str, event: str, **facts: object) -> None:
	values = {field: value for field, value in facts.items() if value}
	doc = frappe.get_doc(doctype=SESSION_EVENT, session=session, event=event, at=now_datetime(), **values)
	# nobody may write a story: what people do writes it, guests with a pairing link among them
	doc.insert(ignore_permissions=True)


def entrance() -> str:
	"""Where the caller came in. A guest has a pairing link, and nothing else."""
	if request := getattr(frappe.local, "request", None):
		if frappe.session.user == "Guest":
			return "Link"
		return "API" if request.headers.get("Authorization") else "Desk"
	return "Background" if getattr(frappe.local, "job", None) else "Shell"


def read(session: str, since: datetime, start: int, length: int) -> list[frappe._dict]:
	"""Newest first, with what changed in the settings; `since` leaves out a session that had the name before."""
	return frappe.get_all(
		SESSION_EVENT,
		filters={"session": ("in", (session, SETTINGS)), "at": (">=", since)},
		fields=FIELDS,
		order_by="at desc, name desc",
		limit_start=start,
		limit_page_length=length,
	)
