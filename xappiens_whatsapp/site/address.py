"""Where this site is reached from outside. The Host of a request is whatever its sender wrote there, and never decides."""

from __future__ import annotations

from urllib.parse import urlsplit

import frappe
from frappe.utils import get_url, get_url_to_form

from xappiens_whatsapp.site import copies


def of_site() -> str:
	"""By the configuration, else the address that was saved, else by the site's name; without a slash at its end."""
	if configured := copies.configured_address():
		return (configured if "://" in configured else f"http://{configured}").rstrip("/")
	saved = "" if copies.is_copy() else copies.known("site_address")
	return saved or by_name()


def to_form(doctype: str, name: str) -> str:
	return of_site() + urlsplit(get_url_to_form(doctype, name)).path


def to_save() -> str:
	"""Who asks under the site's own name may say by which scheme and port it is reached."""
	request = getattr(frappe.local, "request", None)
	if not copies.configured_address() and request and names_this_site(request.host):
		secure = "https" in (request.scheme, request.headers.get("X-Forwarded-Proto"))
		return f"{'https' if secure else 'http'}://{request.host}"
	return of_site()


def names_this_site(host: str) -> bool:
	domains = [
		entry.get("domain") if isinstance(entry, dict) else entry for entry in frappe.conf.domains or ()
	]
	return host.partition(":")[0].lower() in {str(name).lower() for name in (frappe.local.site, *domains)}


def by_name() -> str:
	"""As Frappe makes it where there is no request."""
	request = getattr(frappe.local, "request", None)
	frappe.local.request = None
	try:
		return get_url()
	finally:
		frappe.local.request = request
