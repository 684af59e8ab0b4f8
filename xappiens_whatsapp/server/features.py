"""What this site's server offers beyond the contract's first version; asked of its health route and kept for a while."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import frappe

from xappiens_whatsapp.baileys.errors import BaileysError
from xappiens_whatsapp.baileys.models import Features
from xappiens_whatsapp.server import gateway

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys import BaileysClient

KEPT_FOR = 10 * 60
UNANSWERED_KEPT_FOR = 60


def known() -> Features:
	"""As the server said lately; nothing where it was not asked, or said nothing."""
	return Features(**(frappe.cache.get_value(key_of(gateway.current_server()), expires=True) or {}))


def key_of(server: str) -> str:
	return f"whatsapp_features:{server}"


def of(client: BaileysClient) -> Features:
	"""Nothing at all where the server does not say, or cannot be asked now."""
	key = key_of(gateway.server_of(client.base_url))
	if said := frappe.cache.get_value(key, expires=True):
		return Features(**said)
	try:
		features, seconds = client.get_features(), KEPT_FOR
	except BaileysError:
		features, seconds = Features(), UNANSWERED_KEPT_FOR
	frappe.cache.set_value(key, asdict(features), expires_in_sec=seconds)
	return features
