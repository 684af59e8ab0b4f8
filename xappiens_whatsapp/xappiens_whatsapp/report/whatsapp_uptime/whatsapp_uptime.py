from __future__ import annotations

from typing import Any

import frappe
from frappe import _

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.sessions import uptime

Row = dict[str, Any]


def execute(filters: Row | None = None) -> tuple[list[Row], list[Row], None, Row]:
	"""The sessions that the reader may see, the least connected first."""
	rows = sorted(
		rows_of(sessions(filters or {})), key=lambda row: (row["percent_30"] is None, row["percent_30"])
	)
	return columns(), rows, None, chart(rows)


def sessions(filters: Row) -> list[Row]:
	fields = ["name", "session_name", "status", "phone_number"]
	wanted = {} if filters.get("with_inactive") else {"is_active": 1}
	return frappe.get_list(SESSION, filters=wanted, fields=fields, limit_page_length=0)


def rows_of(listed: list[Row]) -> list[Row]:
	measured = uptime.of_sessions(row["name"] for row in listed)
	return [{**row, **uptime.in_short(measured[row["name"]])} for row in listed if row["name"] in measured]


def columns() -> list[Row]:
	return [
		{"fieldname": "name", "label": _("Session"), "fieldtype": "Link", "options": SESSION, "width": 180},
		{"fieldname": "session_name", "label": _("Session Name"), "fieldtype": "Data", "width": 180},
		{"fieldname": "status", "label": _("Status"), "fieldtype": "Data", "width": 140},
		{"fieldname": "percent_7", "label": _("Uptime, 7 Days"), "width": 130, **uptime.COLUMN},
		{"fieldname": "percent_30", "label": _("Uptime, 30 Days"), "width": 130, **uptime.COLUMN},
		{"fieldname": "drops", "label": _("Drops"), "fieldtype": "Int", "width": 90},
		{"fieldname": "longest", "label": _("Longest Time Down"), "fieldtype": "Duration", "width": 160},
	]


def chart(rows: list[Row]) -> Row:
	known = [row for row in rows if row["percent_30"] is not None]
	return {
		"type": "bar",
		"data": {
			"labels": [row["session_name"] for row in known],
			"datasets": [{"name": _("Uptime, 30 Days"), "values": [row["percent_30"] for row in known]}],
		},
	}
