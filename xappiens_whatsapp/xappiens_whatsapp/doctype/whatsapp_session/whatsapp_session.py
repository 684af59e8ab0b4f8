from __future__ import annotations

import frappe
from frappe import _
from frappe.model.document import Document

from xappiens_whatsapp import creation, gateway, pairing, permissions, reasons

LONGEST_NAMES = 255
SERVER_OWNED = (
	"status",
	"status_since",
	"is_connected",
	"phone_number",
	"session_db_id",
	"last_seen",
	"last_checked",
	"down_since",
	"alerted_on",
	"error_code",
	"error_message",
)


class WhatsAppSession(Document):
	def autoname(self) -> None:
		"""Not `field:session_id`: Frappe would then overwrite the id of older records with their random name."""
		creation.validate_session_id(self.session_id)
		self.name = self.session_id

	def validate(self) -> None:
		creation.validate_session_name(self.session_name)
		self.keep_server_owned_fields()
		self.reject_users_assigned_twice()
		self.note_assigned_names()

	def keep_server_owned_fields(self) -> None:
		"""A form opened some time ago must not write an old state back over what the server said since."""
		if known := self.get_doc_before_save():
			self.update({field: known.get(field) for field in SERVER_OWNED})

	def reject_users_assigned_twice(self) -> None:
		seen: set[str] = set()
		for row in self.assigned_users or []:
			if row.user in seen:
				frappe.throw(_("Row {0}: {1} is assigned already.").format(row.idx, frappe.bold(row.user)))
			seen.add(row.user)

	def note_assigned_names(self) -> None:
		"""Lists show no child tables; for them the names stand in one column."""
		names = ", ".join(row.user for row in self.assigned_users or [] if row.user)
		self.assigned_names = names if len(names) <= LONGEST_NAMES else names[: LONGEST_NAMES - 1] + "…"

	def onload(self) -> None:
		reason = reasons.reason_of(self.error_code)
		self.set_onload("rights", list(permissions.rights_in(self)))
		self.set_onload("reason", reason and reason._asdict())
		self.set_onload("check_failed", self.error_code in reasons.CHECK_FAILURES)
		self.set_onload("disconnect_mode", frappe.get_cached_doc(gateway.SETTINGS).disconnect_mode)

	def on_change(self) -> None:
		pairing.note_state(self)

	@gateway.translates_errors
	def on_trash(self) -> None:
		"""The server's session goes first, so that none is left behind that this site does not know of."""
		if not frappe.get_cached_doc(gateway.SETTINGS).what_is_missing():
			creation.delete_for_good(self)
		pairing.revoke(self.name)
