"""Sessions by cookie, tokens by header, the CSRF token."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

import frappe
from frappe import _, sessions
from frappe.utils.password import check_password, get_decrypted_password

UNSAFE_HTTP_METHODS = frozenset(("POST", "PUT", "DELETE", "PATCH"))


class CookieManager:
	def __init__(self) -> None:
		self.cookies: dict[str, dict] = {}

	def set_cookie(self, key: str, value: str | None, samesite: str = "Lax", **options: Any) -> None:
		self.cookies[key] = {"value": value or "", "samesite": samesite, **options}

	def flush_cookies(self, response: Response) -> None:
		for key, options in self.cookies.items():
			response.set_cookie(key, **options)


def authenticate() -> None:
	if frappe.local.request.path == "/api/method/login":
		return login()
	frappe.local.session_obj = sessions.Session(frappe.local.request.cookies.get("sid", "Guest"))
	set_language()
	return validate_csrf_token()


def set_language() -> None:
	user = frappe.session.user
	own = frappe.db.get_value("User", user, "language")
	frappe.local.lang = frappe.form_dict.get("_lang") or own or frappe.get_system_settings("language") or "en"


def login() -> None:
	user = frappe.db.get_value("User", {"name": frappe.form_dict.usr or "", "enabled": 1}) or ""
	try:
		check_password(user, frappe.form_dict.pop("pwd", None) or "")
	except frappe.AuthenticationError:
		frappe.local.response["message"] = "Invalid login credentials"
		raise
	frappe.local.session_obj = sessions.start(user)
	set_language()
	frappe.local.cookie_manager.set_cookie("sid", frappe.session.sid, httponly=True)
	frappe.local.response["message"] = "Logged In"


@frappe.whitelist(allow_guest=True)
def logout() -> None:
	frappe.db.sql("delete from tabSessions where sid = %s", frappe.session.sid)
	frappe.db.commit()
	frappe.local.cookie_manager.set_cookie("sid", "", max_age=0)


def validate_csrf_token() -> None:
	"""As on Frappe, only a session that was given a token, which the desk page does, has to show it."""
	saved = frappe.session.data.csrf_token
	if not saved or frappe.local.request.method not in UNSAFE_HTTP_METHODS:
		return
	if frappe.local.request.headers.get("X-Frappe-CSRF-Token") != saved:
		frappe.local.flags.disable_traceback = True
		frappe.throw(_("Invalid Request"), frappe.CSRFTokenError)


def validate_token() -> None:
	kind, _space, token = frappe.local.request.headers.get("Authorization", "").partition(" ")
	if not token:
		return
	if kind.lower() != "token":
		raise NotImplementedError(f"the authorization {kind} is not provided by devsite")
	api_key, _colon, api_secret = token.partition(":")
	user = frappe.db.get_value("User", {"api_key": api_key, "enabled": 1}) if api_key else None
	stored = user and get_decrypted_password("User", user, "api_secret", raise_exception=False)
	if not stored or stored != api_secret:
		raise frappe.AuthenticationError
	form_dict = frappe.local.form_dict
	frappe.set_user(user)
	frappe.local.form_dict = form_dict


__getattr__ = frappe._missing.refuse(__name__)
