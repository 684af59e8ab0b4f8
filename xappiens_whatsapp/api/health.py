"""For monitoring: counts and ages, no names, no numbers, no addresses."""

import hmac
from typing import Any

import frappe
from frappe import _
from frappe.utils import cint, get_datetime, now_datetime
from werkzeug.wrappers import Response

from xappiens_whatsapp import SESSION, permissions
from xappiens_whatsapp.api import exposition, limits
from xappiens_whatsapp.background import reconciliation
from xappiens_whatsapp.server import outage
from xappiens_whatsapp.sessions import proofs, refused_calls, states, uptime
from xappiens_whatsapp.site import ownership, settings

TOKEN_HEADER = "X-WhatsApp-Metrics-Token"
TOKEN_IN_CONFIG = "whatsapp_metrics_token"
SCRAPES_A_MINUTE = 60


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
		"proofs": proofs.count_by_state(),
		"oldest_proof": str(proofs.oldest() or "") or None,
		"uptime": uptime.in_short(uptime.together(active_sessions())),
		"server_down_since": outage.outage().get("since"),
		"refused_webhooks": refused_calls.found(),
		"last_pass": last_pass,
		"seconds_since_last_pass": last_pass and seconds_since(last_pass["finished_at"]),
	}


# Guests come in with the token of the site's configuration only, which is compared in constant time.
@frappe.whitelist(allow_guest=True, methods=["GET"])  # nosemgrep: guest-whitelisted-method
@limits.a_minute(SCRAPES_A_MINUTE)
def metrics() -> Response:
	"""Prometheus' text format, for a manager or whoever sends the token (403 to others)."""
	if not has_token():
		permissions.only_for_managers()
	last_pass = frappe.cache.get_value(reconciliation.LAST_PASS, expires=True)
	age = seconds_since(last_pass["finished_at"]) if last_pass else None
	return Response(
		exposition.text(count_by_state(), uptime.together(active_sessions()), age),
		content_type=exposition.CONTENT_TYPE,
	)


def has_token() -> bool:
	"""A site without a token has none that fits."""
	expected = str(frappe.conf.get(TOKEN_IN_CONFIG) or "")
	given = frappe.request.headers.get(TOKEN_HEADER, "") if frappe.request else ""
	return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


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
		status: frappe.db.count(SESSION, {"is_active": 1, "status": status}) for status in sorted(states.ALL)
	}


def active_sessions() -> list[str]:
	return frappe.get_all(SESSION, filters={"is_active": 1}, pluck="name")


def seconds_since(moment: str) -> int:
	return round((now_datetime() - get_datetime(moment)).total_seconds())
