"""What became of a session, for its form, and how much of the time sessions were connected."""

from typing import Any

import frappe
from frappe import _
from frappe.utils import cint

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api.session import _resolve_session_doc
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import telling, uptime

FURTHEST = 2**31 - 1


@frappe.whitelist(methods=["GET", "POST"])
@gateway.translates_errors
def timeline(session_id: str, start: int = 0) -> dict[str, Any]:
	"""Twenty events, newest first, after the first `start`; `more` says whether there are older ones."""
	doc = _resolve_session_doc(session_id, "status")
	return {"success": True, **telling.page(doc, min(max(0, cint(start)), FURTHEST))}


@frappe.whitelist(methods=["GET", "POST"])
@gateway.answers_failures
def uptime_card(filters: Any = None) -> dict[str, Any] | str:
	"""For the workspace: percent of the last 30 days in which the sessions that the reader may see were connected."""
	percent = uptime.together(_own_sessions())[max(uptime.WINDOWS)].percent
	if percent is None:
		return _("Not known yet")
	return {"value": percent, **uptime.COLUMN, "route": ["query-report", "WhatsApp Uptime"]}


def _own_sessions() -> list[str]:
	return frappe.get_list(SESSION, filters={"is_active": 1}, pluck="name", limit_page_length=0)
