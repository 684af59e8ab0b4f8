"""Tells people once that a linked number went down, and once that it is back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import frappe
from frappe import _
from frappe.desk.doctype.notification_log.notification_log import enqueue_create_notification
from frappe.desk.doctype.notification_settings.notification_settings import is_email_notifications_enabled
from frappe.utils import escape_html, format_datetime, get_datetime, get_url_to_form, now_datetime

from xappiens_whatsapp import SESSION, SETTINGS, permissions
from xappiens_whatsapp.sessions import reasons, states
from xappiens_whatsapp.site import languages, queue, transactions

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

EXPECTED_FOR = 60
RECONNECTS_WITHIN = timedelta(minutes=2)
NOT_DOWN = {"down_since": None, "alerted_on": None}


class Message(NamedTuple):
	"""`subject` is plain text, `body` is HTML."""

	subject: str
	body: str


@contextmanager
def expecting_change(doc: WhatsAppSession) -> Iterator[None]:
	"""What a person's own click does to the session is no drop, whoever sees it first: this request or a webhook.

	A click that fails does nothing, and what happens next is news again.
	"""
	frappe.cache.set_value(expectation_of(doc), 1, expires_in_sec=EXPECTED_FOR)
	try:
		yield
	except Exception:
		take_expectation(doc)
		raise


def take_expectation(doc: WhatsAppSession) -> bool:
	expected = bool(frappe.cache.get_value(expectation_of(doc), expires=True))
	frappe.cache.delete_value(expectation_of(doc))
	return expected


def expectation_of(doc: WhatsAppSession) -> str:
	return f"whatsapp_expected_change:{doc.name}"


def announce_change(doc: WhatsAppSession, before: frappe._dict) -> None:
	"""Runs in the transaction that stores the change, so that of two observers of one drop only one tells it."""
	if doc.status == before.status:
		return
	if doc.status == states.CONNECTED:
		note_recovery(doc, before)
	elif before.status == states.CONNECTED:
		note_drop(doc)
	elif before.down_since and not before.alerted_on:
		tell_drop(doc)


def note_drop(doc: WhatsAppSession) -> None:
	"""A session that is connecting may be back in a moment: that is told when it has failed, or takes too long."""
	is_expected = take_expectation(doc)
	if not doc.is_active or (is_expected and doc.status != states.CONNECTING):
		return
	doc.db_set({"down_since": now_datetime(), "alerted_on": None}, update_modified=False)
	if doc.status != states.CONNECTING:
		tell_drop(doc)


def note_recovery(doc: WhatsAppSession, before: frappe._dict) -> None:
	take_expectation(doc)
	if not before.down_since:
		return
	doc.db_set(dict(NOT_DOWN), update_modified=False)
	if before.alerted_on and is_wanted():
		seconds = (now_datetime() - get_datetime(before.down_since)).total_seconds()
		queue.enqueue_after_commit(
			"xappiens_whatsapp.sessions.alerts.send_recovery", session=doc.name, seconds=seconds
		)


def tell_drop(doc: WhatsAppSession) -> None:
	if not is_wanted():
		return
	doc.db_set("alerted_on", now_datetime(), update_modified=False)
	queue.enqueue_after_commit(
		"xappiens_whatsapp.sessions.alerts.send_drop", session=doc.name, code=doc.error_code or ""
	)


def is_wanted() -> bool:
	return bool(frappe.get_cached_doc(SETTINGS).send_alerts)


def is_overdue(record: frappe._dict) -> bool:
	"""Whether a session that seemed to reconnect by itself has been at it for too long."""
	if record.status != states.CONNECTING or not record.down_since or record.alerted_on:
		return False
	return now_datetime() - get_datetime(record.down_since) >= RECONNECTS_WITHIN


@transactions.in_own_transaction
def tell_overdue(name: str) -> None:
	fields = ["status", "down_since", "alerted_on"]
	current = frappe.db.get_value(SESSION, name, fields, as_dict=True, for_update=True)
	if current and is_overdue(current):
		tell_drop(frappe.get_doc(SESSION, name))
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- ends the lock taken above


def send_drop(session: str, code: str) -> None:
	tell(session, lambda doc: drop_message(doc, code))


def send_recovery(session: str, seconds: float) -> None:
	tell(session, lambda doc: recovery_message(doc, seconds))


def tell(session: str, compose: Callable[[WhatsAppSession], Message]) -> None:
	"""To each in their own language; about a session that was deleted meanwhile there is nothing to tell."""
	if not frappe.db.exists(SESSION, session):
		return
	doc = frappe.get_doc(SESSION, session)
	for language, people in recipients_of(doc).items():
		with languages.speaking(language):
			send(doc, people, compose(doc))


def drop_message(doc: WhatsAppSession, code: str) -> Message:
	reason = reasons.reason_of(code) or reasons.Reason(
		_("The server gave no reason."), reasons.connect_and_scan()
	)
	subject = _("WhatsApp {0} is not connected any more. {1}").format(doc.session_name, reason.sentence)
	since = _("Down since {0}.").format(format_datetime(doc.down_since or now_datetime()))
	return Message(subject, body_of(doc, since, reason.next_step))


def recovery_message(doc: WhatsAppSession, seconds: float) -> Message:
	duration = in_words(seconds)
	subject = _("WhatsApp {0} is connected again. It was down for {1}.").format(doc.session_name, duration)
	return Message(subject, body_of(doc))


def body_of(doc: WhatsAppSession, *sentences: str) -> str:
	link = f'<a href="{escape_html(get_url_to_form(SESSION, doc.name))}">{escape_html(doc.session_name)}</a>'
	return "<br>".join([*(escape_html(sentence) for sentence in sentences), link])


def in_words(seconds: float) -> str:
	if seconds < 120:
		return _("{0} seconds").format(max(1, round(seconds)))
	if seconds < 2 * 3600:
		return _("{0} minutes").format(round(seconds / 60))
	if seconds < 2 * 86400:
		return _("{0} hours").format(round(seconds / 3600))
	return _("{0} days").format(round(seconds / 86400))


def recipients_of(doc: WhatsAppSession) -> dict[str, list[frappe._dict]]:
	"""Assigned users and managers by language; where there is neither, those who administer the site."""
	assigned = {row.user for row in doc.assigned_users if permissions.rights_in(doc, row.user)}
	names = assigned | holders_of("WhatsApp Manager") or holders_of("System Manager")
	people = frappe.get_all(
		"User", filters={"name": ("in", sorted(names)), "enabled": 1}, fields=["name", "email", "language"]
	)
	by_language = defaultdict(list)
	for person in people:
		by_language[person.language or languages.of_site()].append(person)
	return by_language


def holders_of(role: str) -> set[str]:
	rows = frappe.get_all("Has Role", filters={"role": role, "parenttype": "User"}, pluck="parent")
	return set(rows) - set(frappe.STANDARD_USERS)


def send(doc: WhatsAppSession, people: list[frappe._dict], message: Message) -> None:
	notification = {
		"type": "Alert",
		"document_type": SESSION,
		"document_name": doc.name,
		"from_user": "Administrator",
		"subject": escape_html(message.subject),
		"email_content": message.body,
	}
	enqueue_create_notification([person.email for person in people], notification)
	send_mail(
		doc, [person.email for person in people if is_email_notifications_enabled(person.name)], message
	)


def send_mail(doc: WhatsAppSession, addresses: list[str], message: Message) -> None:
	if not addresses:
		return
	try:
		frappe.sendmail(
			recipients=addresses,
			subject=message.subject,
			message=message.body,
			reference_doctype=SESSION,
			reference_name=doc.name,
		)
	except frappe.OutgoingEmailError:
		frappe.clear_last_message()  # no outgoing mail is set up on this site
