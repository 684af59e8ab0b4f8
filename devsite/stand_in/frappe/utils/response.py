"""The JSON that answers a request."""

from __future__ import annotations

import json
import sys

from werkzeug.wrappers import Response

import frappe


def report_error(status_code: int) -> Response:
	"""About the exception that is being handled."""
	is_told = frappe.get_system_settings("allow_error_traceback") and not frappe.local.flags.disable_traceback
	if is_told and status_code != 404:
		traceback = frappe.get_traceback()
		frappe.local.response["exc"] = json.dumps([traceback])
		frappe.local.response["exception"] = traceback.splitlines()[-1]
	frappe.local.response["exc_type"] = sys.exc_info()[0].__name__
	frappe.local.response.pop("http_status_code", None)
	return build_response(status_code)


def build_response(status: int) -> Response:
	body = frappe.local.response
	if not body["docs"]:
		del body["docs"]
	if frappe.local.message_log:
		body["_server_messages"] = json.dumps([json.dumps(message) for message in frappe.local.message_log])
	status = body.pop("http_status_code", None) or status
	return Response(json.dumps(body, default=frappe.json_handler), status, mimetype="application/json")


__getattr__ = frappe._missing.refuse(__name__)
