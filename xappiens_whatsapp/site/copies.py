"""Whether this site is the one that linked its sessions, or a copy: a staging site restored from a backup of it.

A site is known by its name and its `host_name`, both from its configuration. What a copy keeps of the real site is its
database, and with it the key to sessions that belong to others: it reads, and changes nothing on the server.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit

import frappe
from frappe import _

from xappiens_whatsapp import SETTINGS


class Place(NamedTuple):
	"""`host` is that of `host_name`, with its port; "" where the configuration names none."""

	site: str
	host: str

	def __str__(self) -> str:
		return f"{self.site}|{self.host}"


def here() -> Place:
	return Place(frappe.local.site, host_of(configured_address()))


def configured_address() -> str:
	return (frappe.conf.host_name or frappe.conf.hostname or "").strip()


def host_of(address: str | None) -> str:
	address = address or ""
	return urlsplit(address if "//" in address else f"//{address}").netloc.lower()


def linked() -> Place | None:
	"""None on a site that has not settled yet."""
	site, separator, host = (known("linked_site") or "").partition("|")
	return Place(site, host) if separator else None


def known(field: str) -> str | None:
	return frappe.get_cached_doc(SETTINGS).get(field)


def is_copy() -> bool:
	"""False on a site that has not settled yet."""
	home = linked()
	return home is not None and not is_home(home, here())


def is_home(home: Place, place: Place) -> bool:
	"""A site that gets a `host_name` stays the same when that names what it was known by before."""
	if place.site != home.site or home.host:
		return place == home
	names_site = place.host.partition(":")[0] == home.site.lower()
	return names_site or place.host in ("", host_of(known("site_address")))


def is_quiet() -> bool:
	"""Whether an administrator said of this very place that it is to stay a copy."""
	return is_copy() and known("quiet_copy") == str(here())


def words() -> str:
	"""What a person is told where something would have changed the server; "" on the real site."""
	if not is_copy():
		return ""
	return f"{what_it_is()} " + _(
		"It reads, but nothing is changed on the server from here. If this is the real site now, a System Manager says so"
		" in WhatsApp Settings."
	)


def what_it_is() -> str:
	home = linked()
	return _("This looks like a copy of {0}.").format(home.host or home.site)


def settle() -> None:
	"""On installation, `migrate` and saving: whoever has no place yet is at home here; a copy stays one."""
	if not is_copy():
		remember("linked_site", str(here()))


def move_here() -> None:
	"""What others of the real site's addresses said is true no more."""
	remember("linked_site", str(here()))
	remember("quiet_copy", "")
	remember("site_address", "")


def stay_quiet() -> None:
	remember("quiet_copy", str(here()))


def remember(field: str, value: str) -> None:
	if known(field) != value:
		frappe.db.set_single_value(SETTINGS, field, value)
		frappe.clear_document_cache(SETTINGS, SETTINGS)
