"""The only writer of what the server says about a session.

Every function decides from the locked row alone, writes at once and for good (what happened on the server does not roll back
with our request), and brings the caller's document up to date with the row.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import frappe
from frappe.utils import get_datetime, now_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.baileys.errors import BaileysError
from xappiens_whatsapp.server import causes, failures, gateway
from xappiens_whatsapp.sessions import (
	alerts,
	attention,
	learning,
	pairing_links,
	qr_codes,
	realtime,
	reasons,
	states,
	story,
)
from xappiens_whatsapp.site import languages, transactions

if TYPE_CHECKING:
	from xappiens_whatsapp.sessions.belief import Observation
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

Row = frappe._dict
CHECK_NOTED_EVERY = timedelta(seconds=60)
WATCHED = (
	"status",
	"session_db_id",
	"phone_number",
	"expected_number",
	"wrong_phone",
	"error_code",
	"proof_state",
	"proof_message_id",
)
SERVER_OWNED = (
	"status",
	"status_since",
	"is_connected",
	"needs_attention",
	"phone_number",
	"wrong_phone",
	"wrong_phone_alerted_on",
	"session_db_id",
	"server_id",
	"last_seen",
	"last_checked",
	"last_proof",
	"proof_state",
	"proof_message_id",
	"down_since",
	"alerted_on",
	"stopped_here",
	"restricted_until",
	"error_code",
	"error_message",
	"kept_reason",
)
FIELDS = ["name", "session_id", "is_active", "expected_number", *SERVER_OWNED]
NOT_ON_SERVER = {
	"session_db_id": 0,
	"status": states.DISCONNECTED,
	"is_connected": 0,
	**learning.NO_PAIRING,
}


class Outcome(NamedTuple):
	"""Whether something was written, and if not, why not; `why_not` is "" where the row said it all already."""

	wrote: bool
	why_not: str = ""


GONE = "the record is gone"
OLDER = "older than what is known"
OTHER_SERVER = "asked of another server"
OTHER_NUMBER = "asked about another number"


def number_of(row: Row | WhatsAppSession, server: str) -> int:
	"""The number that the record has on this server; one of another server is somebody else's session here."""
	return (row.session_db_id or 0) if row.server_id in (None, "", server) else 0


def observe(doc: WhatsAppSession, seen: Observation) -> Outcome:
	"""Keep what is believed of the observation.

	Writes nothing where the row says it all already (only the time of the check, once a minute), where something newer is known,
	or where record, server or number are not those any more that were asked about. `why_not` says which; "" for the first.
	"""

	def decide(row: Row) -> dict[str, object]:
		changes = learning.news(row, seen)
		if changes or is_check_due(row, seen.asked_at):
			changes["last_checked"] = seen.asked_at
		return changes

	return change(doc, decide, asked_at=seen.asked_at, server=seen.server, number=seen.asked_number)


def note_failure(doc: WhatsAppSession, error: BaileysError, asked_at: datetime, server: str) -> Outcome:
	"""The record keeps its last known state and says why it could not be checked; nobody is told.

	Writes nothing where it says so already. The sentence is stored in the site's language, as for people who are no managers.
	"""
	with languages.speaking(languages.of_site()):
		failure = failures.translate(error)

	def decide(row: Row) -> dict[str, object]:
		if row.error_code == failure.error_code:
			return {}
		return {
			"error_code": failure.error_code,
			"error_message": str(failure),
			"kept_reason": learning.known_reason(row),
		}

	return change(doc, decide, asked_at=asked_at, server=server)


def note_missing(doc: WhatsAppSession, number: int, asked_at: datetime, server: str) -> Outcome:
	"""Neither list nor own route has the session: the number goes, and creating it again is what comes next.

	A record that never had one, or whose session somebody deleted here, says so already.
	"""

	def decide(row: Row) -> dict[str, object]:
		if not row.session_db_id and row.status == states.DISCONNECTED:
			return {}
		return {**NOT_ON_SERVER, **learning.problem(reasons.MISSING), "last_checked": now_datetime()}

	return change(doc, decide, asked_at=asked_at, server=server, number=number)


def note_removed(doc: WhatsAppSession, number: int) -> Outcome:
	"""Somebody here had the server delete the session: nothing is wrong, and nobody needs to be told."""

	def decide(_row: Row) -> dict[str, object]:
		settled = {
			**learning.problem(""),
			**alerts.NOT_DOWN,
			"stopped_here": 1,
			"last_checked": now_datetime(),
		}
		return {**NOT_ON_SERVER, **settled}

	return change(doc, decide, number=number)


def note_stopped(doc: WhatsAppSession) -> Outcome:
	"""Somebody here stopped it: no drop, and no reason either. Writes nothing where the session is not down."""

	def decide(row: Row) -> dict[str, object]:
		if row.status not in states.DOWN:
			return {}
		return {**alerts.NOT_DOWN, **learning.problem(""), "stopped_here": 1}

	return change(doc, decide)


def note_test_message(doc: WhatsAppSession, message_id: str) -> Outcome:
	"""A test message that the server took is the proof from now on, in place of the one before."""
	return change(doc, lambda _row: {"proof_message_id": message_id, "proof_state": states.SENT})


