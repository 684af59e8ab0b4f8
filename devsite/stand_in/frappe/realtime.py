"""Events go over Redis, as on Frappe; devsite.server passes them on as Server-Sent Events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from redis.exceptions import ConnectionError

import frappe


def publish_realtime(
	event: str, message: Any, *, doctype: str, docname: str, after_commit: bool = False
) -> None:
	params = [event, message, f"doc:{doctype}/{docname}"]
	if not after_commit:
		return emit_via_redis(*params)
	if not hasattr(frappe.local, "_realtime_log"):
		frappe.local._realtime_log = []
		frappe.db.after_commit.add(flush_realtime_log)
		frappe.db.after_rollback.add(clear_realtime_log)
	if params not in frappe.local._realtime_log:
		frappe.local._realtime_log.append(params)
	return None


def flush_realtime_log() -> None:
	for params in frappe.local._realtime_log:
		emit_via_redis(*params)
	clear_realtime_log()


def clear_realtime_log() -> None:
	del frappe.local._realtime_log


def emit_via_redis(event: str, message: Any, room: str) -> None:
	payload = {"event": event, "message": message, "room": room, "namespace": frappe.local.site}
	with suppress(ConnectionError):
		frappe.cache.publish("events", frappe.as_json(payload))


def can_subscribe(room: str) -> bool:
	kind, _colon, place = room.partition(":")
	doctype, _slash, docname = place.partition("/")
	exists = kind == "doc" and frappe.db.exists(doctype, docname)
	return bool(exists) and frappe.has_permission(doctype, doc=docname)


def listen(rooms: list[str], site: str) -> Iterator[str | None]:
	"""The text of each event; None when there was none for a while."""
	channel = frappe.cache.pubsub(ignore_subscribe_messages=True)
	channel.subscribe("events")
	try:
		while True:
			found = channel.get_message(timeout=5)
			payload = json.loads(found["data"]) if found else {}
			if not found:
				yield None
			elif payload.pop("namespace") == site and payload["room"] in rooms:
				yield json.dumps(payload)
	finally:
		channel.close()


__getattr__ = frappe._missing.refuse(__name__)
