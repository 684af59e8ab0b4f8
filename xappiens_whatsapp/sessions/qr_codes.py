"""One cached code per session for all its viewers, kept no longer than the server lets it live."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, TypedDict

import frappe

from xappiens_whatsapp.baileys.answers import CODE_LIFETIME
from xappiens_whatsapp.baileys.errors import NotReadyError, RefusedByState
from xappiens_whatsapp.baileys.models import QRCode, RemoteSession
from xappiens_whatsapp.sessions.belief import Seen

if TYPE_CHECKING:
	from xappiens_whatsapp.sessions.link import Link
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession


class CachedCode(TypedDict):
	"""`qr_code` is a PNG data URL, `expires_at` ISO 8601 in UTC."""

	qr_code: str
	expires_at: str


def cached(doc: WhatsAppSession) -> CachedCode | None:
	"""None where there is none, it has expired, or the record has no number."""
	code = frappe.cache.get_value(key_of(doc), expires=True) if doc.session_db_id else None
	return code if code and seconds_left(code["expires_at"]) > 0 else None


def store(doc: WhatsAppSession, code: QRCode) -> CachedCode:
	"""Kept for all viewers until it expires; one that has is only handed back."""
	entry = CachedCode(qr_code=code.data_url, expires_at=isoformat(code.expires_at))
	if (seconds := seconds_left(entry["expires_at"])) > 0:
		frappe.cache.set_value(key_of(doc), entry, expires_in_sec=seconds)
	return entry


def forget(doc: WhatsAppSession) -> None:
	frappe.cache.delete_value(key_of(doc))


def key_of(doc: WhatsAppSession) -> str:
	"""The number is part of the key, so a code of a deleted session never serves its successor."""
	return f"whatsapp_qr:{doc.name}:{doc.session_db_id or 0}"


def seconds_left(expires_at: str) -> int:
	remaining = datetime.fromisoformat(expires_at.replace("Z", "+00:00")) - datetime.now(timezone.utc)
	return int(remaining.total_seconds())


def isoformat(moment: datetime) -> str:
	"""UTC, with milliseconds and `Z`, as browsers read it."""
	return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def fetch(link: Link) -> CachedCode:
	"""Ask the server; raises `NotReadyError` while there is no code yet, or where the session's state has none."""
	try:
		code = link.read(link.client.get_qr)
	except RefusedByState as refusal:
		link.observe(remote_in(link, refusal.state), Seen.STATED_BY_REFUSAL)
		raise NotReadyError(str(refusal), code=refusal.code, status=refusal.status) from None
	if link.observe(remote_in(link, "qr_code"), Seen.OWN_ROUTE).why_not:
		raise NotReadyError("the session was changed meanwhile", code="changed_meanwhile")
	return store(link.doc, code)


def remote_in(link: Link, word: str) -> RemoteSession:
	return RemoteSession(session_id=link.doc.session_id, status=word)


def inline(doc: WhatsAppSession, created: RemoteSession) -> CachedCode | None:
	"""The code that some servers hand out with the answer to a create."""
	if not created.qr_code:
		return None
	expires_at = created.qr_expires_at or datetime.now(timezone.utc) + CODE_LIFETIME
	return store(doc, QRCode(created.qr_code, expires_at, created.status))
