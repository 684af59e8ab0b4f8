"""The path of jobs that 0.1 queued and a worker of this version runs."""

from datetime import timedelta

import frappe
from frappe.utils import get_datetime

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.background import notices


def send_drop(session: str, code: str = "") -> None:
	notices.tell_each(rows_of(session), notices.drop_message)


def send_recovery(session: str, seconds: float = 0.0) -> None:
	"""`seconds` is how long it was down: the record did not keep it."""
	rows = rows_of(session)
	for row in rows:
		row.down_since = get_datetime(row.status_since) - timedelta(seconds=seconds)
	notices.tell_each(rows, notices.recovery_message)


def rows_of(session: str) -> notices.Rows:
	return frappe.get_all(SESSION, filters={"name": session}, fields=notices.FIELDS)
