from __future__ import annotations

from typing import Any

import frappe
from frappe.model.document import Document


class WhatsAppSessionUser(Document):
	def has_permission(self, permtype: str = "read", **options: Any) -> bool:
		"""As its session. Frappe looks only at the rights on the DocType of the parent when a row is read by its own name."""
		return frappe.get_doc(self.parenttype, self.parent).has_permission(permtype, **options)
