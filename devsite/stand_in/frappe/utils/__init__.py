from __future__ import annotations

import calendar
import hashlib
import html
import re
from collections import deque
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import frappe
from frappe._missing import refuse
from frappe.utils.html_utils import is_json, sanitize_html

DATE_FORMAT = "%Y-%m-%d"
DATETIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f"
EMAIL = re.compile(r"[^@\s<>]+@[\w-]+(\.[\w-]+)+")


class CallbackManager:
	def __init__(self) -> None:
		self._functions: deque[Callable] = deque()

	def add(self, func: Callable) -> None:
		self._functions.append(func)

	__call__ = add

	def run(self) -> None:
		while self._functions:
			self._functions.popleft()()

	def reset(self) -> None:
		self._functions.clear()


# ---- types


def cint(s: Any, default: int = 0) -> int:
	try:
		return int(s)
	except (TypeError, ValueError):
		try:
			return int(float(s))
		except (TypeError, ValueError, OverflowError):
			return default


def flt(s: Any, precision: int | None = None) -> float:
	try:
		number = float(s.replace(",", "") if isinstance(s, str) else s)
	except (TypeError, ValueError):
		number = 0.0
	return number if precision is None else round(number, precision)


def cstr(s: Any, encoding: str = "utf-8") -> str:
	if s is None:
		return ""
	return s.decode(encoding) if isinstance(s, bytes) else str(s)


def sbool(x: Any) -> Any:
	return (
		{"true": True, "1": True, "false": False, "0": False}.get(x.lower(), x) if isinstance(x, str) else x
	)


def cast_fieldtype(fieldtype: str, value: Any) -> Any:
	if fieldtype in ("Int", "Check", "Long Int"):
		return cint(value)
	if fieldtype in ("Float", "Currency", "Percent"):
		return flt(value)
	if fieldtype == "Datetime":
		return get_datetime(value) if value else None
	if fieldtype == "Date":
		return getdate(value) if value else None
	return cstr(value)


# ---- time


def get_system_timezone() -> str:
	return frappe.get_system_settings("time_zone") or "Asia/Kolkata"


def convert_utc_to_timezone(utc_timestamp: datetime, time_zone: str) -> datetime:
	if utc_timestamp.tzinfo is None:
		utc_timestamp = utc_timestamp.replace(tzinfo=timezone.utc)
	try:
		return utc_timestamp.astimezone(ZoneInfo(time_zone))
	except ZoneInfoNotFoundError:
		return utc_timestamp


def convert_utc_to_system_timezone(utc_timestamp: datetime) -> datetime:
	return convert_utc_to_timezone(utc_timestamp, get_system_timezone())


def now_datetime() -> datetime:
	return convert_utc_to_system_timezone(datetime.now(timezone.utc)).replace(tzinfo=None)


def now() -> str:
	return now_datetime().strftime(DATETIME_FORMAT)


def nowdate() -> str:
	return now_datetime().strftime(DATE_FORMAT)


today = nowdate


def get_datetime(datetime_str: Any = None) -> datetime | None:
	if datetime_str is None:
		return now_datetime()
	if isinstance(datetime_str, datetime | timedelta):
		return datetime_str
	if isinstance(datetime_str, date):
		return datetime.combine(datetime_str, datetime.min.time())
	if not datetime_str or str(datetime_str).startswith(("0000", "0001")):
		return None
	text = re.sub(r"\.(\d{1,6})\d*", lambda found: "." + found[1].ljust(6, "0"), datetime_str)
	return datetime.fromisoformat(text.replace("Z", "+00:00"))


def getdate(string_date: Any = None) -> date | None:
	found = get_datetime(string_date)
	return found.date() if found else None


def get_datetime_str(datetime_obj: Any) -> str:
	return get_datetime(datetime_obj).strftime(DATETIME_FORMAT)


def time_diff(string_ed_date: Any, string_st_date: Any) -> timedelta:
	return get_datetime(string_ed_date) - get_datetime(string_st_date)


