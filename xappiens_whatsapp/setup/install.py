"""Before and after `install-app`, ours and that of others: no DocType changes hands, the predecessor's data is taken in."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

import click
import frappe

from xappiens_whatsapp import APP
from xappiens_whatsapp.setup import neighbours
from xappiens_whatsapp.setup.migration import adopt_predecessor
from xappiens_whatsapp.site import ownership, settings


class DocTypeBelongsToAnotherApp(frappe.IncompatibleApp, click.ClickException):
	"""Frappe shows the first kind as words when it installs, `bench` the second kind in any other command."""


def before_install() -> None:
	"""Stops `install-app` before anything is written when a DocType of ours is another app's."""
	owners = {doctype: app for doctype, app in ownership.taken_over().items() if app}
	if owners:
		raise DocTypeBelongsToAnotherApp(collision_message(owners))


def collision_message(owners: dict[str, str]) -> str:
	listed = ", ".join(f"{doctype} belongs to {app}" for doctype, app in owners.items())
	apps = sorted(set(owners.values()))
	return (
		f"{APP} cannot be installed on this site, because it has DocTypes of the same name: {listed}. Nothing was changed. "
		f"Install {APP} on a site without {' and '.join(apps)}, or remove it from this site first with "
		f"`{' && '.join(map(removal_of, apps))}` (its WhatsApp data would be removed with it)."
	)


def removal_of(app: str) -> str:
	"""What an installation that failed half way leaves, Frappe removes with `--force` only."""
	force = "" if app in frappe.get_installed_apps() else " --force"
	return f"bench --site {frappe.local.site} uninstall-app {app}{force}"


def before_app_install(app: str) -> None:
	"""Stops the installation of another app that would take a DocType of ours, before anything is written."""
	if app != APP and (doctypes := doctypes_of_our_names(app)):
		raise DocTypeBelongsToAnotherApp(
			f"{app} cannot be installed on this site, because it would take over {', '.join(doctypes)} of {APP}. "
			f"Nothing was changed. Install {app} on a site without {APP}, or uninstall {APP} from this site first "
			"(its sessions and keys would be removed with it)."
		)


def doctypes_of_our_names(app: str) -> list[str]:
	"""By the folders from which Frappe installs them; names are equal without regard to case, as in the database."""
	root = Path(import_module(app).__file__).parent
	names = {doctype.casefold(): doctype for doctype in ownership.OUR_DOCTYPES}
	found = (
		name_in(path)
		for folder in map(frappe.scrub, names)
		for path in root.glob(f"*/doctype/{folder}/{folder}.json")
	)
	return [names[name] for name in found if name in names]


def name_in(path: Path) -> str:
	return json.loads(path.read_text(encoding="utf-8")).get("name", "").casefold()


def after_install() -> None:
	adopt_predecessor()
	settings.uncached().save()
	neighbours.reset_foreign_permissions()
