from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils import add_to_date, now_datetime

from xappiens_whatsapp import SESSION_EVENT


class WhatsAppSessionEvent(Document):
	@staticmethod
	def clear_old_logs(days: int = 365) -> None:
		"""For Frappe's *Log Settings*, whose daily job calls it."""
		frappe.db.delete(SESSION_EVENT, {"at": ("<", add_to_date(now_datetime(), days=-days))})


def on_doctype_update() -> None:
	frappe.db.add_index(SESSION_EVENT, ["session", "at"])
