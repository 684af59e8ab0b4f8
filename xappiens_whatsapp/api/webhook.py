"""Where the server says that something happened to a session. It is a nudge: what is true is asked from the server."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import frappe
from frappe.rate_limiter import rate_limit
from frappe.utils import get_datetime, now_datetime
from redis.exceptions import RedisError
from werkzeug.wrappers import Request, Response

from xappiens_whatsapp import SESSION, SETTINGS
from xappiens_whatsapp.baileys.parsing import parse_datetime
from xappiens_whatsapp.baileys.webhooks import WebhookEvent, parse_event, signature_of, verify
from xappiens_whatsapp.sessions import nudges, qr_codes, realtime
from xappiens_whatsapp.site import secrets, shared
from xappiens_whatsapp.site import settings as site_settings

METHOD = "xappiens_whatsapp.api.webhook.handle_webhook"
LARGEST_BODY = 1024 * 1024
FRESH_FOR = timedelta(minutes=5)
PREVIOUS_SECRET_FOR = timedelta(minutes=10)
REMEMBERED_FOR = 15 * 60
REFUSALS_A_MINUTE = 60
STATE_EVENTS = ("session.connected", "session.disconnected", "session.status")
QR_EVENT = "session.qr"


# The server has no login here; every call is verified by its signature before anything of it is looked at.
@frappe.whitelist(allow_guest=True, methods=["POST"], xss_safe=True)  # nosemgrep: guest-whitelisted-method
def handle_webhook() -> dict[str, bool]:
	"""Answers as soon as the work is queued; 503 asks the server to deliver again."""
	request = frappe.local.request
	status = refusal_of(request)
	status = count_refusal(status) if status else take_in(request)
	frappe.local.response["http_status_code"] = status
	return {"success": status == 200}


def refusal_of(request: Request) -> int:
	"""The status with which the call is refused; 0 for a call to take in. Nothing of a refused call is kept."""
	body = request.get_data()
	if max(len(body), request.content_length or 0) > LARGEST_BODY:
		return 413
	if not is_authentic(body, request.headers):
		return 401
	return 400 if payload_of(body) is None else 0


def is_authentic(body: bytes, headers: Mapping[str, str]) -> bool:
	settings = site_settings.current()
	if (
		not settings.enabled
		or not settings.webhook_enabled
		or not is_fresh(headers.get("X-Webhook-Timestamp"))
	):
		return False
	return verify(body, signature_of(headers), secrets_of(settings))


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
	if not current or not rotated_on or now_datetime() - get_datetime(rotated_on) > PREVIOUS_SECRET_FOR:
		return [current] if current else []
	return [current, secrets.read("previous_webhook_secret")]


def payload_of(body: bytes) -> dict[str, Any] | None:
	try:
		payload = json.loads(body)
	except (ValueError, RecursionError):
		return None
	return payload if isinstance(payload, dict) else None


def count_refusal(status: int) -> int:
	"""Only refused calls are counted: the server itself may deliver as fast as it likes."""
	try:
		count_refused_call()
	except frappe.RateLimitExceededError:
		return 429
	except RedisError:
		return status
	return status


@rate_limit(limit=REFUSALS_A_MINUTE, seconds=60)
def count_refused_call() -> None:
	"""Per address; raises `RateLimitExceededError` when there were too many."""


def take_in(request: Request) -> int:
	body = request.get_data()
	delivery = delivery_key(body, request.headers)
	if is_repeated(delivery):
		return 200
	try:
		pass_on(payload_of(body) or {}, request.headers)
	except (RedisError, frappe.QueueOverloaded):
		forget(delivery)
		return 503
	return 200


def delivery_key(body: bytes, headers: Mapping[str, str]) -> str:
	stamp = headers.get("X-Webhook-Timestamp", "").encode()
	return f"whatsapp_webhook_delivery:{hashlib.sha256(stamp + b':' + body).hexdigest()}"


def is_repeated(delivery: str) -> bool:
	try:
		return not shared.claim(delivery, REMEMBERED_FOR)
	except RedisError:
		return False


def forget(delivery: str) -> None:
	try:
		shared.release(delivery)
	except RedisError:
		return


def pass_on(payload: dict[str, Any], headers: Mapping[str, str]) -> None:
	event = parse_event(payload, headers)
	if event.event not in (*STATE_EVENTS, QR_EVENT) or not (session := session_of(event)):
		return
	if event.event == QR_EVENT:
		qr_codes.forget(session)
		realtime.publish_session(session)
	else:
		nudges.enqueue_refresh(session.name, str(event.disconnect_reason or event.disconnect_code or ""))


def session_of(event: WebhookEvent) -> frappe._dict | None:
	"""Exactly the session that is named, although the database compares without case."""
	if not event.session_id:
		return None
	fields = ["name", "session_id", "session_db_id", "status"]
	row = frappe.db.get_value(SESSION, {"session_id": event.session_id}, fields, as_dict=True)
	if not row or row.session_id != event.session_id:
		return None
	return row.update({"doctype": SESSION})


def refuse_unreadable(response: Response | None, request: Request) -> None:
	"""Frappe reads a JSON body before it asks any app, and what it cannot read it answers with 500 or 417."""
	if response is None or response.status_code not in (417, 500) or not request.path.endswith(METHOD):
		return
	status = refusal_of(request)
	if status:
		response.status_code = status
