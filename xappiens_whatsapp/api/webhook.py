"""Where the server says that something happened to a session. It is a nudge: what is true is asked from the server."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

import frappe
from frappe.utils import get_datetime
from redis.exceptions import RedisError
from werkzeug.wrappers import Request

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import limits
from xappiens_whatsapp.baileys import webhooks
from xappiens_whatsapp.baileys.parsing import parse_datetime
from xappiens_whatsapp.baileys.webhooks import WebhookEvent, parse_event, replay_id, signature_of, verify
from xappiens_whatsapp.sessions import nudges, proofs, qr_codes, realtime, refused_calls, states
from xappiens_whatsapp.site import counters, ownership, queue, secrets, shared
from xappiens_whatsapp.site import settings as site_settings

LARGEST_BODY = 1024 * 1024
FRESH_FOR = timedelta(minutes=5)
PREVIOUS_SECRET_FOR = timedelta(minutes=10)
REMEMBERED_FOR = 15 * 60
REFUSALS_A_MINUTE = 60
STATE_EVENTS = (webhooks.CONNECTED, webhooks.DISCONNECTED, webhooks.STATUS)
ASKED_AFTER_CODE_EVERY = 60
STATUS_OF = {
	refused_calls.TOO_LARGE: 413,
	refused_calls.UNREADABLE: 400,
	refused_calls.TOO_MANY: 429,
}
"""Of the other causes it is 401."""


# The server has no login here; every call is verified by its signature before anything of it is looked at.
@frappe.whitelist(allow_guest=True, methods=["POST"], xss_safe=True)  # nosemgrep: guest-whitelisted-method
def handle_webhook() -> dict[str, bool]:
	"""Answers as soon as the work is queued; 503 asks the server to deliver again."""
	frappe.local.flags.whatsapp_webhook_reached = True
	status = answer(frappe.local.request)
	frappe.local.response["http_status_code"] = status
	return {"success": status == 200}


def answer(request: Request) -> int:
	"""The status, after everything that the call is for was queued."""
	cause = refusal_of(request)
	return refuse(cause) if cause else count_taken(take_in(request))


def refusal_of(request: Request) -> str:
	"""Why the call is refused; "" for one to take in. Nothing of a refused call is kept."""
	body = request.get_data()
	if max(len(body), request.content_length or 0) > LARGEST_BODY:
		return refused_calls.TOO_LARGE
	if cause := doubt_of(body, request.headers):
		return cause
	return refused_calls.UNREADABLE if payload_of(body) is None else ""


def doubt_of(body: bytes, headers: Mapping[str, str]) -> str:
	"""Settings that are another app's take nothing in; that is for this site's people to read, not for the caller."""
	if ownership.problem():
		return refused_calls.SWITCHED_OFF
	settings = site_settings.current()
	if not settings.enabled or not settings.webhook_enabled:
		return refused_calls.SWITCHED_OFF
	secrets, signature = secrets_of(settings), signature_of(headers)
	if not secrets:
		return refused_calls.NO_SECRET
	if not signature:
		return refused_calls.UNSIGNED
	if not verify(body, signature, secrets):
		return refused_calls.WRONG_SIGNATURE
	return "" if is_fresh(headers.get("X-Webhook-Timestamp")) else refused_calls.TOO_OLD


def is_fresh(timestamp: str | None) -> bool:
	"""Not every server sends one, and it is not signed; one that is sent must make sense."""
	if not timestamp:
		return True
	moment = parse_datetime(timestamp)
	return moment is not None and abs(datetime.now(timezone.utc) - moment) <= FRESH_FOR


def secrets_of(settings: Any) -> list[str]:
	"""None at all while the site has no secret of its own."""
	current = secrets.read("webhook_secret")
	rotated_on = settings.webhook_secret_rotated_on
	if not current or not rotated_on or not is_recent(get_datetime(rotated_on)):
		return [current] if current else []
	return [current, secrets.read("previous_webhook_secret")]


def is_recent(rotated_on: datetime) -> bool:
	"""Kept as UTC: by the clock of the site ten minutes last for an hour and ten in autumn, and for none in spring."""
	return datetime.now(timezone.utc) - rotated_on.replace(tzinfo=timezone.utc) <= PREVIOUS_SECRET_FOR


def payload_of(body: bytes) -> dict[str, Any] | None:
	try:
		payload = json.loads(body)
	except (ValueError, RecursionError):
		return None
	return payload if isinstance(payload, dict) else None


def refuse(cause: str) -> int:
	"""The status. Only refused calls are limited, for each address: the server itself may deliver as fast as it likes."""
	try:
		limits.count("refused", REFUSALS_A_MINUTE)
	except frappe.RateLimitExceededError:
		frappe.clear_last_message()
		cause = refused_calls.TOO_MANY
	refused_calls.note(cause)
	return STATUS_OF.get(cause, 401)


def count_taken(status: int) -> int:
	result = refused_calls.TAKEN_IN if status == 200 else refused_calls.NOT_QUEUED
	counters.add(counters.webhook(result))
	return status


def take_in(request: Request) -> int:
	body = request.get_data()
	delivery = f"whatsapp_webhook_delivery:{replay_id(body)}"
	if is_repeated(delivery):
		return 200
	try:
		pass_on(payload_of(body) or {}, request.headers)
	except (RedisError, frappe.QueueOverloaded):
		forget(delivery)
		return 503
	return 200


def is_repeated(delivery: str) -> bool:
	try:
		return not shared.claim(delivery, REMEMBERED_FOR)
	except RedisError:
		return False


def forget(delivery: str) -> None:
	with suppress(RedisError):
		shared.release(delivery)


def pass_on(payload: dict[str, Any], headers: Mapping[str, str]) -> None:
	event = parse_event(payload, headers)
	if event.event == webhooks.ACK and proofs.note_told(event):
		refused_calls.note_accepted()
		queue.enqueue_short("xappiens_whatsapp.background.jobs.settle_proof", session_id=event.session_id)
	if event.event not in (*STATE_EVENTS, webhooks.QR) or not (session := session_of(event)):
		return
	refused_calls.note_accepted()
	if event.event == webhooks.QR:
		note_new_code(session)
	else:
		nudges.enqueue_refresh(session.name, str(event.disconnect_reason or event.disconnect_code or ""))


def note_new_code(session: frappe._dict) -> None:
	"""Codes follow each other every some seconds; the server is asked only while the record says something else, and not each time."""
	qr_codes.forget(session)
	realtime.publish_session(session)
	if session.status != states.QR_REQUIRED and shared.claim(
		f"whatsapp_asked_after_code:{session.name}", ASKED_AFTER_CODE_EVERY
	):
		nudges.enqueue_refresh(session.name)


def session_of(event: WebhookEvent) -> frappe._dict | None:
	"""Exactly the session that is named, although the database compares without case."""
	if not event.session_id:
		return None
	fields = ["name", "session_id", "session_db_id", "status"]
	row = frappe.db.get_value(SESSION, {"session_id": event.session_id}, fields, as_dict=True)
	if not row or row.session_id != event.session_id:
		return None
	return row.update({"doctype": SESSION})
