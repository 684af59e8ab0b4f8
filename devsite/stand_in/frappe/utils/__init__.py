from __future__ import annotations

import hashlib
import html
import re
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urljoin
from zoneinfo import ZoneInfo

import babel.dates

import frappe
from frappe._missing import refuse
from frappe.utils.html_utils import sanitize_html

DATETIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f"


class CallbackManager:
	def __init__(self) -> None:
		self._functions: deque[Callable] = deque()

	def add(self, func: Callable) -> None:
		self._functions.append(func)

	def run(self) -> None:
		while self._functions:
			self._functions.popleft()()

	def reset(self) -> None:
		self._functions.clear()


# ---- types


def cint(s: Any) -> int:
	try:
		return int(float(s)) if isinstance(s, str) and "." in s else int(s)
	except (TypeError, ValueError, OverflowError):
		return 0


def cstr(s: Any) -> str:
	return "" if s is None else str(s)


def cast_fieldtype(fieldtype: str, value: Any) -> Any:
	if fieldtype in ("Int", "Check"):
		return cint(value)
	if fieldtype == "Datetime":
		return get_datetime(value) if value else None
	return cstr(value)


# ---- time


def convert_utc_to_system_timezone(utc_timestamp: datetime) -> datetime:
	return utc_timestamp.astimezone(ZoneInfo(frappe.get_system_settings("time_zone") or "Asia/Kolkata"))


def now_datetime() -> datetime:
	return convert_utc_to_system_timezone(datetime.now(timezone.utc)).replace(tzinfo=None)


def now() -> str:
	return now_datetime().strftime(DATETIME_FORMAT)


def get_datetime(datetime_str: Any = None) -> datetime | None:
	if datetime_str is None:
		return now_datetime()
	if isinstance(datetime_str, datetime):
		return datetime_str
	return datetime.fromisoformat(datetime_str) if datetime_str else None


def add_to_date(date: datetime | None = None, **amount: float) -> datetime:
	return (date or now_datetime()) + timedelta(**amount)


def get_datetime_str(datetime_obj: Any) -> str:
	return get_datetime(datetime_obj).strftime(DATETIME_FORMAT)


def format_datetime(datetime_string: Any) -> str:
	pattern = "dd-MM-yyyy HH:mm:ss"
	return babel.dates.format_datetime(get_datetime(datetime_string), pattern, locale=frappe.local.lang)


# ---- text


def escape_html(text: Any) -> Any:
	return html.escape(text).replace("&#x27;", "&#39;") if isinstance(text, str) else text


def strip_html(text: str) -> str:
	return re.sub(r"<[^>]*>", "", text)


def sha256_hash(input: str | bytes) -> str:
	return hashlib.sha256(input.encode() if isinstance(input, str) else input).hexdigest()


# ---- addresses


def get_url(uri: str | None = None) -> str:
	host_name = frappe.local.conf.host_name
	if not host_name and frappe.local.request:
		host_name = frappe.local.request.host_url.rstrip("/")
	return urljoin(host_name or f"http://{frappe.local.site}", uri)


def slug(name: str) -> str:
	return name.lower().replace(" ", "-")


def get_url_to_form(doctype: str, name: str) -> str:
	return get_url(f"/app/{quote(slug(doctype))}/{quote(str(name))}")


__getattr__ = refuse(__name__)
