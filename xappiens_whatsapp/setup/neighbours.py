"""What other apps did to our DocTypes, undone: names that they took, permissions that they left."""

from __future__ import annotations

import click
import frappe

from xappiens_whatsapp import APP, MODULE, SETTINGS, permissions
from xappiens_whatsapp.setup.migration import mark_kept_secrets, set_missing_defaults
from xappiens_whatsapp.site import copies, ownership


def after_migrate() -> None:
	"""`migrate` may have brought our DocTypes back, or have given them to an app that is installed after ours."""
	if words := ownership.problem():
		return say(f"{words} {ownership.remedy()}")
	settle()


def before_app_uninstall(app: str) -> None:
	"""What an app took from us would be deleted with it, keys included; unless it is a dry run, it is ours again first."""
	if app in ownership.taken_over().values() and not is_dry_run():
		take_back()


def is_dry_run() -> bool:
	context = click.get_current_context(silent=True)
	return bool(context and context.params.get("dry_run"))


def take_back() -> None:
	"""Every DocType of our names is ours again, with the rows and secrets that it had. Harmless when it runs again."""
	for doctype in ownership.taken_over():
		frappe.reload_doc(MODULE, "doctype", doctype, force=True, reset_permissions=True)
		frappe.clear_cache(doctype=doctype)
		say(f"{doctype} belongs to {APP} again.")
	settle()


def settle() -> None:
	mark_kept_secrets()
	set_missing_defaults()
	frappe.clear_document_cache(SETTINGS, SETTINGS)
	copies.settle()
	reset_foreign_permissions()


def reset_foreign_permissions() -> None:
	"""Those of the settings; what others changed for sessions is only named, for there it is the site's to decide."""
	for change in permissions.changed_by_others():
		say(change.sentence)
		if change.doctype == SETTINGS:
			frappe.db.delete("Custom DocPerm", {"parent": SETTINGS})
			frappe.clear_cache(doctype=SETTINGS)
			say(f"{SETTINGS} has its own permissions again.")


def say(words: str) -> None:
	"""To whoever runs the command, and to the log for whoever looks later; Frappe keeps nothing less than errors there."""
	click.secho(words, fg="yellow")
	frappe.logger(APP).error(words)
