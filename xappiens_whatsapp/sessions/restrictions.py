"""Until when WhatsApp lets an account begin no conversations, where it says so."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from frappe.utils import format_datetime

from xappiens_whatsapp.site.moments import to_site_time

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import RemoteSession


def end_of(remote: RemoteSession) -> datetime | None:
	"""In the site's time."""
	until = remote.restriction and remote.restriction.until
	return to_site_time(until) if until else None


def in_words(until: datetime | None) -> str:
	"""For the reader, of the site's time; "" where nobody knows."""
	return format_datetime(until) if until else ""
