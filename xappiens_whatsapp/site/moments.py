"""Moments of the server in the site's time, as Frappe stores them."""

from __future__ import annotations

from datetime import datetime

from frappe.utils import convert_utc_to_system_timezone


def to_site_time(moment: datetime) -> datetime:
	return convert_utc_to_system_timezone(moment).replace(tzinfo=None)
