"""Functions that tests call over HTTP, whitelisted only as long as a test class needs them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import frappe
from frappe.rate_limiter import rate_limit

OPTIONS: dict[str, dict[str, Any]] = {
	"add_record": {},
	"echo": {"allow_guest": True},
	"fail": {"methods": ["POST"]},
	"give_token": {},
	"limited": {"allow_guest": True},
	"typed": {},
}
ERRORS = {
	"Authentication": frappe.AuthenticationError,
	"DoesNotExist": frappe.DoesNotExistError,
	"Duplicate": frappe.DuplicateEntryError,
	"Permission": frappe.PermissionError,
	"Validation": frappe.ValidationError,
}


@contextmanager
def whitelisted() -> Iterator[None]:
	plain = {name: globals()[name] for name in OPTIONS}
	globals().update({name: frappe.whitelist(**options)(plain[name]) for name, options in OPTIONS.items()})
	try:
		yield
	finally:
		globals().update(plain)


def add_record(session_id, commit=None):
	if commit:
		frappe.local.flags.commit = True
	doc = frappe.get_doc(doctype="WhatsApp Session", session_id=session_id, session_name="Test")
	return doc.insert(ignore_permissions=True).name


def echo(**arguments):
	arguments.pop("cmd", None)
	return {"user": frappe.session.user, "language": frappe.local.lang, "arguments": arguments}


def fail(kind, session_id=None):
	if session_id:
		add_record(session_id)
	frappe.local.response["error_code"] = "NO_LUCK"
	if kind == "Crash":
		raise RuntimeError("broken")
	if kind == "Quiet":
		frappe.local.flags.disable_traceback = True
	frappe.throw(
		frappe._("No luck with {0}").format("<b>it</b>"),
		ERRORS.get(kind, frappe.ValidationError),
		title="Luck",
	)


def give_token():
	"""What a desk page does when it is loaded."""
	token = frappe.sessions.get_csrf_token()
	frappe.local.session_obj.update(force=True)
	return token


@rate_limit(limit=2, seconds=60)
def limited():
	return "through"


def typed(
	number: int = 1,
	tick: bool = False,
	text: str = "",
	maybe: str | None = None,
	names: list[str] | None = None,
	details: dict[str, Any] | None = None,
) -> dict[str, Any]:
	return {"number": number, "tick": tick, "text": text, "maybe": maybe, "names": names, "details": details}
