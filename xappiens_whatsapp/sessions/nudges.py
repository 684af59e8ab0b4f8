"""What webhooks leave behind until a job has asked the server: which sessions changed, and the reasons that they gave."""

from __future__ import annotations

import frappe
from redis.exceptions import RedisError

from xappiens_whatsapp.site import queue, shared

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
		queue.enqueue_short("xappiens_whatsapp.background.jobs.refresh_waiting")
	except (RedisError, frappe.QueueOverloaded):
		take_waiting()
		queue.enqueue_short("xappiens_whatsapp.background.jobs.refresh_session", session=session)


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
