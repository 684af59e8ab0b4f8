"""/api/method and /api/resource."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request, Response

import frappe
from frappe import _, client
from frappe.calls import allowed_http_methods

SHORT_NAMES = {"logout": "frappe.auth.logout", "ping": "frappe.ping"}


def handle(request: Request) -> Response | None:
	parts = request.path.removeprefix("/api/").strip("/").split("/", 2)
	if parts[0] == "method" and len(parts) > 1:
		frappe.form_dict.cmd = parts[1]
		key, data = "message", execute_cmd(parts[1]) if parts[1] != "login" else None
	elif parts[0] == "resource" and (action := ACTIONS.get((request.method, len(parts)))):
		key, data = "data", action(*parts[1:])
	else:
		raise frappe.DoesNotExistError
	if isinstance(data, Response):
		return data
	if data is not None:
		frappe.local.response[key] = data
	return None


def execute_cmd(cmd: str) -> Any:
	try:
		method = frappe.get_attr(SHORT_NAMES.get(cmd, cmd))
	except Exception as error:
		frappe.throw(_("Failed to get method for command {0} with {1}").format(cmd, error))
	frappe.is_whitelisted(method)
	if frappe.local.request.method not in allowed_http_methods[method]:
		frappe.throw(_("Not permitted"), frappe.PermissionError)
	return frappe.call(method, **frappe.form_dict)


def document_list(doctype: str) -> list:
	frappe.form_dict.setdefault("limit_page_length", frappe.form_dict.limit or 20)
	return frappe.call(client.get_list, doctype, **frappe.form_dict)


def create_doc(doctype: str) -> Any:
	return frappe.get_doc({**frappe.form_dict, "doctype": doctype}).insert()


def read_doc(doctype: str, name: str) -> Any:
	doc = frappe.get_doc(doctype, name)
	if not doc.has_permission("read"):
		raise frappe.PermissionError
	return doc


def update_doc(doctype: str, name: str) -> Any:
	return frappe.get_doc(doctype, name, for_update=True).update(frappe.form_dict).save()


def delete_doc(doctype: str, name: str) -> str:
	frappe.delete_doc(doctype, name, ignore_missing=False)
	frappe.local.response["http_status_code"] = 202
	return "ok"


ACTIONS = {("GET", 2): document_list, ("POST", 2): create_doc}
ACTIONS |= {("GET", 3): read_doc, ("PUT", 3): update_doc, ("DELETE", 3): delete_doc}

__getattr__ = frappe._missing.refuse(__name__)
