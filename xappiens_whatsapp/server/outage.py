"""Whether the server can be used at all, as the last pass over its sessions found it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe
from frappe.utils import now_datetime

from xappiens_whatsapp.server import failures
from xappiens_whatsapp.site.shared import SERVER_DOWN

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.errors import BaileysError


def note_server_is_down(error: BaileysError) -> None:
	"""Kept in the cache until the server is back, and logged once, with the first cause."""
	if not outage():
		failure = failures.translate(error, to_manager=True)
		down = {"since": str(now_datetime()), "error_code": failure.error_code}
		frappe.cache.set_value(SERVER_DOWN, down)
		frappe.log_error(title="WhatsApp server cannot be used", message=str(failure))


def note_server_is_up() -> None:
	"""Logged where it was down."""
	if down := outage():
		frappe.cache.delete_value(SERVER_DOWN)
		frappe.log_error(
			title="WhatsApp server is back", message=f"It could not be used since {down['since']}."
		)


def outage() -> dict[str, str]:
	"""`since` (site time) and `error_code` of what the last pass found; empty while the server can be used."""
	return frappe.cache.get_value(SERVER_DOWN, expires=True) or {}
