"""Before and after `install-app`: refuse to take over another app's DocTypes, take in the predecessor's data."""

from __future__ import annotations

import frappe

from xappiens_whatsapp import APP, MODULE, SESSION, SESSION_USER, SETTINGS
from xappiens_whatsapp.setup.migration import adopt_predecessor

OUR_DOCTYPES = (SESSION, SETTINGS, SESSION_USER)


class DocTypeBelongsToAnotherApp(Exception):
	pass


def before_install() -> None:
	"""Stops `install-app` before anything is written when a DocType of ours is another app's."""
	owners = {doctype: app for doctype in OUR_DOCTYPES if (app := owner_of(doctype)) not in (None, APP)}
	if owners:
		raise DocTypeBelongsToAnotherApp(collision_message(owners))


def owner_of(doctype: str) -> str | None:
	"""The app that a DocType on this site belongs to; None when there is no such DocType."""
	module = frappe.db.get_value("DocType", doctype, "module")
	if module is None:
		return None
	if module == MODULE:
		return APP
	return frappe.db.get_value("Module Def", module, "app_name") or f"module {module}"


def collision_message(owners: dict[str, str]) -> str:
	listed = "\n".join(f"  - {doctype} belongs to {app}" for doctype, app in owners.items())
	apps = ", ".join(sorted(set(owners.values())))
	return (
		f"xappiens_whatsapp cannot be installed on this site, because it has DocTypes of the same name:\n{listed}\n"
		f"Nothing was changed. Install xappiens_whatsapp on a site without {apps}, "
		f"or uninstall {apps} from this site first (its WhatsApp data would be removed with it)."
	)


def after_install() -> None:
	adopt_predecessor()
	frappe.get_doc(SETTINGS).save()
