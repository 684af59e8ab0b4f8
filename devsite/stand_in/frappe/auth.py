"""Sessions by cookie, tokens by header, the CSRF token."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from werkzeug.wrappers import Response

import frappe
from frappe import _
from frappe.utils.password import check_password, get_decrypted_password

SAFE_HTTP_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
UNSAFE_HTTP_METHODS = frozenset(("POST", "PUT", "DELETE", "PATCH"))
LOGIN_PATH = "/api/method/login"


class CookieManager:
	def __init__(self) -> None:
		self.cookies: dict[str, dict] = {}

	def set_cookie(self, key: str, value: str | None, samesite: str = "Lax", **options: Any) -> None:
		self.cookies[key] = {"value": value or "", "samesite": samesite, **options}

	def flush_cookies(self, response: Response) -> None:
		for key, options in self.cookies.items():
			response.set_cookie(key, **options)


def authenticate() -> None:
	frappe.local.cookie_manager = CookieManager()
	if frappe.local.request.path == LOGIN_PATH:
		login()
	else:
		resume(frappe.local.request.cookies.get("sid", "Guest"))
		validate_csrf_token()


def resume(sid: str) -> None:
	found = frappe.db.sql("select user, csrf_token from tabSessions where sid = %s", sid)
	user, csrf_token = found[0] if found else ("Guest", None)
	_start(user, sid if found else "Guest", csrf_token)
	if not found and sid != "Guest":
		clear_cookies()


def _start(user: str, sid: str, csrf_token: str | None) -> None:
	frappe.local.session = frappe._dict(
		user=user, sid=sid, data=frappe._dict(csrf_token=csrf_token, user=user)
	)
	frappe.local.lang = _requested_language() or frappe.get_user_lang(user)


def _requested_language() -> str | None:
	return frappe.form_dict.get("_lang")


def login() -> None:
	user = _find_user(frappe.form_dict.get("usr"))
	try:
		check_password(user, frappe.form_dict.pop("pwd", None) or "")
	except frappe.AuthenticationError:
		frappe.local.lang = frappe.get_user_lang("Guest")
		frappe.local.response["message"] = _("Invalid login credentials")
		raise frappe.AuthenticationError from None
	sid = frappe.generate_hash()
	frappe.db.sql("insert into tabSessions (sid, user) values (%s, %s)", (sid, user))
	frappe.db.commit()
	_start(user, sid, None)
	full_name = frappe.db.get_value("User", user, "full_name")
	cookies = frappe.local.cookie_manager
	cookies.set_cookie("sid", sid, httponly=True)
	for name, value in (("user_id", user), ("full_name", full_name), ("system_user", "yes")):
		cookies.set_cookie(name, value)
	frappe.local.response.update(message="Logged In", home_page="/app", full_name=full_name)


def _find_user(login_id: str | None) -> str:
	return frappe.db.get_value("User", {"name": login_id or "", "enabled": 1}, "name") or ""


def validate_csrf_token() -> None:
	"""As on Frappe, only a session that was given a token, which the desk page does, has to show it."""
	saved = frappe.session.data.csrf_token
	if not saved or frappe.local.request.method not in UNSAFE_HTTP_METHODS:
		return
	sent = frappe.get_request_header("X-Frappe-CSRF-Token") or frappe.form_dict.pop("csrf_token", None)
	if sent != saved:
		frappe.local.flags.disable_traceback = True
		frappe.throw(_("Invalid Request"), frappe.CSRFTokenError)


def get_csrf_token() -> str:
	if not frappe.session.data.csrf_token:
		token = frappe.session.data.csrf_token = frappe.generate_hash()
		frappe.db.sql("update tabSessions set csrf_token = %s where sid = %s", (token, frappe.session.sid))
		frappe.db.commit()
	return frappe.session.data.csrf_token


def validate_token() -> None:
	header = frappe.get_request_header("Authorization", "").split(" ")
	if len(header) != 2:
		return
	kind, token = header
	try:
		text = base64.b64decode(token).decode() if kind.lower() == "basic" else token
		if kind.lower() in ("basic", "token"):
			_use_token(*text.split(":"))
	except binascii.Error:
		frappe.throw(
			_("Failed to decode token, please provide a valid base64-encoded token."),
			frappe.InvalidAuthorizationToken,
		)
	except (TypeError, ValueError):
		pass
	if frappe.session.user == "Guest":
		raise frappe.AuthenticationError


def _use_token(api_key: str, api_secret: str) -> None:
	user = frappe.db.get_value("User", {"api_key": api_key, "enabled": 1}, "name") if api_key else None
	stored = get_decrypted_password("User", user, "api_secret", raise_exception=False) if user else None
	if not stored or stored != api_secret:
		raise frappe.AuthenticationError
	if frappe.session.user == "Guest":
		form_dict = frappe.local.form_dict
		frappe.set_user(user)
		frappe.local.form_dict = form_dict


def logout() -> None:
	frappe.db.sql("delete from tabSessions where sid = %s", frappe.session.sid)
	frappe.db.commit()
	clear_cookies()
	_start("Guest", "Guest", None)


def clear_cookies() -> None:
	for name in ("sid", "user_id", "full_name", "system_user"):
		frappe.local.cookie_manager.set_cookie(name, "", max_age=0)


@frappe.whitelist()
def get_logged_user() -> str:
	return frappe.session.user


__getattr__ = frappe._missing.refuse(__name__)
