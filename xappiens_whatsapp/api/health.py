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
WRONG_PHONE = "Wrong Phone"


@frappe.whitelist(methods=["GET"])
def status() -> dict[str, Any]:
	"""For a manager, or a monitor with the API key of one (`Authorization: token key:secret`)."""
	permissions.only_for_managers()
	last_pass = reconciliation.last_pass()
	return {
		"success": True,
		"configured": not settings.what_is_missing(),
		"enabled": bool(cint(settings.current().enabled)),
		"sessions": count_by_state(),
		"needing_attention": count_in_need(),
		"proofs": proofs.count_by_state(),
		"oldest_proof": str(proofs.oldest() or "") or None,
		"uptime": uptime.in_short(uptime.together(active_sessions())),
		"server_down_since": outage.outage().get("since"),
		"refused_webhooks": refused_calls.found(),
		"last_pass": last_pass,
		"seconds_since_last_pass": age_of(last_pass),
	}


# Guests come in with the token of the site's configuration only, which is compared in constant time.
@frappe.whitelist(allow_guest=True, methods=["GET"])  # nosemgrep: guest-whitelisted-method
@limits.a_minute(SCRAPES_A_MINUTE)
def metrics() -> Response:
	"""Prometheus' text format, for a manager or whoever sends the token (403 to others)."""
	if not has_token():
		permissions.only_for_managers()
	age = age_of(reconciliation.last_pass())
	uptimes = uptime.together(active_sessions())
	text = exposition.text(count_by_state(), count_in_need(), uptimes, age)
	return Response(text, content_type=exposition.CONTENT_TYPE)


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
	"""Active sessions only; one statement per state, each on the index of the state. Another phone than expected is no connection."""
	counts = {
		status: frappe.db.count(SESSION, {"is_active": 1, "status": status}) for status in sorted(states.ALL)
	}
	wrong = {"is_active": 1, "status": states.CONNECTED, "wrong_phone": 1}
	counts[WRONG_PHONE] = frappe.db.count(SESSION, wrong)
	counts[states.CONNECTED] -= counts[WRONG_PHONE]
	return counts


def count_in_need() -> int:
	return frappe.db.count(SESSION, {"needs_attention": 1})


def active_sessions() -> list[str]:
	return frappe.get_all(SESSION, filters={"is_active": 1}, pluck="name")


def age_of(last_pass: dict[str, Any] | None) -> int | None:
	"""In seconds."""
	return last_pass and round((now_datetime() - get_datetime(last_pass["finished_at"])).total_seconds())
