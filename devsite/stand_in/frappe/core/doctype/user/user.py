from __future__ import annotations

import frappe
from frappe.model.document import Document
from frappe.utils.password import update_password


class User(Document):
	def autoname(self) -> None:
		if self.name not in frappe.STANDARD_USERS:
			self.name = self.email = self.email.strip().lower()

	def validate(self) -> None:
		self.full_name = " ".join(filter(None, [self.first_name, self.last_name]))
		has_desk = any(frappe.db.get_value("Role", row.role, "desk_access") for row in self.roles)
		is_system = self.name == "Administrator" or has_desk
		self.user_type = "System User" if is_system else "Website User"
		self.__dict__["__new_password"] = self.get("new_password")
		self.new_password = None

	def on_update(self) -> None:
		if password := self.get("__new_password"):
			update_password(self.name, password)
		self.__dict__.pop("__new_password", None)

	def add_roles(self, *roles: str) -> None:
		present = {row.role for row in self.roles}
		self.extend("roles", [{"role": role} for role in roles if role not in present])
		self.save()

	def remove_roles(self, *roles: str) -> None:
		self.set("roles", [row for row in self.roles if row.role not in roles])
		self.save()
