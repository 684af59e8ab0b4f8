"""For monitoring: counts and ages, no names, no numbers, no addresses."""

from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, get_datetime, now_datetime

from xappiens_whatsapp import SESSION, permissions
from xappiens_whatsapp.background import reconciliation
from xappiens_whatsapp.server import outage
from xappiens_whatsapp.sessions import refused_calls, states
from xappiens_whatsapp.site import ownership, settings


@frappe.whitelist(methods=["GET"])
def status() -> dict[str, Any]:
	"""For a manager, or a monitor with the API key of one (`Authorization: token key:secret`)."""
	permissions.only_for_managers()
	last_pass = frappe.cache.get_value(reconciliation.LAST_PASS, expires=True)
	return {
		"success": True,
		"configured": not settings.what_is_missing(),
		"enabled": bool(cint(settings.current().enabled)),
		"sessions": count_by_state(),
		"server_down_since": outage.outage().get("since"),
		"refused_webhooks": refused_calls.found(),
		"last_pass": last_pass,
		"seconds_since_last_pass": last_pass and seconds_since(last_pass["finished_at"]),
	}


@frappe.whitelist(methods=["GET", "POST"])
def setup_state() -> str:
	"""For the workspace: a few words that say what is missing before anything can be sent."""
	permissions.only_for_managers()
	if ownership.taken_over():
		return _("Taken over by another app")
	stored = settings.current()
	if not stored.api_base_url:
		return _("Server address missing")
	if not stored.get_api_key():
		return _("API key missing")
	return _("Ready") if stored.enabled else _("Switched off")


def count_by_state() -> dict[str, int]:
	"""Active sessions only; one statement per state, each on the index of the state."""
	return {
		status: frappe.db.count(SESSION, {"is_active": 1, "status": status})
		for status in sorted(set(states.STATUS_OF_WORD.values()))
	}


def seconds_since(moment: str) -> int:
	return round((now_datetime() - get_datetime(moment)).total_seconds())
