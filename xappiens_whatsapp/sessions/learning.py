"""What a row would have to change to say what was observed. Reads nothing but its arguments."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import frappe
from frappe.utils import get_datetime

from xappiens_whatsapp.server import causes, failures
from xappiens_whatsapp.sessions import reasons, restrictions, states
from xappiens_whatsapp.sessions.belief import State
from xappiens_whatsapp.site import languages
from xappiens_whatsapp.site.moments import to_site_time

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.sessions.belief import Observation

NO_PAIRING = {
	"phone_number": None,
	"last_seen": None,
	"last_proof": None,
	"proof_state": "",
	"proof_message_id": "",
}


def news(row: frappe._dict, seen: Observation) -> dict[str, object]:
	"""By the table of belief; empty where the row says it all already."""
	remote, belief = seen.remote, seen.belief
	learned = facts_of(row, remote) if belief.facts else {}
	status = states.status_of(remote)
	if belief.state is State.YES or (belief.state is State.IF_IT_AGREES and status == row.status):
		learned |= state_of(row, remote, status)
	return unknown_to(row, learned)


def unknown_to(row: frappe._dict, learned: dict[str, object]) -> dict[str, object]:
	return {field: value for field, value in learned.items() if differs(row.get(field), value)}


def facts_of(row: frappe._dict, remote: RemoteSession) -> dict[str, object]:
	"""What one answer does not say is not forgotten."""
	facts = {
		"session_db_id": remote.id,
		"phone_number": None if is_only_expected(row, remote) else remote.phone_number,
		"last_seen": remote.last_activity and to_site_time(remote.last_activity),
	}
	return {field: value for field, value in facts.items() if value}


def is_only_expected(row: frappe._dict, remote: RemoteSession) -> bool:
	"""Until a phone is linked, servers repeat the number that was given at creation."""
	is_expected = f"+{remote.phone_number}" == row.expected_number
	return is_expected and states.status_of(remote) != states.CONNECTED


def state_of(row: frappe._dict, remote: RemoteSession, status: str | None) -> dict[str, object]:
	if status is None:
		return problem(causes.UNKNOWN_STATUS, remote.status[:100])
	trouble = problem_of(row, remote, status)
	ends = status == states.QR_REQUIRED or trouble.get("error_code") in reasons.ENDS_PAIRING
	return {
		"status": status,
		"is_connected": int(status == states.CONNECTED),
		"restricted_until": restrictions.end_of(remote),
		**trouble,
		**(NO_PAIRING if ends else {}),
	}


def problem_of(row: frappe._dict, remote: RemoteSession, status: str) -> dict[str, object]:
	"""Why it is down, or why it had to begin to reconnect."""
	code = reasons.code_of(remote.disconnect_code, remote.disconnect_reason, was_linked=was_linked(row))
	if status == states.CONNECTING and (code or row.status == status):
		reconnects = bool(remote.phone_number or row.phone_number)
		return problem(code, reconnects=reconnects) if code else kept(row)
	until = restrictions.end_of(remote)
	if remote.restriction and status == states.CONNECTED:
		return problem(reasons.RESTRICTED, until=until)
	if status not in states.DOWN:
		return problem("")
	word = states.word_of(remote)
	code = code or states.CODE_OF_WORD.get(word, "")
	if row.status == status and says_less(code, known_reason(row)):
		return kept(row)
	return problem(code or (word.upper() if status == states.ERROR else ""), until=until)


def says_less(code: str, known: str) -> bool:
	"""Whether the reason that is known already is the better one."""
	is_in_vain = known == reasons.CONNECTS_IN_VAIN and code in reasons.OF_DAMAGE_AS_WELL
	return bool(known) and (not code or is_in_vain)


def was_linked(row: frappe._dict) -> bool:
	return bool(row.phone_number or row.down_since or row.status == states.CONNECTED)


def kept(row: frappe._dict) -> dict[str, object]:
	known = known_reason(row)
	return {} if known and known == row.error_code else problem(known)


def known_reason(row: frappe._dict) -> str:
	return next((code for code in (row.error_code, row.kept_reason) if is_reason(code)), "")


def is_reason(code: str | None) -> bool:
	"""A reason that was told once, perhaps only by a webhook, stays while the session stays as it is."""
	return bool(code) and code not in (*reasons.CHECK_FAILURES, causes.OUT_OF_STEP, causes.UNKNOWN_STATUS)


def problem(
	code: str, detail: str = "", *, until: datetime | None = None, reconnects: bool = False
) -> dict[str, object]:
	"""Both may be the server's words, which lists and reports show as they are."""
	code, detail = failures.without_markup(code), failures.without_markup(detail)
	with languages.speaking(languages.of_site()):
		text = reasons.text_of(code, detail or restrictions.in_words(until), reconnects=reconnects)
	return {"error_code": code[:140], "error_message": text}


def differs(known: object, learned: object) -> bool:
	if isinstance(learned, datetime):
		return get_datetime(known) != learned if known else True
	return (known or "") != (learned or "")
