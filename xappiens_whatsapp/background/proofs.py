"""Test messages without a person: one a day for each session where the settings say so, and the fate of those that were sent."""

from __future__ import annotations

import time
import zlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.background import notices
from xappiens_whatsapp.baileys.errors import BaileysError, NotFoundError, RejectedError
from xappiens_whatsapp.server import features, gateway
from xappiens_whatsapp.server.exceptions import GatewayError
from xappiens_whatsapp.sessions import alerts, identity, proof_steps, proofs, sending, states
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.site import settings, shared, transactions

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys import BaileysClient
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession

PATIENCE = 90.0
RUNS_FOR = 10 * 60
MINUTES_OF_HOUR = 50  # the rest is for what did not fit into the passes before
GIVEN_UP_AFTER = timedelta(hours=1)
ONCE_A_DAY = 25 * 3600
TOLD_FOR = 30 * 24 * 3600
Docs = list["WhatsAppSession"]


def enqueue_proofs() -> None:
	"""What the scheduler calls; nothing where there is neither a message to follow nor the hour to send some."""
	if settings.what_is_missing() or not (is_hour(now_datetime()) or proof_steps.awaited()):
		return
	frappe.enqueue(
		"xappiens_whatsapp.background.proofs.run", queue="long", job_id="whatsapp_proofs", deduplicate=True
	)


def is_hour(moment: datetime) -> bool:
	"""Of the site's time; one that a change of the clock skips is skipped."""
	return settings.current().daily_proof == f"{moment:%H}:00"


def run() -> None:
	"""One pass out of the budget's background share; what does not fit into it is left to the next."""
	if settings.what_is_missing():
		return
	client = gateway.connect_to_server(background=True, patience=PATIENCE)
	failed = [doc for session_id in proof_steps.awaited() if (doc := follow_up(session_id, client))]
	tell_failed([*failed, *send_due(client)])


@transactions.unless_busy()
def follow_up(session_id: str, client: BaileysClient) -> WhatsAppSession | None:
	"""The session, where its daily message has failed."""
	doc = identity.find_record(session_id)
	steps = doc and proofs.steps_of(doc)
	if not steps or not steps.sent:
		proof_steps.forget(session_id)
		return None
	proofs.look(Link(doc, client))
	is_new = now_datetime() - get_datetime(steps.sent) < GIVEN_UP_AFTER
	if doc.proof_state == states.SENT and is_new:
		return None
	proof_steps.forget(session_id)
	return doc if steps.daily and doc.proof_state == states.FAILED else None


def send_due(client: BaileysClient) -> Docs:
	"""The sessions where it certainly failed at once; ends where the server cannot be used now."""
	moment, end = now_datetime(), time.monotonic() + RUNS_FOR
	if not is_hour(moment) or not features.of(client).send_text:
		return []
	failed: Docs = []
	for row in due(moment):
		turn = f"{shared.PROOF}_daily:{moment:%Y-%m-%d}:{row.session_id}"
		if time.monotonic() > end:
			break
		if not shared.claim(turn, ONCE_A_DAY) or not (doc := identity.load(row.name)):
			continue
		if error := send_daily(Link(doc, client)):
			shared.release(turn)
			if not isinstance(error, NotFoundError | RejectedError):
				break
		elif sending.is_refused(doc):
			failed.append(doc)
	return failed


def due(moment: datetime) -> list[frappe._dict]:
	"""Each session has a minute of its own in the hour, so that thousands do not come at once; the longest unproved goes first."""
	filters = {"status": states.CONNECTED, "is_active": 1, "phone_number": ("is", "set")}
	order = "last_proof asc, name asc"
	rows = frappe.get_all(SESSION, filters=filters, fields=["name", "session_id"], order_by=order)
	return [row for row in rows if minute_of(row.session_id) <= moment.minute]


def minute_of(session_id: str) -> int:
	return zlib.crc32(session_id.encode()) % MINUTES_OF_HOUR


@transactions.unless_busy()
def send_daily(link: Link) -> BaileysError | None:
	"""Why it certainly was not sent, so that the next pass may try it."""
	if link.doc.status != states.CONNECTED:
		return None
	try:
		sending.send(link, daily=True)
	except GatewayError:
		return None
	except BaileysError as error:
		return error
	return None


def tell_failed(docs: Docs) -> None:
	"""Once, until a later message of the session arrives."""
	if alerts.is_wanted():
		news = [doc for doc in docs if shared.claim(proof_steps.told_key(doc.session_id), TOLD_FOR)]
		notices.tell_each(news, failed_message)


def failed_message(rows: notices.Rows) -> notices.Message:
	if len(rows) == 1:
		words = _(
			"WhatsApp {0} is connected, but its daily test message did not arrive. The session may be dead."
		)
		subject = words.format(rows[0].session_name)
	else:
		words = _(
			"{0} WhatsApp numbers are connected, but their daily test messages did not arrive: {1}. The sessions may be dead."
		)
		subject = words.format(len(rows), notices.names_of(rows))
	return notices.Message(subject, notices.body_of(rows, proofs.what_to_do()))
