"""Whether messages of a session get through: one short text, sent once, and what the server tells of its way."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime
from redis.exceptions import RedisError

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.baileys.errors import BaileysError, NotFoundError
from xappiens_whatsapp.server import causes
from xappiens_whatsapp.sessions import proof_steps, reasons, records, restrictions, states, story, webhooks
from xappiens_whatsapp.sessions.proof_steps import Steps
from xappiens_whatsapp.site import shared
from xappiens_whatsapp.site.moments import to_site_time

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.webhooks import WebhookEvent
	from xappiens_whatsapp.sessions.link import Link
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

ARRIVES_WITHIN = timedelta(minutes=2)
LIST_ASKED_EVERY = 10
LONGEST_ID = 140
STEP_OF_STATUS = {
	"sent": "taken",
	"delivered": "delivered",
	"read": "read",
	"played": "read",
	"failed": "failed",
}


def steps_of(doc: WhatsAppSession) -> Steps:
	return proof_steps.of(doc.session_id, doc.proof_message_id or "")


def follow(doc: WhatsAppSession, message_id: str, steps: Steps) -> None:
	"""A message that the server took is the session's proof from now on; what was told of it already counts."""
	message_id = message_id[:LONGEST_ID]
	with suppress(RedisError):
		proof_steps.note(doc.session_id, message_id, **steps._asdict())
		proof_steps.await_fate(doc.session_id)
	records.note_test_message(doc, message_id)
	story.keep(doc.name, story.TEST_MESSAGE, detail=states.SENT)
	settle(doc)


def note_told(event: WebhookEvent) -> bool:
	"""Keep what a call says of a message that may be a session's proof; whether there is something to settle.

	The numbers of a busy session bring a call for each message: of those that are no proof nothing is looked up. Raises `RedisError`.
	"""
	step = STEP_OF_STATUS.get(event.message_status)
	if not step or not event.message_id or not proof_steps.is_expected(event.session_id):
		return False
	reason = event.disconnect_reason if step == "failed" else ""
	told = {step: moment_of(event.message_at), "reason": (reason or "")[:LONGEST_ID]}
	proof_steps.note(event.session_id, event.message_id[:LONGEST_ID], **told)
	return True


def moment_of(told: datetime | None) -> str:
	"""In the site's time; what lies ahead of its clock is now."""
	now = now_datetime()
	return str(min(to_site_time(told), now) if told else now)


def settle(doc: WhatsAppSession) -> None:
	"""Bring the record in step with what was told; the order in which it was told does not matter."""
	steps = steps_of(doc)
	if not steps.is_reported:
		return
	with suppress(RedisError):
		proof_steps.note_that_server_reports(doc.server_id)
	if steps.arrived:
		with suppress(RedisError):
			shared.release(proof_steps.told_key(doc.session_id))
		state = states.READ if steps.read else states.DELIVERED
		records.note_proof(doc, doc.proof_message_id, state, get_datetime(steps.arrived))
	elif steps.failed:
		fail(doc)


def fail(doc: WhatsAppSession) -> None:
	if records.note_proof(doc, doc.proof_message_id, states.FAILED).wrote:
		story.keep(doc.name, story.TEST_MESSAGE, detail=states.FAILED)


def look(link: Link) -> None:
	"""What is known of the last test message now; one that has not arrived in time fails, where this server reports arrivals.

	Where the server calls this site its list is not asked, unless the call is overdue.
	"""
	doc = link.doc
	settle(doc)
	steps = steps_of(doc)
	if doc.proof_state != states.SENT or not steps.sent:
		return
	is_asked = proof_steps.has_list(doc.server_id) and (is_overdue(steps) or not webhooks.webhook_arguments())
	if is_asked and not ask_list(link, steps):
		return
	if is_overdue(steps) and doc.proof_state == states.SENT and proof_steps.is_known_to_report(doc.server_id):
		fail(doc)


def is_overdue(steps: Steps) -> bool:
	return bool(steps.sent) and now_datetime() - get_datetime(steps.sent) >= ARRIVES_WITHIN


def ask_list(link: Link, steps: Steps) -> bool:
	"""Whether it could be asked now. A look before the message was overdue keeps nobody from the one that decides."""
	doc = link.doc
	try:
		turn = f"{shared.PROOF}_asked:{doc.session_id}:{int(is_overdue(steps))}"
		if not shared.claim(turn, LIST_ASKED_EVERY):
			return False
		status = link.client.get_message_status(doc.session_id, steps.to, doc.proof_message_id)
		if step := STEP_OF_STATUS.get(status):
			proof_steps.note(doc.session_id, doc.proof_message_id, **{step: moment_of(None)})
	except NotFoundError:
		proof_steps.note_that_server_has_no_list(doc.server_id)
	except (BaileysError, RedisError):
		return False
	settle(doc)
	return True


def is_silent(doc: WhatsAppSession) -> bool:
	"""Whether nothing can be heard of a message: the server does not call this site, and has no list to ask."""
	return not webhooks.webhook_arguments() and not proof_steps.has_list(doc.server_id)


def is_waiting(doc: WhatsAppSession, steps: Steps) -> bool:
	return doc.proof_state == states.SENT and not is_overdue(steps) and not is_silent(doc)


def may_be_dead(doc: WhatsAppSession, steps: Steps) -> bool:
	if doc.proof_state == states.FAILED:
		return bool(doc.proof_message_id) and not steps.failed
	return doc.proof_state == states.SENT and is_overdue(steps) and not is_silent(doc)


def sentence_of(doc: WhatsAppSession, steps: Steps) -> str:
	if doc.proof_state in (states.DELIVERED, states.READ):
		return _("The message has arrived: this session works.")
	if may_be_dead(doc, steps):
		return f"{why_dead(doc)} {what_to_do()}"
	if doc.proof_state == states.FAILED:
		return (_("WhatsApp did not take the message.") + f" {why_refused(doc, steps)}").strip()
	if doc.proof_state != states.SENT:
		return ""
	if is_silent(doc):
		return _("The server has taken the message. It does not report deliveries: look at the phone.")
	return _("The server has taken the message. Waiting for its delivery.")


def why_refused(doc: WhatsAppSession, steps: Steps) -> str:
	word = steps.reason if doc.proof_message_id else causes.RESTRICTED
	code = reasons.code_of(None, word, was_linked=True)
	return (
		reasons.text_of(code, restrictions.in_words(doc.restricted_until)) if reasons.is_known(code) else ""
	)


def why_dead(doc: WhatsAppSession) -> str:
	if doc.proof_state == states.FAILED:
		return _(
			"The server took the message, but it was not delivered within two minutes: this session may be dead."
		)
	return _(
		"Nothing was heard of the message within two minutes. This session may be dead, or the server does not report deliveries."
	)


def what_to_do() -> str:
	return _("See that the phone is online. If it is, press Restart, then send another test message.")


def count_by_state() -> dict[str, int]:
	"""Of the active sessions that ever sent a test message."""
	told = filter(None, states.LESS_TO_MORE_TOLD)
	return {state: frappe.db.count(SESSION, {"is_active": 1, "proof_state": state}) for state in told}


def oldest() -> datetime | None:
	"""When the connected session whose last proof is the oldest was proved, in the site's time; None without any."""
	filters = {"is_active": 1, "is_connected": 1, "last_proof": ("is", "set")}
	found = frappe.get_all(SESSION, filters=filters, pluck="last_proof", order_by="last_proof asc", limit=1)
	return get_datetime(found[0]) if found else None
