"""The one reader of Password fields of the settings: what cannot be decrypted is as good as missing.

A database that is restored without its `encryption_key` has every secret, and can read none. Frappe then throws, on some
releases even where it was told not to, and leaves words in the answer that no person asked for.
"""

from __future__ import annotations

import frappe
from frappe import _
from frappe.utils.password import get_decrypted_password

from xappiens_whatsapp import SETTINGS


def read(field: str) -> str:
	""" "" where there is none, and where it cannot be read."""
	told = len(frappe.local.message_log)
	try:
		secret = get_decrypted_password(SETTINGS, SETTINGS, field, raise_exception=False)
	except (frappe.ValidationError, ValueError):  # ValueError: a key that cannot be one
		secret = None
	del frappe.local.message_log[told:]
	return secret or ""


def is_unreadable(field: str) -> bool:
	place = {"doctype": SETTINGS, "name": SETTINGS, "fieldname": field}
	return bool(frappe.db.get_value("__Auth", place, "password", order_by=None)) and not read(field)


def problem_with(field: str) -> str:
	"""One sentence that names the field, and one that says what to do; "" for a secret that can be read, or is not there."""
	if not is_unreadable(field):
		return ""
	label = _(frappe.get_meta(SETTINGS).get_field(field).label)
	remedy = {
		"api_key": _("Enter it again in WhatsApp Settings."),
		"webhook_secret": _("Press New Webhook Secret in WhatsApp Settings."),
	}
	words = _(
		"{0} cannot be read, because the encryption_key in site_config.json is not the one that it was stored with."
	)
	return f"{words.format(label)} {remedy[field]}"
