"""Whether the DocTypes of our names are ours on this site: other apps bring DocTypes of the same names."""

from __future__ import annotations

import frappe
from frappe import _

from xappiens_whatsapp import APP, MODULE, SESSION, SESSION_EVENT, SESSION_USER, SETTINGS
from xappiens_whatsapp.site.sentences import Sentence

OUR_DOCTYPES = (SESSION, SETTINGS, SESSION_USER, SESSION_EVENT)
TAKE_BACK = f"{APP}.setup.neighbours.take_back"


class DocTypeTakenOver(Sentence, frappe.ValidationError):
	"""409, so that Frappe writes no Error Log for each call."""

	http_status_code = 409
	error_code = "DOCTYPE_TAKEN_OVER"


def taken_over() -> dict[str, str]:
	"""Each DocType that is not ours here, with the app that has it; "" where there is none of that name.

	Read from the database: a restored backup leaves what the cache says as it was.
	"""
	found = frappe.db.get_values("DocType", {"name": ("in", OUR_DOCTYPES)}, ["name", "module"])
	modules = {name: module for name, module in found or () if module}
	return {name: app_of(modules.get(name)) for name in OUR_DOCTYPES if modules.get(name) != MODULE}


def app_of(module: str | None) -> str:
	if not module:
		return ""
	return frappe.db.get_value("Module Def", module, "app_name") or f"module {module}"


def problem() -> str:
	"""One sentence about what is not ours; "" when everything is."""
	if not (lost := taken_over()):
		return ""
	doctype, app = next(iter(lost.items()))
	diagnose = f"`bench --site {frappe.local.site} whatsapp diagnose`"
	if not app:
		return _(
			"{0} is missing on this site, so Xappiens WhatsApp does nothing here; {1} says what to do."
		).format(doctype, diagnose)
	return _(
		"{0} belongs to the app {1} on this site, so Xappiens WhatsApp does nothing here; {2} says what to do."
	).format(doctype, app, diagnose)


def remedy() -> str:
	"""How an administrator ends what `problem` says."""
	bench, installed = f"bench --site {frappe.local.site}", frappe.get_installed_apps()
	apps = sorted({app for app in taken_over().values() if app in installed})
	if not apps:
		return _("Run {0}. Sessions, API key and webhook secret stay.").format(f"`{bench} migrate`")
	removals = " && ".join(f"{bench} uninstall-app {app}" for app in apps)
	return _(
		"Keep one of the two. {0} keeps Xappiens WhatsApp with its sessions, API key and webhook secret;"
		" {1} keeps the other app as it is."
	).format(f"`{bench} execute {TAKE_BACK} && {removals}`", f"`{bench} uninstall-app {APP}`")


def check() -> None:
	"""Raises `DocTypeTakenOver` while one of our DocTypes is not ours."""
	if words := problem():
		raise DocTypeTakenOver(words)
