"""Calls that Frappe refuses before it asks any app: of the webhook by their body, of the others by the kind of an argument."""

import json
from contextlib import suppress

import frappe
from frappe import _
from redis.exceptions import RedisError
from werkzeug.wrappers import Request, Response

from xappiens_whatsapp.api import webhook
from xappiens_whatsapp.sessions.webhooks import METHOD

PUT_ASIDE = "insert_queue_for_Error Log"
READS_BODY = "make_form_dict"
LATEST = 50
API = "xappiens_whatsapp.api."


def refuse_unreadable(response: Response | None, request: Request) -> None:
	"""Frappe 15 answers a body that is no JSON with 500 and a traceback, Frappe 16 with 417; and half of a character Frappe 16 takes for none.

	Here such a call of the webhook is refused and counted, or taken in, like any other.
	"""
	if response is None or response.status_code not in (417, 500):
		return
	if METHOD not in request.path:
		return tell_wrong_kind(response, request)
	if frappe.local.flags.whatsapp_webhook_reached:
		return
	forget_logged()
	response.status_code = webhook.answer(request)
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- Frappe's own came before
	response.set_data(json.dumps({"message": {"success": response.status_code == 200}}))


def tell_wrong_kind(response: Response, request: Request) -> None:
	"""Frappe says which argument only in English, and on 16 only to administrators."""
	body = response.get_json(silent=True) if API in request.path else None
	if body and body.get("exc_type") == "FrappeTypeError" and not body.get("_server_messages"):
		told = {
			"message": _("An argument of the call is of the wrong kind."),
			"indicator": "red",
			"raise_exception": 1,
		}
		response.set_data(json.dumps({**body, "_server_messages": json.dumps([json.dumps(told)])}))


def forget_logged() -> None:
	"""Frappe 15 puts an Error Log aside in Redis, with the whole body, to be stored some minutes later; in developer mode Frappe 16, too."""
	with suppress(RedisError):
		for entry in frappe.cache.lrange(PUT_ASIDE, -LATEST, -1):
			error = str(json.loads(entry).get("error"))
			if READS_BODY in error and METHOD in error:
				frappe.cache.lrem(frappe.cache.make_key(PUT_ASIDE), 0, entry)
