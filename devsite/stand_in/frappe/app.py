"""The WSGI application: a request from its cookies to its commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import ClosingIterator

import frappe
from frappe import _
from frappe.auth import UNSAFE_HTTP_METHODS, authenticate, validate_token
from frappe.permissions import check_doctype_permission
from frappe.utils.response import report_error

_site: str | None = None
_sites_path = "."
MAX_BODY = 25 * 1024 * 1024


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
	response = respond(Request(environ))
	return ClosingIterator(response(environ, start_response), frappe.destroy)


def respond(request: Request) -> Response:
	try:
		init_request(request)
		validate_token()
		response = _dispatch(request)
		_sync_database(request)
	except HTTPException as error:
		return error.get_response(request.environ)
	except Exception as error:
		response = handle_exception(error)
		frappe.db.rollback()
	for task in frappe.get_hooks("after_request"):
		frappe.call(task, response=response, request=request)
	if hasattr(frappe.local, "cookie_manager"):
		frappe.local.cookie_manager.flush_cookies(response)
	return response


def init_request(request: Request) -> None:
	request.max_content_length, request.max_form_memory_size = MAX_BODY, None
	frappe.init(_site or request.headers.get("X-Frappe-Site-Name") or request.host, _sites_path, force=True)
	frappe.local.request = request
	frappe.local.is_ajax = request.headers.get("X-Requested-With") == "XMLHttpRequest"
	frappe.connect(set_admin_as_user=False)
	forwarded = request.headers.get("X-Forwarded-For", "").split(",", 1)[0].strip()
	frappe.local.request_ip = forwarded or request.remote_addr or "127.0.0.1"
	make_form_dict(request)
	authenticate()


def make_form_dict(request: Request) -> None:
	body = request.get_data(as_text=True)
	if body and request.is_json:
		args = json.loads(body)
	else:
		args = {**request.args.to_dict(), **request.form.to_dict()}
	if isinstance(args, list):
		frappe.local.form_dict["data"] = args
	elif isinstance(args, dict):
		frappe.local.form_dict = frappe._dict(args)
		frappe.local.form_dict.pop("_", None)
	else:
		frappe.throw(_("Invalid request arguments"))


def _dispatch(request: Request) -> Response:
	from frappe import api, website

	if request.method == "OPTIONS":
		return Response()
	if request.path.startswith("/api/"):
		return api.handle(request)
	if request.method in ("GET", "HEAD", "POST"):
		return website.get_response(request.path)
	raise NotFound


def _sync_database(request: Request) -> None:
	if frappe.local.flags.commit or request.method in UNSAFE_HTTP_METHODS:
		frappe.db.commit()
	else:
		frappe.db.rollback()


def handle_exception(error: Exception) -> Response:
	if isinstance(error, frappe.DoesNotExistError) and error.doctype and frappe.db:
		try:
			check_doctype_permission(error.doctype)
		except frappe.PermissionError as denied:
			return _error_response(denied)
	return _error_response(error)


def _error_response(error: Exception) -> Response:
	status = getattr(error, "http_status_code", 500)
	accept = frappe.local.request.headers.get("Accept", "")
	wants_json = accept and (frappe.local.is_ajax or "application/json" in accept)
	if wants_json or (frappe.local.request.path.startswith("/api/") and not accept.startswith("text")):
		response = report_error(status)
	else:
		from frappe.website import error_page

		response = error_page(status, error)
	if status >= 500:
		_log_snapshot(error)
	return response


def _log_snapshot(error: Exception) -> None:
	"""Frappe keeps it outside the request's transaction too."""
	frappe.db.rollback()
	frappe.log_error(title=str(error)[:140])
	frappe.db.commit()


__getattr__ = frappe._missing.refuse(__name__)
