from __future__ import annotations

import frappe
from frappe import _
from frappe.utils import get_datetime, now_datetime

from xappiens_whatsapp import permissions
from xappiens_whatsapp.server import gateway, outage
from xappiens_whatsapp.sessions import (
	attention,
	identity,
	phones,
	reasons,
	removal,
	restrictions,
	states,
	story,
	telling,
	uptime,
)
from xappiens_whatsapp.sessions.records import SERVER_OWNED
from xappiens_whatsapp.site import copies, settings
from xappiens_whatsapp.site.text import StorableDocument

LONGEST_NAMES = 255
TOLD_FIELDS = ("session_name", "is_active", "expected_number", "assigned_users")


class WhatsAppSession(StorableDocument):
	def autoname(self) -> None:
		"""Not `field:session_id`: Frappe would then overwrite the id of older records with their random name."""
		identity.validate_session_id(self.session_id)
		self.name = self.session_id

	def validate(self) -> None:
		identity.validate_session_name(self.session_name)
		self.keep_server_owned_fields()
		self.expect_phone()
		self.reject_users_assigned_twice()
		self.note_assigned_names()

	def keep_server_owned_fields(self) -> None:
		"""Neither a form opened some time ago nor a new record says what only the server knows.

		Above all not the number: with that of another session a disconnect would end the other one.
		"""
		known = self.get_doc_before_save() or frappe.new_doc(self.doctype)
		self.update({field: known.get(field) for field in SERVER_OWNED})

	def expect_phone(self) -> None:
		"""Whoever expects another phone than the one that is linked sees that on the form, and gets no alert of it."""
		known = self.get_doc_before_save() or frappe.new_doc(self.doctype)
		if self.expected_number != known.expected_number:
			self.expected_number = phones.in_e164(self.expected_number)
		self.update(attention.marks(self, known))
		if self.wrong_phone and not known.wrong_phone:
			self.wrong_phone_alerted_on = now_datetime()

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
		"""What is stored is in the site's language; the form gets the reader's, and never saves it."""
		until, reconnects = restrictions.in_words(self.restricted_until), states.reconnects(self)
		if reasons.is_known(self.error_code):
			self.error_message = reasons.text_of(self.error_code, until, reconnects=reconnects)
		self.set_onload("is_copy", copies.is_copy())
		self.set_onload("rights", list(permissions.rights_in(self)))
		self.set_onload("reason", reasons.answer_of(self.error_code, until, reconnects=reconnects))
		self.set_onload("same_phone", self.sessions_of_same_phone())
		self.set_onload("check_failed", self.check_failure())
		self.set_onload("disconnect_mode", settings.current().disconnect_mode)
		self.set_onload("story", telling.page(self))
		self.set_onload("uptime", uptime.in_short(uptime.of_sessions([self.name])[self.name]))

	def sessions_of_same_phone(self) -> list[str]:
		"""Names of the other connected sessions of this number, among those that the reader may see."""
		if not self.phone_number or not self.is_connected:
			return []
		filters = {"phone_number": self.phone_number, "is_connected": 1, "name": ("!=", self.name)}
		return frappe.get_list(self.doctype, filters=filters, pluck="session_name")

	def check_failure(self) -> str:
		"""Why its state is not known now: what its own last check met, or a pass for all of them since then."""
		if self.error_code in reasons.CHECK_FAILURES:
			return self.error_code
		down = outage.outage()
		if not down or not self.is_active or not self.session_db_id:
			return ""
		is_checked_since = self.last_checked and get_datetime(self.last_checked) > get_datetime(down["since"])
		return "" if is_checked_since else down["error_code"]

	@gateway.translates_errors
	def on_trash(self) -> None:
		"""Before Frappe deletes the row: when the server cannot delete the session, the record stays."""
		removal.end_with_record(self)

	def after_insert(self) -> None:
		story.note(self.name, story.CREATED)

	def on_update(self) -> None:
		story.note_changes(self, self.name, TOLD_FIELDS)

	def after_delete(self) -> None:
		story.note(self.name, story.DELETED)
