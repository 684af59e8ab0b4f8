from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from werkzeug.wrappers import Response

import frappe


def json_handler(obj: Any) -> Any:
	from frappe.model.document import Document

	if isinstance(obj, date | datetime | time | timedelta):
		return str(obj)
	if isinstance(obj, Document):
		return obj.as_dict(no_nulls=True)
	if isinstance(obj, Iterable):
		return list(obj)
	raise TypeError(f"Object of type {type(obj)} with value of {obj!r} is not JSON serializable")


def build_response(response_type: str = "json") -> Response:
	kind = frappe.local.response.get("type") or response_type
	if kind != "json":
		raise NotImplementedError(f"frappe.response.type {kind!r} is not provided by devsite")
	if not frappe.local.response.get("docs"):
		frappe.local.response.pop("docs", None)
	_add_logs(frappe.local.response)
	response = Response(mimetype="application/json")
	response.status_code = frappe.local.response.pop("http_status_code", None) or 200
	response.data = json.dumps(frappe.local.response, default=json_handler, separators=(",", ":"))
	return response


def _add_logs(body: frappe._dict) -> None:
	if frappe.local.error_log and _is_traceback_allowed():
		body["exc"] = json.dumps([entry["exc"] for entry in frappe.local.error_log])
	if frappe.local.message_log:
		body["_server_messages"] = json.dumps([json.dumps(message) for message in frappe.local.message_log])
	if frappe.local.flags.error_message:
		body["_error_message"] = frappe.local.flags.error_message


def report_error(status_code: int) -> Response:
	if _is_traceback_allowed() and status_code != 404:
		traceback = frappe.get_traceback()
		frappe.errprint(traceback)
		frappe.local.response.exception = traceback.splitlines()[-1]
	frappe.local.response["exc_type"] = sys.exc_info()[0].__name__
	response = build_response()
	response.status_code = status_code
	return response


def _is_traceback_allowed() -> bool:
	if not frappe.local.db or frappe.local.flags.disable_traceback:
		return False
	return bool(frappe.get_system_settings("allow_error_traceback"))
