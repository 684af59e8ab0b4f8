"""Tells people, each in their own language: what waits in the records is gathered, grouped by its cause, and told once."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

import frappe
from frappe import _
from frappe.desk.doctype.notification_log.notification_log import enqueue_create_notification
from frappe.desk.doctype.notification_settings.notification_settings import is_email_notifications_enabled
from frappe.utils import escape_html, format_datetime, get_datetime, now_datetime
from redis.exceptions import RedisError

from xappiens_whatsapp import SESSION, SYSTEM_MANAGER, WHATSAPP_MANAGER, permissions
from xappiens_whatsapp.server import causes
from xappiens_whatsapp.sessions import alerts, reasons, restrictions
from xappiens_whatsapp.site import address, copies, languages, ownership, shared, transactions

GATHERED_FOR = (
	3.0  # seconds, in a worker and never in a request: a server's restart takes several numbers along
)
TOGETHER_WITHIN = timedelta(minutes=10)
MAIL_LOGGED_EVERY = 3600
NAMES_SHOWN = 20
FIELDS = [
	"name",
	"session_name",
	"status",
	"status_since",
	"is_active",
	"down_since",
	"alerted_on",
	"error_code",
	"phone_number",
	"expected_number",
	"wrong_phone",
	"wrong_phone_alerted_on",
	"restricted_until",
]
Rows = list[frappe._dict]


class Message(NamedTuple):
	"""`subject` is plain text, `body` is HTML."""

	subject: str
	body: str


def send_waiting() -> None:
	"""Nothing while the settings are those of another app."""
	if ownership.problem():
		return
	time.sleep(GATHERED_FOR)
	with suppress(RedisError):
		shared.release(alerts.QUEUED)
	if copies.is_copy():
		return
	for rows in by_cause(take_drops()):
		tell_drops(rows)
	for rows in take_recoveries():
		tell_each([row for row in rows if not is_flapping(row.name)], recovery_message)
	others = [row for row in take_wrong_phones() if is_first_within_the_hour(row)]
	tell_each(others, wrong_phone_message, right="disconnect")


@transactions.in_own_transaction
def take_drops() -> Rows:
	"""Untold drops, told from now on; those of one job have one moment in common, by which their return is gathered."""
	rows = waiting({"down_since": ("is", "set"), "alerted_on": ("is", "not set")})
	told = [row for row in rows if row.is_active and alerts.is_drop_untold(row)]
	mark(told, {"alerted_on": now_datetime()})
	return told


@transactions.in_own_transaction
def take_recoveries() -> list[Rows]:
	"""Groups of sessions that went down together and are back together, or of which some have been back for a while."""
	groups: dict[object, Rows] = defaultdict(list)
	for row in waiting({"alerted_on": ("is", "set")}):
		groups[row.alerted_on].append(row)
	ready = [back for rows in groups.values() if (back := back_of(rows))]
	for rows in ready:
		mark(rows, dict(alerts.NOT_DOWN))
	return ready


def back_of(rows: Rows) -> Rows:
	back = [row for row in rows if alerts.is_back(row)]
	is_all = not any(row.is_active for row in rows if row not in back)
	waited = back and now_datetime() - min(get_datetime(row.status_since) for row in back)
	return back if back and (is_all or waited >= TOGETHER_WITHIN) else []


@transactions.in_own_transaction
def take_wrong_phones() -> Rows:
	rows = waiting({"wrong_phone": 1, "wrong_phone_alerted_on": ("is", "not set")})
	told = [row for row in rows if row.is_active and alerts.is_wrong_phone_untold(row)]
	mark(told, {"wrong_phone_alerted_on": now_datetime()})
	return told


def is_first_within_the_hour(row: frappe._dict) -> bool:
	"""The same phone that is unlinked and linked again is no news."""
	return shared.claim(f"whatsapp_wrong_phone:{row.name}:{row.phone_number}", alerts.FLAPS_WITHIN)


def waiting(filters: dict[str, object]) -> Rows:
	return frappe.db.get_values(
		SESSION, filters, FIELDS, as_dict=True, order_by="session_name", for_update=True
	)


def mark(rows: Rows, values: dict[str, object]) -> None:
	for row in rows:
		frappe.db.set_value(SESSION, row.name, values, update_modified=False)
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- what was told once must not be told again


def by_cause(rows: Rows) -> list[Rows]:
	grouped: dict[tuple[object, ...], Rows] = defaultdict(list)
	for row in rows:
		grouped[row.error_code or "", row.restricted_until].append(row)
	return list(grouped.values())


def tell_drops(rows: Rows) -> None:
	"""A number that keeps dropping is told once, and then no more until it was steady for an hour."""
	flapping = [row for row in rows if alerts.drops(row.name)[0] > 1]
	for row in flapping:
		if shared.claim(flapping_key(row.name), alerts.FLAPS_WITHIN):
			tell_each([row], flapping_message)
		shared.keep(flapping_key(row.name), alerts.FLAPS_WITHIN)
	tell_each([row for row in rows if row not in flapping], drop_message)


def is_flapping(name: str) -> bool:
	try:
		return bool(shared.read(flapping_key(name)))
	except RedisError:
		return False


def flapping_key(name: str) -> str:
	return f"whatsapp_keeps_dropping:{name}"


def tell_each(rows: Rows, compose: Callable[[Rows], Message], right: str = "status") -> None:
	"""To everybody concerned who has that right in a session, about their sessions among `rows`."""
	for people, theirs in readers_of(rows, right).items():
		for language, names in by_language(people).items():
			with languages.speaking(language):
				send(theirs, names, compose(theirs))


def readers_of(rows: Rows, right: str) -> dict[tuple[str, ...], Rows]:
	"""People who have the same sessions to care about are told together."""
	sessions_of: dict[str, list[str]] = defaultdict(list)
	known = {row.name: row for row in rows}
	for name in known:
		for person in concerned(name, right):
			sessions_of[person].append(name)
	together: dict[tuple[str, ...], list[str]] = defaultdict(list)
	for person, names in sessions_of.items():
		together[tuple(names)].append(person)
	return {tuple(people): [known[name] for name in names] for names, people in together.items()}


def concerned(session: str, right: str) -> set[str]:
	"""Assigned users and managers; where there is neither, those who administer the site."""
	if not frappe.db.exists(SESSION, session):
		return set()
	doc = frappe.get_doc(SESSION, session)
	assigned = {row.user for row in doc.assigned_users if right in permissions.rights_in(doc, row.user)}
	return assigned | holders_of(WHATSAPP_MANAGER) or holders_of(SYSTEM_MANAGER)


def holders_of(role: str) -> set[str]:
	rows = frappe.get_all("Has Role", filters={"role": role, "parenttype": "User"}, pluck="parent")
	return set(rows) - set(frappe.STANDARD_USERS)


def by_language(names: tuple[str, ...]) -> dict[str, Rows]:
	fields = ["name", "email", "language"]
	people = frappe.get_all("User", filters={"name": ("in", sorted(names)), "enabled": 1}, fields=fields)
	grouped: dict[str, Rows] = defaultdict(list)
	for person in people:
		grouped[person.language or languages.of_site()].append(person)
	return grouped


def drop_message(rows: Rows) -> Message:
	until = restrictions.in_words(rows[0].restricted_until)
	reason = reasons.reason_of(rows[0].error_code, until) or causes.NO_REASON.said()
	if len(rows) == 1:
		subject = _("WhatsApp {0} is not connected any more. {1}").format(
			rows[0].session_name, reason.sentence
		)
	else:
		words = _("{0} WhatsApp numbers are not connected any more: {1}. {2}")
		subject = words.format(len(rows), names_of(rows), reason.sentence)
	since = _("Down since {0}.").format(format_datetime(min(get_datetime(row.down_since) for row in rows)))
	return Message(subject, body_of(rows, since, reason.remedy))


def flapping_message(rows: Rows) -> Message:
	(row,) = rows
	times, since = alerts.drops(row.name)
	words = _("WhatsApp {0} keeps dropping, {1} times since {2}.")
	subject = words.format(row.session_name, times, format_datetime(since or row.down_since))
	quiet = _("You are told again when it was steady for an hour and drops once more.")
	return Message(subject, body_of(rows, reasons.text_of(row.error_code), quiet))


def recovery_message(rows: Rows) -> Message:
	if len(rows) == 1:
		words = _("WhatsApp {0} is connected again. It was down for {1}.")
		subject = words.format(rows[0].session_name, longest_of(rows))
	else:
		words = _("{0} WhatsApp numbers are connected again: {1}. They were down for up to {2}.")
		subject = words.format(len(rows), names_of(rows), longest_of(rows))
	return Message(subject, body_of(rows))


def wrong_phone_message(rows: Rows) -> Message:
	if len(rows) == 1:
		words = _("WhatsApp {0}: the phone {1} is linked instead of {2}.")
		subject = words.format(rows[0].session_name, f"+{rows[0].phone_number}", rows[0].expected_number)
	else:
		words = _("{0} WhatsApp sessions are linked with other phones than expected: {1}.")
		subject = words.format(len(rows), names_of(rows))
	return Message(subject, body_of(rows, _("Open the session and press Keep This Phone or Unlink It.")))


def names_of(rows: Rows) -> str:
	names = [row.session_name for row in rows]
	rest = len(names) - NAMES_SHOWN
	return ", ".join(names[:NAMES_SHOWN]) + (_(" and {0} more").format(rest) if rest > 0 else "")


def longest_of(rows: Rows) -> str:
	durations = (
		get_datetime(row.status_since) - get_datetime(row.down_since or row.alerted_on) for row in rows
	)
	return languages.in_words(max(max(durations), timedelta(seconds=1)))


def body_of(rows: Rows, *sentences: str) -> str:
	links = (
		f'<a href="{escape_html(address.to_form(SESSION, row.name))}">{escape_html(row.session_name)}</a>'
		for row in rows
	)
	return "<br>".join([*(escape_html(sentence) for sentence in sentences if sentence), *links])


def send(rows: Rows, people: Rows, message: Message) -> None:
	notification = {
		"type": "Alert",
		"document_type": SESSION,
		"document_name": rows[0].name,
		"from_user": "Administrator",
		"subject": escape_html(message.subject),
		"email_content": message.body,
	}
	enqueue_create_notification([person.email for person in people], notification)
	addresses = [person.email for person in people if is_email_notifications_enabled(person.name)]
	if addresses and not frappe.are_emails_muted():
		send_mail(rows[0], addresses, message)


def send_mail(row: frappe._dict, addresses: list[str], message: Message) -> None:
	"""The bell has rung; whatever is wrong with a site's mail is logged once an hour and stops nobody's alert."""
	try:
		frappe.sendmail(
			recipients=addresses,
			subject=message.subject,
			message=message.body,
			reference_doctype=SESSION,
			reference_name=row.name,
		)
	except Exception as error:  # accounts, servers and hooks of other apps raise what they like
		frappe.clear_last_message()
		if shared.claim("whatsapp_mail_failure_logged", MAIL_LOGGED_EVERY):
			frappe.log_error(title="WhatsApp alert was not mailed", message=str(error)[:1000])
