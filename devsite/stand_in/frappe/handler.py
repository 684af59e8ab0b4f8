from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

import frappe
from frappe import _
from frappe.calls import is_valid_http_method

SHORT_NAMES = {"logout": "frappe.handler.logout", "ping": "frappe.ping", "run_doc_method": "frappe.handler.run_doc_method"}


@frappe.whitelist(allow_guest=True)
def logout() -> None:
	from frappe.auth import logout as end_session

	end_session()


@frappe.whitelist()
def run_doc_method(method: Any, docs: Any = None, dt: Any = None, dn: Any = None, args: Any = None) -> None:
	"""A whitelisted method of a controller, called by a form with what the browser holds."""
	doc = frappe.get_doc(dt, dn) if dt else frappe.get_doc(frappe.parse_json(docs))
	if not doc.has_permission("read"):
		frappe.throw(_("Not permitted"), frappe.PermissionError)
	doc.is_whitelisted(method)
	is_valid_http_method(getattr(doc, method).__func__)
	frappe.local.response["docs"] = [doc]
	frappe.local.response["message"] = doc.run_method(method, **frappe.parse_json(args or "{}"))


def handle(cmd: str) -> Response | None:
	data = execute_cmd(cmd) if cmd != "login" else None
	if isinstance(data, Response):
		return data
	if data is not None:
		frappe.local.response["message"] = data
	return None


def execute_cmd(cmd: str) -> Any:
	overrides = frappe.get_hooks("override_whitelisted_methods", {}).get(cmd)
	try:
		method = frappe.get_attr(overrides[-1] if overrides else SHORT_NAMES.get(cmd, cmd))
	except Exception as error:
		frappe.throw(_("Failed to get method for command {0} with {1}").format(cmd, error))
	frappe.is_whitelisted(method)
	is_valid_http_method(method)
	return frappe.call(method, **frappe.form_dict)


__getattr__ = frappe._missing.refuse(__name__)
