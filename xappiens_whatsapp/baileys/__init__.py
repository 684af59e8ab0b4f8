"""Client for a Baileys REST server; knows nothing of Frappe."""

from __future__ import annotations

from .checks import Check
from .client import BaileysClient
from .diagnosis import probe
from .models import Features, PairingCode, QRCode, RateLimit, RemoteSession, SessionPage
from .qr import to_data_url
from .webhooks import WebhookEvent, parse_event, replay_id, sign, verify

__all__ = [
	"BaileysClient",
	"Check",
	"Features",
	"PairingCode",
	"QRCode",
	"RateLimit",
	"RemoteSession",
	"SessionPage",
	"WebhookEvent",
	"parse_event",
	"probe",
	"replay_id",
	"sign",
	"to_data_url",
	"verify",
]
