from __future__ import annotations

import frappe
from frappe.model.document import Document


class User(Document):
	def autoname(self) -> None:
		self.name = self.email = self.email.strip().lower()

	def validate(self) -> None:
		self.full_name = self.first_name
		has_desk = any(frappe.db.get_value("Role", row.role, "desk_access") for row in self.roles)
		self.user_type = "System User" if self.name == "Administrator" or has_desk else "Website User"

	def on_update(self) -> None:
		frappe.cache.delete_value(f"roles:{self.name}")
