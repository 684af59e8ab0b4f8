"""What managers do from WhatsApp Settings."""

from typing import Any

import frappe
from frappe import _

from xappiens_whatsapp import SETTINGS, permissions
from xappiens_whatsapp.diagnosis import callback
from xappiens_whatsapp.sessions import refused_calls, webhooks
from xappiens_whatsapp.site import settings


@frappe.whitelist(methods=["POST"])
def rotate_webhook_secret() -> dict[str, Any]:
	"""A new secret, given to the server for every linked session in the background; it is not shown."""
	permissions.only_for_managers()
	settings.uncached().rotate_webhook_secret()
	refused_calls.forget()
	if webhooks.webhook_arguments():
		webhooks.enqueue_registration()
	return {
		"success": True,
		"message": _("There is a new secret. The old one is accepted for ten more minutes."),
	}


@frappe.whitelist(methods=["POST"])
def register_webhooks() -> dict[str, Any]:
	"""Tell the server this site's address and secret again for every linked session, in the background."""
	permissions.only_for_managers()
	settings.current().check_ready()
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
	checks = callback.check_webhook()
	return {"success": all(check["ok"] is not False for check in checks), "checks": checks}
