"""Walks the chain from the settings to the phone and stops at the first real cause."""

from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from xappiens_whatsapp import gateway
from xappiens_whatsapp.baileys.diagnosis import probe


def check_connection() -> list[dict[str, Any]]:
	"""Rows `{check, ok, detail, milliseconds}` for settings, DNS, TCP, TLS, HTTP and key."""
	settings = frappe.get_cached_doc(gateway.SETTINGS)
	if missing := settings.what_is_missing():
		return [row("settings", False, missing)]
	rows = [row("settings", True, _("The settings are complete."))]
	for check in probe(settings.api_base_url, settings.get_api_key(), timeout=settings.timeout_seconds):
		rows.append(row(check.check, check.ok, check.detail, check.milliseconds))
	return rows


def row(check: str, ok: bool, detail: str, milliseconds: float = 0.0) -> dict[str, Any]:
	return {"check": check, "ok": ok, "detail": detail, "milliseconds": round(milliseconds, 1)}
