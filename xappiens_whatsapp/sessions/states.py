"""What the server's words mean, and nothing else: no database, no cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import RemoteSession

DISCONNECTED = "Disconnected"
CONNECTING = "Connecting"
QR_REQUIRED = "QR Code Required"
CONNECTED = "Connected"
ERROR = "Error"
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
UNKNOWN_STATUS = "UNKNOWN_STATUS"
OUT_OF_STEP = "OUT_OF_STEP"
CODE_OF_WORD = {"connected": OUT_OF_STEP, "rate_limited": "RATE_LIMITED", "timeout": "TIMEOUT"}
WITH_QR_CODE = (CONNECTING, QR_REQUIRED)


def status_of(remote: RemoteSession) -> str | None:
	"""The state for an answer; None for a word that is not in the contract."""
	status = STATUS_OF_WORD.get(remote.status.strip().lower())
	if status == CONNECTED and remote.is_connected is False:
		return DISCONNECTED
	return status
