"""Who may do what: managers everything, assigned users what their role in the session allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import frappe
from frappe import _

from xappiens_whatsapp import (
	SESSION,
	SESSION_EVENT,
	SESSION_USER,
	SETTINGS,
	SYSTEM_MANAGER,
	WHATSAPP_MANAGER,
	WHATSAPP_USER,
)

if TYPE_CHECKING:
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session_event.whatsapp_session_event import (
		WhatsAppSessionEvent,
	)

MANAGER_ROLES = frozenset({SYSTEM_MANAGER, WHATSAPP_MANAGER})
VIEWER = ("status",)
AGENT = (*VIEWER, "qr", "connect", "restart", "test")
MANAGER = (*AGENT, "disconnect", "delete")
OPERATIONS = {"Viewer": VIEWER, "Agent": AGENT, "Manager": MANAGER}
ROLES = {SETTINGS: MANAGER_ROLES, SESSION: MANAGER_ROLES | {WHATSAPP_USER}}
READING = frozenset({"read", "select", "print", "report"})


def is_manager(user: str | None = None) -> bool:
	user = user or frappe.session.user
	return user == "Administrator" or bool(MANAGER_ROLES & set(frappe.get_roles(user)))


def is_administrator() -> bool:
	return frappe.session.user == "Administrator" or SYSTEM_MANAGER in frappe.get_roles()


def only_for_administrators() -> None:
	"""Raises `frappe.PermissionError` for others, managers of WhatsApp among them."""
	if not is_administrator():
		frappe.throw(_("Only a System Manager may do this."), frappe.PermissionError)


def rights_in(doc: WhatsAppSession, user: str | None = None) -> tuple[str, ...]:
	"""The operations of this app that `user` may start on the session."""
	user = user or frappe.session.user
	if is_manager(user):
		return MANAGER
	if WHATSAPP_USER not in frappe.get_roles(user):
		return ()
	assigned = [OPERATIONS.get(row.role, ()) for row in doc.get("assigned_users") or [] if row.user == user]
	return max(assigned, key=len, default=())


def check(doc: WhatsAppSession, operation: str) -> None:
	"""Raises `frappe.PermissionError`, also for those who may not read the document."""
	doc.check_permission("read")
	if operation not in rights_in(doc):
		frappe.throw(
			_("You are not allowed to do this with the session {0}. Ask a WhatsApp Manager.").format(
				frappe.bold(doc.name)
			),
			frappe.PermissionError,
		)


def has_session_permission(doc: WhatsAppSession, ptype: str = "read", user: str | None = None) -> bool:
	if is_manager(user):
		return True
	rights = rights_in(doc, user)
	if ptype == "delete":
		return "delete" in rights
	return ptype in READING and bool(rights)


def has_settings_permission(doc: object, ptype: str = "read", user: str | None = None) -> bool:
	return is_manager(user)


def has_event_permission(doc: WhatsAppSessionEvent, ptype: str = "read", user: str | None = None) -> bool:
	"""A story is told by nobody: rows are only read, of their own sessions by those who are assigned to them."""
	if ptype not in (*READING, "export"):
		return False
	if is_manager(user):
		return True
	return bool(frappe.db.exists(SESSION, doc.session)) and has_session_permission(
		frappe.get_doc(SESSION, doc.session), ptype, user
	)


def session_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	return within_own_sessions(f"`tab{SESSION}`.name", user)


def assignment_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	"""Frappe 15 asks for those of a child table itself, and nothing of its parent's."""
	return within_own_sessions(f"`tab{SESSION_USER}`.parent", user)


def event_query_conditions(user: str | None = None, doctype: str | None = None) -> str:
	return within_own_sessions(f"`tab{SESSION_EVENT}`.session", user)


def within_own_sessions(column: str, user: str | None) -> str:
	user = user or frappe.session.user
	if is_manager(user):
		return ""
	return (
		f"{column} in (select own.parent from `tab{SESSION_USER}` own"
		f" where own.parenttype = '{SESSION}' and own.user = {frappe.db.escape(user)})"
	)


def only_for_managers() -> None:
	"""Raises `frappe.PermissionError` for others."""
	if not is_manager():
		frappe.throw(_("Only a WhatsApp Manager or a System Manager may do this."), frappe.PermissionError)


class Change(NamedTuple):
	"""What Custom DocPerm, which replaces the permissions of a DocType, says of other roles than the DocType does."""

	doctype: str
	added: frozenset[str]
	left_out: frozenset[str]

	@property
	def does_harm(self) -> bool:
		"""To a role that is added, `has_session_permission` shows no session."""
		return self.doctype == SETTINGS or bool(self.left_out)

	@property
	def sentence(self) -> str:
		parts = [_("{0}: the permissions were changed.").format(_(self.doctype))]
		if self.added:
			parts.append(_("Added: {0}.").format(", ".join(sorted(self.added))))
		if self.left_out:
			parts.append(_("Left out: {0}.").format(", ".join(sorted(self.left_out))))
		return " ".join(parts)


def changed_by_others() -> Iterator[Change]:
	for doctype, ours in ROLES.items():
		roles = set(frappe.get_all("Custom DocPerm", filters={"parent": doctype}, pluck="role"))
		if roles and roles != ours:
			yield Change(doctype, frozenset(roles - ours), frozenset(ours - roles))
