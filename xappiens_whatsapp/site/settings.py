"""The one way to our settings: never those of another app that has taken their name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import frappe

from xappiens_whatsapp import SETTINGS
from xappiens_whatsapp.site import copies, ownership

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_settings.whatsapp_settings import (
		WhatsAppSettings,
	)


def current() -> WhatsAppSettings:
	"""To read, from Frappe's cache. Raises `DocTypeTakenOver`."""
	ownership.check()
	return frappe.get_cached_doc(SETTINGS)


def uncached() -> WhatsAppSettings:
	"""Past the cache, to change and save too. Raises `DocTypeTakenOver`."""
	ownership.check()
	return frappe.get_doc(SETTINGS)


def what_is_missing() -> str:
	"""Whatever keeps the site from being at work, as a sentence; "" when nothing does. Raises nothing: for background work.

	A copy of a site does nothing by itself: its calls would use up the real site's request budget.
	"""
	return ownership.problem() or frappe.get_cached_doc(SETTINGS).what_is_missing() or copies.words()
