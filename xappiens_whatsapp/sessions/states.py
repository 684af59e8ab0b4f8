"""What the server's words mean, and nothing else: no database, no cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xappiens_whatsapp.server.causes import OUT_OF_STEP

if TYPE_CHECKING:
	from frappe import _dict
	from frappe.model.document import Document

	from xappiens_whatsapp.baileys.models import RemoteSession

DISCONNECTED = "Disconnected"
CONNECTING = "Connecting"
QR_REQUIRED = "QR Code Required"
CONNECTED = "Connected"
ERROR = "Error"
ALL = (DISCONNECTED, CONNECTING, QR_REQUIRED, CONNECTED, ERROR)
# What became of a session's last test message.
SENT, FAILED, DELIVERED, READ = "Sent", "Failed", "Delivered", "Read"
PROVED = (DELIVERED, READ)
LESS_TO_MORE_TOLD = ("", SENT, FAILED, *PROVED)
DOWN = (DISCONNECTED, ERROR)
WITH_QR_CODE = (CONNECTING, QR_REQUIRED)
STATUS_OF_WORD = {
	"connected": CONNECTED,
	"connecting": CONNECTING,
	"qr_code": QR_REQUIRED,
	"qr": QR_REQUIRED,
	"pending": QR_REQUIRED,
	"disconnected": DISCONNECTED,
	"error": ERROR,
	"rate_limited": ERROR,
	"timeout": ERROR,
}
CODE_OF_WORD = {"connected": OUT_OF_STEP, "rate_limited": "RATE_LIMITED", "timeout": "TIMEOUT"}


def word_of(remote: RemoteSession) -> str:
	return remote.status.strip().lower()


def status_of(remote: RemoteSession) -> str | None:
	"""The state for an answer; None for a word that is not in the contract."""
	status = STATUS_OF_WORD.get(word_of(remote))
	if status == CONNECTED and remote.is_connected is False:
		return DISCONNECTED
	return status


def reconnects(record: Document | _dict) -> bool:
	"""Paired, so the server brings it back without a code."""
	return record.status == CONNECTING and bool(record.phone_number)


def is_end_of_code(before: str, after: str) -> bool:
	"""Linked or lost; or scanned, where the session connects after it showed one."""
	return after not in WITH_QR_CODE or (before, after) == (QR_REQUIRED, CONNECTING)
