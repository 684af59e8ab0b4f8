"""The WSGI application: a request from its cookies to its commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Request, Response
from werkzeug.wsgi import ClosingIterator

import frappe
from frappe import _
from frappe.auth import UNSAFE_HTTP_METHODS, CookieManager, authenticate, validate_token
from frappe.deferred_insert import put_aside
from frappe.permissions import check_doctype_permission
from frappe.utils.response import build_response, report_error

_site: str | None = None
_sites_path = "."


def application(environ: dict, start_response: Callable) -> Iterable[bytes]:
	response = respond(Request(environ))
	return ClosingIterator(response(environ, start_response), frappe.destroy)


def respond(request: Request) -> Response:
	try:
		init_request(request)
		validate_token()
		response = _dispatch(request)
		if frappe.local.flags.commit or request.method in UNSAFE_HTTP_METHODS:
			frappe.db.commit()
	except HTTPException as error:
		return error.get_response(request.environ)
	except Exception as error:
		response = handle_exception(error)
	frappe.db.rollback()
	for task in frappe.get_hooks("after_request"):
		frappe.call(frappe.get_attr(task), response=response, request=request)
	frappe.local.cookie_manager.flush_cookies(response)
	return response


def init_request(request: Request) -> None:
	frappe.init(_site or request.headers.get("X-Frappe-Site-Name") or request.host, _sites_path, force=True)
	frappe.local.request, frappe.local.cookie_manager = request, CookieManager()
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
	if not isinstance(args, dict | list):
		frappe.throw(_("Invalid request arguments"))
	frappe.local.form_dict = frappe._dict(args if isinstance(args, dict) else {"data": args})


def _dispatch(request: Request) -> Response:
	from frappe import api, website

	if request.path.startswith("/api/"):
		return api.handle(request) or build_response(200)
	if request.method == "GET":
		return website.get_response(request.path)
	raise NotFound


def handle_exception(error: Exception) -> Response:
	try:
		if isinstance(error, frappe.DoesNotExistError) and error.doctype:
			check_doctype_permission(error.doctype)
	except frappe.PermissionError as denied:
		return answer(denied)
	return answer(error)


def answer(error: Exception) -> Response:
	status = getattr(error, "http_status_code", 500)
	if isinstance(error, frappe.AuthenticationError):
		frappe.local.cookie_manager.set_cookie("sid", "", max_age=0)
	if status >= 500:
		frappe.db.rollback()
		put_aside({"method": str(error)[:140], "error": f"{frappe.local.request}\n{frappe.get_traceback()}"})
	if frappe.local.request.path.startswith("/api/"):
		return report_error(status)
	return Response(type(error).__name__, status, mimetype="text/plain")


__getattr__ = frappe._missing.refuse(__name__)