def note_restricted(doc: WhatsAppSession, until: datetime | None) -> Outcome:
	"""A test message was refused because WhatsApp has restricted the account: until then, in the site's time, as far as it says."""
	failed = {"proof_message_id": "", "proof_state": states.FAILED, "restricted_until": until}
	return change(doc, lambda _row: {**failed, **learning.problem(causes.RESTRICTED, until=until)})


def note_proof(doc: WhatsAppSession, message_id: str, state: str, at: datetime | None = None) -> Outcome:
	"""What became of the last test message; `at` is when it arrived. What was told late takes nothing back."""

	def decide(row: Row) -> dict[str, object]:
		is_more = states.LESS_TO_MORE_TOLD.index(state) > states.LESS_TO_MORE_TOLD.index(
			row.proof_state or ""
		)
		if row.proof_message_id != message_id or not is_more:
			return {}
		arrives = state in states.PROVED and row.proof_state not in states.PROVED
		return {"proof_state": state, **({"last_proof": at} if arrives else {})}

	return change(doc, decide)


def note_problem(doc: WhatsAppSession, code: str) -> Outcome:
	"""Only the reason: the state stays. `code` is one of `causes.REASONS`."""
	return change(doc, lambda _row: learning.problem(code))


@transactions.in_own_transaction
def change(
	doc: WhatsAppSession,
	decide: Callable[[Row], dict[str, object]],
	*,
	asked_at: datetime | None = None,
	server: str = "",
	number: int | None = None,
) -> Outcome:
	"""Apply what `decide` makes of the locked row; with the others, only while they still hold for it.

	`asked_at`: nothing newer is known. `server`: it is still the one that the settings name. `number`: the row has it still.
	"""
	row = locked(doc.name)
	why_not = objection(row, asked_at, server, number)
	changes = {} if why_not else learning.unknown_to(row, decide(row))
	if changes:
		write(row, {**changes, **since(row, changes)}, server)
	if row:
		doc.update({field: row[field] for field in FIELDS})
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- the server's answer must survive a later failure
	return Outcome(bool(changes), why_not)


def locked(name: str) -> Row | None:
	"""The row for this transaction alone; None where it is gone."""
	return frappe.db.get_value(SESSION, name, FIELDS, as_dict=True, for_update=True)


def objection(row: Row | None, asked_at: datetime | None, server: str, number: int | None) -> str:
	if row is None:
		return GONE
	if server and server != gateway.current_server():
		return OTHER_SERVER
	if number is not None and number != number_of(row, server or row.server_id):
		return OTHER_NUMBER
	return OLDER if is_outdated(row, asked_at) else ""


def is_outdated(row: Row, asked_at: datetime | None) -> bool:
	"""A check that lies ahead proves nothing: clocks are set back, every autumn in the site's time zone."""
	if not asked_at or not row.last_checked:
		return False
	return asked_at < get_datetime(row.last_checked) <= now_datetime()


def is_check_due(row: Row, asked_at: datetime) -> bool:
	return not row.last_checked or abs(asked_at - get_datetime(row.last_checked)) >= CHECK_NOTED_EVERY


def since(row: Row, changes: dict[str, object]) -> dict[str, object]:
	if changes.get("status", row.status) == row.status:
		return {}
	return {"status_since": now_datetime(), "kept_reason": ""}


def write(row: Row, changes: dict[str, object], server: str) -> None:
	if changes.get("session_db_id"):
		changes["server_id"] = server
		take_from_others(row.name, int(changes["session_db_id"]))
	before = frappe._dict(row)
	row.update(changes)
	is_own = alerts.is_expected(row, before)
	for marks_of in (alerts.marks, attention.marks):
		changes |= marks_of(row, before)
		row.update(changes)
	is_edited = "expected_number" in changes
	frappe.get_doc(SESSION, row.name).db_set(changes, update_modified=is_edited)
	story.follow(row, before, is_own)
	tell(row, before)


def take_from_others(name: str, number: int) -> None:
	"""Two records never hold one number; the server has just said whose it is."""
	filters = {"session_db_id": number, "name": ("!=", name)}
	for other in frappe.db.get_values(SESSION, filters, "name", for_update=True):
		frappe.db.set_value(SESSION, other[0], "session_db_id", 0, update_modified=False)


def tell(row: Row, before: Row) -> None:
	"""Those who watch, of what changed; that a question failed, or when it was asked, is no change of the session."""
	if states.is_end_of_code(before.status, row.status):
		qr_codes.forget(row)
	if is_news(row, before):
		realtime.publish_session(row)
	if row.error_code != before.error_code and row.error_code in (causes.UNKNOWN_STATUS, causes.OUT_OF_STEP):
		frappe.log_error(title="WhatsApp session out of step", message=f"{row.name}: {row.error_message}")
	if row.status != before.status:
		pairing_links.note_state(row)
	if (row.status, row.wrong_phone) != (before.status, before.wrong_phone):
		alerts.announce(row)


def is_news(row: Row, before: Row) -> bool:
	changed = {field for field in WATCHED if (row[field] or "") != (before[field] or "")}
	return bool(changed - {"error_code"}) or (bool(changed) and row.error_code not in reasons.CHECK_FAILURES)
