"""The one place that hands work to the background workers."""

from __future__ import annotations

import frappe
from redis.exceptions import RedisError

from xappiens_whatsapp import gateway, shared

REASON_KEPT_FOR = 300
REASON_IGNORED_FOR = 60
WAITS_AT_MOST = 60
WAITING_KEPT_FOR = 3600
WAITING = "whatsapp_refresh_waiting"
QUEUED = "whatsapp_refresh_queued"


def enqueue_refresh(session: str, reason: str = "") -> None:
	"""One job for all sessions that changed since the last one began; each may have asked too early for what comes later.

	Raises `RedisError` where there is no queue.
	"""
	if reason and not is_reason_ignored(session):
		frappe.cache.set_value(reason_key(session), reason, expires_in_sec=REASON_KEPT_FOR)
	try:
		if not is_first_waiting(session):
			return
		enqueue_short("xappiens_whatsapp.jobs.refresh_waiting")
	except (RedisError, frappe.QueueOverloaded):
		take_waiting()
		enqueue_short("xappiens_whatsapp.jobs.refresh_session", session=session)


def enqueue_short(method: str, **arguments: str) -> None:
	frappe.enqueue(method, queue="short", **arguments)


def is_first_waiting(session: str) -> bool:
	"""Whether no job was queued yet for the sessions that wait, of which `session` is one from now on."""
	shared.add(WAITING, session, WAITING_KEPT_FOR)
	return shared.claim(QUEUED, WAITS_AT_MOST)


def take_waiting() -> list[str]:
	"""The sessions that wait. What changes from now on waits for another job."""
	try:
		shared.release(QUEUED)
		return shared.take(WAITING)
	except RedisError:
		return []


def take_reason(session: str) -> str:
	reason = frappe.cache.get_value(reason_key(session), expires=True) or ""
	frappe.cache.delete_value(reason_key(session))
	return reason


def ignore_reason(session: str) -> None:
	"""Somebody here ends the connection now; what the server calls that is no news."""
	frappe.cache.set_value(ignored_key(session), 1, expires_in_sec=REASON_IGNORED_FOR)


def is_reason_ignored(session: str) -> bool:
	return bool(frappe.cache.get_value(ignored_key(session), expires=True))


def ignored_key(session: str) -> str:
	return f"whatsapp_reason_ignored:{session}"


def reason_key(session: str) -> str:
	return f"whatsapp_disconnect_reason:{session}"


def enqueue_reconciliation() -> None:
	"""What the scheduler calls; a pass that still runs is not followed by a second one."""
	if frappe.get_cached_doc(gateway.SETTINGS).what_is_missing():
		return
	frappe.enqueue(
		"xappiens_whatsapp.reconciliation.reconcile",
		queue="long",
		job_id="whatsapp_reconciliation",
		deduplicate=True,
	)


def enqueue_alert(method: str, **details: object) -> None:
	"""After the commit, and without a queue not at all: the change itself must be stored either way."""
	frappe.db.after_commit.add(lambda: put_in_queue(method, **details))


def put_in_queue(method: str, **details: object) -> None:
	try:
		frappe.enqueue(method, queue="short", **details)
	except (RedisError, frappe.QueueOverloaded) as error:
		frappe.logger().error(f"WhatsApp alert {method} {details} was not queued: {error}")


def enqueue_webhook_registration(url: str, after: str = "") -> None:
	"""For every linked session, those named after `after`; once for each secret.

	The address is that of the request: a worker may know the site by another name.
	"""
	rotated_on = frappe.get_doc(gateway.SETTINGS).webhook_secret_rotated_on
	frappe.enqueue(
		"xappiens_whatsapp.jobs.register_webhooks",
		queue="long",
		job_id=f"whatsapp_webhooks:{rotated_on}:{url}:{after}",
		deduplicate=True,
		enqueue_after_commit=True,
		url=url,
		after=after,
	)
