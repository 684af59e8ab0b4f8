"""What only the diagnosis says: names of its links, and what is wrong with them beyond the table of `server/causes.py`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import frappe
from frappe import _

from xappiens_whatsapp import SETTINGS
from xappiens_whatsapp.server import causes
from xappiens_whatsapp.server.causes import Cause, _lt
from xappiens_whatsapp.sessions import refused_calls

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.checks import Check

LABELS = {
	"settings": _lt("Settings"),
	"permissions": _lt("Permissions"),
	"dns": _lt("Name of the server"),
	"tcp": _lt("Connection"),
	"tls": _lt("Certificate"),
	"http": _lt("Server answers"),
	"key": _lt("API key"),
	"list": _lt("List of sessions"),
	"session": _lt("Session on the server"),
	"number": _lt("Server number"),
	"state": _lt("Status"),
	"qr": _lt("QR code"),
	"webhook": _lt("Webhook"),
	"address": _lt("Address of this site"),
	"answer": _lt("This site answers"),
	"callback": _lt("The server calls back"),
	"refused": _lt("Refused calls"),
}
PASSED = {
	"dns": Cause(_lt("The name of the server was found.")),
	"tcp": Cause(_lt("The server accepts connections.")),
	"tls": Cause(_lt("The server's certificate is valid.")),
	"http": Cause(_lt("The server answers.")),
	"key": Cause(_lt("The server accepts the API key.")),
}
REGISTER_WEBHOOK = _lt("Press Register Webhook in WhatsApp Settings.")
ASK_WHO_RUNS_IT = _lt("Ask who runs the server.")
REFUSED_CALLS = {
	refused_calls.SWITCHED_OFF: Cause(
		_lt("Calls arrived while webhooks were switched off here."),
		_lt("Tick Receive Webhooks in WhatsApp Settings."),
	),
	refused_calls.NO_SECRET: Cause(
		_lt("Calls arrived while this site had no webhook secret."),
		_lt("Press New Webhook Secret in WhatsApp Settings."),
	),
	refused_calls.UNSIGNED: Cause(_lt("Calls arrived without a signature."), REGISTER_WEBHOOK),
	refused_calls.WRONG_SIGNATURE: Cause(
		_lt("Calls arrived that were signed with another secret."), REGISTER_WEBHOOK
	),
	refused_calls.TOO_OLD: Cause(
		_lt("Calls arrived whose time is more than five minutes off."),
		_lt("Check the clocks of the server and of this site."),
	),
	refused_calls.UNREADABLE: Cause(
		_lt("Calls arrived that were signed rightly but are no JSON."), ASK_WHO_RUNS_IT
	),
	refused_calls.TOO_LARGE: Cause(_lt("Calls arrived that were too large."), ASK_WHO_RUNS_IT),
	refused_calls.TOO_MANY: Cause(
		_lt("An address called too often with calls that were refused."), REGISTER_WEBHOOK
	),
}
NO_QR_YET = Cause(
	_lt("The session waits for a scan, but the server gives no QR code yet."),
	_lt("Run the diagnosis again in some seconds. If there is still none, press Restart."),
)
SIGNS_OTHERWISE = Cause(
	_lt("The server signs its calls with another secret than this site knows."), REGISTER_WEBHOOK
)
REFUSED_ON_THE_WAY = Cause(
	_lt("Something at this site's address refuses the call, although its signature is right."),
	_lt("Check that the address leads to this site and that no proxy changes or blocks the call."),
)
PRIVATE_ADDRESS = Cause(
	_lt("The address of this site leads to {0}, a private address that the server cannot reach."),
	_lt("Set host_name in the site's configuration to a name that is reachable from the internet."),
)
NOT_HTTPS = Cause(
	_lt("The server calls back to https:// addresses only; this site's address is {0}."),
	_lt("Set host_name in the site's configuration to its https:// address, or switch the webhook off."),
)
NOT_CALLED_BACK = Cause(
	_lt("This site does not answer at its webhook address {0}: {1}"),
	_lt("Check host_name in the site's configuration and the proxy in front of this site."),
)
STORE_NUMBER = _lt("Press Status: the number of the server is stored then.")
OTHER_NUMBER = Cause(_lt("The record has the number {0} for this session, the server has {1}."), STORE_NUMBER)
NO_NUMBER = Cause(_lt("The record has no number for this session, the server has {0}."), STORE_NUMBER)


def of(check: Check) -> Cause:
	"""A code that is not in the table shows what the server said."""
	if check.retry_after:
		return causes.MET["rate_limited_for"].said(math.ceil(check.retry_after))
	return causes.MET.get(check.code, causes.ANSWERED_WITH_ERROR).said(check.detail[:100])


def incomplete(missing: str) -> Cause:
	return Cause(missing, _("Open WhatsApp Settings."))


def permissions_remedy(doctype: str) -> str:
	if doctype == SETTINGS:
		return _("Run {0}: it gives the settings their own permissions again.").format(
			f"`bench --site {frappe.local.site} migrate`"
		)
	return _("Open Role Permissions Manager, choose {0} and restore the original permissions.").format(
		_(doctype)
	)


def not_https(address: str) -> Cause:
	return NOT_HTTPS.said(address)


def not_called_back(address: str, problem: str) -> Cause:
	"""`problem` is a code of the table, or the HTTP status of an answer that is not ours."""
	cause = causes.MET.get(problem)
	what = cause.said().sentence if cause else _("The answer was HTTP {0}.").format(problem)
	return NOT_CALLED_BACK.said(address, what)
