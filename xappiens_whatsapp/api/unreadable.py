"""Calls of the webhook that Frappe refuses before it asks any app, because their body is no JSON."""

import json

import frappe
from redis.exceptions import RedisError
from werkzeug.wrappers import Request, Response

from xappiens_whatsapp.api import webhook
from xappiens_whatsapp.sessions.webhooks import METHOD

PUT_ASIDE = "insert_queue_for_Error Log"
READS_BODY = "make_form_dict"
LATEST = 50


def refuse_unreadable(response: Response | None, request: Request) -> None:
	"""Frappe 15 answers them with 500 and a traceback, Frappe 16 with 417; here they are refused and counted like any other."""
	if response is None or response.status_code not in (417, 500) or METHOD not in request.path:
		return
	if response.status_code == 500:
		forget_logged()
	if cause := webhook.refusal_of(request):
		response.status_code = webhook.refuse(cause)
		response.set_data(json.dumps({"message": {"success": False}}))


def forget_logged() -> None:
	"""Frappe 15 puts an Error Log aside in Redis, with the whole body, to be stored some minutes later."""
	try:
		for entry in frappe.cache.lrange(PUT_ASIDE, -LATEST, -1):
			error = str(json.loads(entry).get("error"))
			if READS_BODY in error and METHOD in error:
				frappe.cache.lrem(frappe.cache.make_key(PUT_ASIDE), 0, entry)
	except RedisError:
		return
