"""What managers do from WhatsApp Settings."""

from typing import Any

import frappe
from frappe import _

from xappiens_whatsapp import SESSION, permissions
from xappiens_whatsapp.diagnosis import callback, rows
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.sessions import refused_calls, webhooks
from xappiens_whatsapp.site import copies, secrets, settings


@frappe.whitelist(methods=["POST"])
def rotate_webhook_secret() -> dict[str, Any]:
	"""A new secret, given to the server for every linked session in the background; it is not shown."""
	permissions.only_for_managers()
	is_kept = bool(secrets.read("webhook_secret"))
	settings.uncached().rotate_webhook_secret()
	refused_calls.forget()
	if webhooks.webhook_arguments():
		webhooks.enqueue_registration()
	words = _("There is a new secret. The old one is accepted for ten more minutes.")
	return {"success": True, "message": words if is_kept else _("There is a new secret.")}


@frappe.whitelist(methods=["POST"])
@gateway.translates_errors
def register_webhooks() -> dict[str, Any]:
	"""Tell the server this site's address and secret again for every linked session, in the background."""
	permissions.only_for_managers()
	settings.current().check_ready()
	gateway.refuse_on_copy()
	webhooks.webhook_target(None, None)
	refused_calls.forget()
	webhooks.enqueue_registration()
	return {"success": True, "message": _("The webhook of every linked session is being registered anew.")}


@frappe.whitelist(methods=["POST"])
def test_webhook() -> dict[str, Any]:
	"""Up to the first cause why the server's calls do not arrive; a failing check is an answer, not an error.

	`success` says that nothing failed, although something may not have been tried (`ok` is None).
	"""
	permissions.only_for_managers()
	checks = [rows.answer_of(check) for check in callback.check_webhook()]
	return {"success": all(check["ok"] is not False for check in checks), "checks": checks}


@frappe.whitelist(methods=["GET", "POST"])
def copy_notice() -> dict[str, Any]:
	"""What the desk's banner says on a site that looks like a copy; `sentence` is "" on the real site."""
	frappe.has_permission(SESSION, "read", throw=True)
	return {
		"success": True,
		"sentence": copies.words(),
		"is_quiet": copies.is_quiet(),
		"may_decide": permissions.is_administrator(),
	}


@frappe.whitelist(methods=["POST"])
def confirm_real_site() -> dict[str, Any]:
	"""From now on this site acts, and takes over the webhooks of the linked sessions."""
	permissions.only_for_administrators()
	settings.current()
	copies.move_here()
	if webhooks.webhook_arguments():
		webhooks.enqueue_registration()
	return {"success": True, "message": _("This is the real site now. It acts on the server again.")}


@frappe.whitelist(methods=["POST"])
def keep_copy_quiet() -> dict[str, Any]:
	"""The site stays a copy that only reads, and does not ask about it any more while it stays at this address."""
	permissions.only_for_administrators()
	settings.current()
	copies.stay_quiet()
	return {
		"success": True,
		"message": _("This copy stays quiet: it reads, and changes nothing on the server."),
	}
