"""What is wrong, where, and the actions that put it right, each on a click."""

from typing import Any

import frappe
from frappe import _

from xappiens_whatsapp import permissions
from xappiens_whatsapp.api.session import _resolve_session_doc, delete_session
from xappiens_whatsapp.diagnosis import findings, rows, walk
from xappiens_whatsapp.server import failures, gateway


@frappe.whitelist(methods=["POST"])
def diagnose(session_id: str | None = None) -> dict[str, Any]:
	"""Walk the chain and stop at the first cause; without a session, about the whole site.

	A link that does not hold is an answer, not an error. Only managers see what records and server disagree about. Although it reads:
	the records learn what was seen.
	"""
	if session_id is None:
		permissions.only_for_managers()
	doc = _resolve_session_doc(session_id, "status") if session_id is not None else None
	steps = walk.Walk(doc).run()
	is_manager = permissions.is_manager()
	found = findings.compare(steps.found, doc) if steps.found and is_manager else []
	checks = [rows.answer_of(check) for check in steps.rows]
	if not is_manager:
		checks = [_without_addresses(row) for row in checks]
	return {"success": all(row["ok"] for row in checks), "checks": checks, "findings": found}


def _without_addresses(row: dict[str, Any]) -> dict[str, Any]:
	"""Where the server is, and what else the client found out about it, is for managers."""
	return {**row, "detail": failures.without_addresses(row["detail"]), "technical": ""}


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def adopt_session(session_db_id: int) -> dict[str, Any]:
	"""Make a record for a session that exists on the server only."""
	permissions.only_for_managers()
	doc = findings.adopt(session_db_id)
	return {
		"success": True,
		"session": doc.name,
		"session_id": doc.session_id,
		"session_db_id": doc.session_db_id,
	}


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def relink_session(session_id: str) -> dict[str, Any]:
	"""Bring a record and the server's session together again."""
	permissions.only_for_managers()
	doc = _resolve_session_doc(session_id, "connect")
	message = findings.relink(doc)
	return {
		"success": True,
		"session": doc.name,
		"session_db_id": doc.session_db_id or None,
		"message": message,
	}


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def delete_finding(session_id: str | None = None, session_db_id: int | None = None) -> dict[str, Any]:
	"""With a record: the record and its session. Without one: the session that only the server has."""
	permissions.only_for_managers()
	if session_id:
		return delete_session(session_id)
	if session_db_id:
		return {"success": True, "message": findings.delete_unknown(session_db_id)}
	frappe.throw(_("Name the session to delete."))


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def fill_missing_numbers() -> dict[str, Any]:
	"""Store the numbers of all records that lack one, with one pass over the server's list."""
	permissions.only_for_managers()
	return {"success": True, **findings.fill_missing_numbers()}
