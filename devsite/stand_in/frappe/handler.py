from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

import frappe
from frappe import _
from frappe.calls import is_valid_http_method

SHORT_NAMES = {"logout": "frappe.handler.logout", "ping": "frappe.ping"}


@frappe.whitelist(allow_guest=True)
def logout() -> None:
	from frappe.auth import logout as end_session

	end_session()


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
