"""/api/method and /api/resource."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request, Response

import frappe
from frappe import _, client, handler
from frappe.utils.response import build_response


def handle(request: Request) -> Response:
	parts = request.path.removeprefix("/api/").removeprefix("v1/").strip("/").split("/", 2)
	if parts[0] == "method" and len(parts) > 1:
		frappe.form_dict.cmd = parts[1]
		data = handler.handle(parts[1])
		return data if isinstance(data, Response) else build_response()
	if parts[0] != "resource" or len(parts) < 2:
		raise frappe.DoesNotExistError
	data = _resource(request.method, *parts[1:])
	if data is not None:
		frappe.local.response["data"] = data
	return build_response()


def _resource(method: str, doctype: str, name: str | None = None) -> Any:
	actions = COLLECTION if name is None else DOCUMENT
	if method not in actions:
		raise frappe.DoesNotExistError
	return actions[method](doctype, *([] if name is None else [name]))


def document_list(doctype: str) -> list:
	if frappe.form_dict.get("fields"):
		frappe.form_dict["fields"] = json.loads(frappe.form_dict["fields"])
	frappe.form_dict.setdefault("limit_page_length", frappe.form_dict.limit or 20)
	return frappe.call(client.get_list, doctype, **frappe.form_dict)


def create_doc(doctype: str) -> Any:
	data = _form_data()
	data.pop("doctype", None)
	return frappe.new_doc(doctype, **data).insert()


def read_doc(doctype: str, name: str) -> Any:
	if "run_method" in frappe.form_dict:
		raise NotImplementedError("run_method on /api/resource is not provided by devsite")
	doc = frappe.get_doc(doctype, name)
	if not doc.has_permission("read"):
		raise frappe.PermissionError
	return doc


def update_doc(doctype: str, name: str) -> Any:
	data = _form_data()
	data.pop("flags", None)
	return frappe.get_doc(doctype, name, for_update=True).update(data).save()


def delete_doc(doctype: str, name: str) -> str:
	frappe.delete_doc(doctype, name, ignore_missing=False)
	frappe.local.response["http_status_code"] = 202
	return "ok"


def _form_data() -> dict:
	data = frappe.form_dict.data
	if data is None:
		data = frappe.local.request.get_data(as_text=True)
	try:
		return frappe.parse_json(data)
	except ValueError:
		return frappe.form_dict


COLLECTION = {"GET": document_list, "POST": create_doc}
DOCUMENT = {"GET": read_doc, "PUT": update_doc, "DELETE": delete_doc}

__getattr__ = frappe._missing.refuse(__name__)
