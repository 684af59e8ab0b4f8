"""Events go over Redis, as on Frappe; devsite.server passes them on as Server-Sent Events."""

from __future__ import annotations

import json
from typing import Any

import frappe


def publish_realtime(
	event: str | None = None,
	message: Any = None,
	room: str | None = None,
	user: str | None = None,
	doctype: str | None = None,
	docname: str | None = None,
	task_id: str | None = None,
	after_commit: bool = False,
) -> None:
	message = {} if message is None else message
	if task_id:
		raise NotImplementedError("frappe.publish_realtime(task_id) is not provided by devsite")
	if event == "msgprint" and not user:
		user = frappe.session.user
	elif event == "list_update":
		room = get_doctype_room(doctype or message.get("doctype"))
	room = room or _room(user, doctype, docname)
	if after_commit:
		_remember([event or "global", message, room])
	else:
		emit_via_redis(event or "global", message, room)


def _room(user: str | None, doctype: str | None, docname: Any) -> str:
	if user:
		return get_user_room(user)
	return get_doc_room(doctype, docname) if doctype and docname else get_site_room()


def _remember(params: list) -> None:
	if not hasattr(frappe.local, "_realtime_log"):
		frappe.local._realtime_log = []
		frappe.db.after_commit.add(flush_realtime_log)
		frappe.db.after_rollback.add(clear_realtime_log)
	if params not in frappe.local._realtime_log:
		frappe.local._realtime_log.append(params)


def flush_realtime_log() -> None:
	for params in getattr(frappe.local, "_realtime_log", []):
		emit_via_redis(*params)
	clear_realtime_log()


def clear_realtime_log() -> None:
	if hasattr(frappe.local, "_realtime_log"):
		del frappe.local._realtime_log


def emit_via_redis(event: str, message: Any, room: str) -> None:
	payload = {"event": event, "message": message, "room": room, "namespace": frappe.local.site}
	frappe.cache.publish("events", frappe.as_json(payload))


def can_subscribe(room: str) -> bool:
	kind, _colon, place = room.partition(":")
	if kind == "doc":
		doctype, _slash, docname = place.partition("/")
		return bool(frappe.db.exists(doctype, docname)) and frappe.has_permission(doctype, doc=docname)
	return kind == "doctype" and frappe.has_permission(place)


def own_rooms() -> list[str]:
	"""What Frappe joins by itself: the user's own room and, for desk users, the site's."""
	roles = frappe.get_roles()
	return [get_user_room(frappe.session.user), *([get_site_room()] if "Desk User" in roles else [])]


def listen(rooms: list[str], site: str) -> Any:
	"""Yields the text of each event; None when there was none for a while."""
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


def get_doctype_room(doctype: str) -> str:
	return f"doctype:{doctype}"


def get_doc_room(doctype: str, docname: Any) -> str:
	return f"doc:{doctype}/{docname}"


def get_user_room(user: str) -> str:
	return f"user:{user}"


def get_site_room() -> str:
	return "all"


__getattr__ = frappe._missing.refuse(__name__)