def time_diff_in_seconds(string_ed_date: Any, string_st_date: Any) -> float:
	return time_diff(string_ed_date, string_st_date).total_seconds()


def add_to_date(
	date: Any = None,
	years: int = 0,
	months: int = 0,
	weeks: int = 0,
	days: int = 0,
	hours: float = 0,
	minutes: float = 0,
	seconds: float = 0,
	as_string: bool = False,
	as_datetime: bool = False,
) -> Any:
	as_string, as_datetime = (
		as_string or isinstance(date, str),
		as_datetime or bool(hours) or " " in str(date),
	)
	moment = now_datetime() if date is None else get_datetime(date) if isinstance(date, str) else date
	index = moment.year * 12 + moment.month - 1 + years * 12 + months
	last_day = calendar.monthrange(index // 12, index % 12 + 1)[1]
	moment = moment.replace(year=index // 12, month=index % 12 + 1, day=min(moment.day, last_day))
	moment += timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
	return moment.strftime(DATETIME_FORMAT if as_datetime else DATE_FORMAT) if as_string else moment


def _babel() -> Any:
	try:
		import babel.dates
	except ImportError:
		raise NotImplementedError(
			"frappe.utils.format_datetime and pretty_date need the package babel"
		) from None
	return babel.dates


def format_datetime(datetime_string: Any, format_string: str | None = None) -> str | None:
	if not datetime_string:
		return None
	pattern = format_string or "dd-MM-yyyy HH:mm:ss"
	return _babel().format_datetime(get_datetime(datetime_string), pattern, locale=frappe.local.lang)


def pretty_date(iso_datetime: Any) -> str:
	if not iso_datetime:
		return ""
	delta = get_datetime(iso_datetime) - now_datetime()
	return _babel().format_timedelta(delta, add_direction=True, locale=frappe.local.lang)


# ---- text


def escape_html(text: Any) -> Any:
	return html.escape(text).replace("&#x27;", "&#39;") if isinstance(text, str) else text


def strip_html(text: str) -> str:
	return re.sub(r"<[^>]*>", "", text)


def validate_email_address(email_str: str, throw: bool = False) -> str:
	entries = [entry.strip() for entry in (email_str or "").split(",")]
	for entry in entries:
		if not EMAIL.fullmatch(entry) and throw:
			message = frappe._("{0} is not a valid Email Address").format(escape_html(entry))
			frappe.throw(message, frappe.InvalidEmailAddressError)
	return ", ".join(entry for entry in entries if EMAIL.fullmatch(entry))


def validate_url(txt: str, throw: bool = False, valid_schemes: Any = None) -> bool:
	parts = urlsplit(txt or "")
	schemes = [valid_schemes] if isinstance(valid_schemes, str) else valid_schemes
	valid = bool(parts.scheme and parts.netloc) and (not schemes or parts.scheme in schemes)
	if throw and not valid:
		frappe.throw(frappe._("'{0}' is not a valid URL").format(frappe.bold(txt)))
	return valid


def random_string(length: int) -> str:
	return frappe.generate_hash(length=length)


def sha256_hash(input: str | bytes) -> str:
	return hashlib.sha256(input.encode() if isinstance(input, str) else input).hexdigest()


# ---- addresses


def get_url(uri: str | None = None, full_address: bool = False) -> str:
	if uri and uri.startswith(("http://", "https://")):
		return uri
	host_name = frappe.local.conf.host_name
	if not host_name and frappe.local.request:
		host_name = frappe.local.request.host_url.rstrip("/")
	host_name = host_name or f"http://{frappe.local.site}"
	return urljoin(host_name, uri) if uri else host_name


def slug(name: str) -> str:
	return name.lower().replace(" ", "-")


def get_url_to_form(doctype: str, name: str) -> str:
	return get_url(f"/app/{quote(slug(doctype))}/{quote(str(name))}")


def get_fullname(user: str | None = None) -> str:
	user = user or frappe.session.user
	return frappe.db.get_value("User", user, "full_name") or user


def get_traceback(with_context: bool = False) -> str:
	return frappe.get_traceback(with_context)


__getattr__ = refuse(__name__)
