"""One table from the machine words of the connection test to a sentence and a remedy. Plain text, never HTML."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import frappe
from frappe import _

from xappiens_whatsapp import SETTINGS, permissions
from xappiens_whatsapp.server import failures
from xappiens_whatsapp.sessions import refused_calls

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.diagnosis import Check
	from xappiens_whatsapp.baileys.errors import BaileysError
	from xappiens_whatsapp.sessions.reasons import Reason


class Cause(NamedTuple):
	sentence: str
	remedy: str


def label_of(check: str) -> str:
	labels = {
		"settings": _("Settings"),
		"permissions": _("Permissions"),
		"dns": _("Name of the server"),
		"tcp": _("Connection"),
		"tls": _("Certificate"),
		"http": _("Server answers"),
		"key": _("API key"),
		"list": _("List of sessions"),
		"session": _("Session on the server"),
		"number": _("Server number"),
		"state": _("Status"),
		"qr": _("QR code"),
		"webhook": _("Webhook"),
		"address": _("Address of this site"),
		"answer": _("This site answers"),
		"callback": _("The server calls back"),
		"refused": _("Refused calls"),
	}
	return labels[check]


def passed(check: str) -> Cause:
	sentences = {
		"dns": _("The name of the server was found."),
		"tcp": _("The server accepts connections."),
		"tls": _("The server's certificate is valid."),
		"http": _("The server answers."),
		"key": _("The server accepts the API key."),
	}
	return Cause(sentences[check], "")


def of(check: Check) -> Cause:
	"""A code that is not in the table shows what the server said."""
	if check.retry_after:
		return wait(check.retry_after)
	build = CAUSES.get(check.code)
	return build() if build else failed(check.detail)


def dns() -> Cause:
	return Cause(
		_("The name in the server address cannot be found."),
		_("Check the server address in WhatsApp Settings."),
	)


def refused() -> Cause:
	return Cause(
		_("Nothing accepts connections at this address."),
		_("Check that the server is running and that its address and port are right."),
	)


def timeout() -> Cause:
	return Cause(
		_("The server took too long to answer."),
		_(
			"Try again in a moment. If it stays like this, look for a firewall between this site and the server."
		),
	)


def tls() -> Cause:
	return Cause(
		_("The server's certificate was not accepted."),
		_("Use the name that the certificate was issued for, or have the certificate renewed."),
	)


def reset() -> Cause:
	return Cause(
		_("The connection broke off."),
		_("Try again in a moment. If it happens again, ask who runs the server."),
	)


def invalid_address() -> Cause:
	return Cause(
		_("The server address cannot be used."),
		_("Enter an address such as https://api.example.com in WhatsApp Settings."),
	)


def key_refused() -> Cause:
	return Cause(_("The server refused the API key."), _("Enter the right API key in WhatsApp Settings."))


def rate_limited() -> Cause:
	return Cause(
		_("Too many requests were sent to the server."), _("Wait a minute, then run the diagnosis again.")
	)


def wait(seconds: float) -> Cause:
	return Cause(
		_("Too many requests were sent to the server."),
		_("Wait {0} seconds, then run the diagnosis again.").format(math.ceil(seconds)),
	)


def not_a_server() -> Cause:
	return Cause(
		_("What answers at this address is not the WhatsApp server."),
		_("Check the server address in WhatsApp Settings, and that the server behind it is running."),
	)


def in_front() -> Cause:
	return Cause(
		_("Something in front of the server answered in its place: a proxy, a firewall or a challenge page."),
		_("Ask whoever runs it to let this site through, and check the address in WhatsApp Settings."),
	)


def redirect() -> Cause:
	return Cause(
		_("The server sends this site on to another address."),
		_("Enter the address where the server really is in WhatsApp Settings."),
	)


def failed(technical: str) -> Cause:
	return Cause(
		_("The server answered with an error: {0}").format(technical[:100]),
		_("Try again in a moment. If it happens again, ask who runs the server."),
	)


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


def other_number(known: int | None, current: int) -> Cause:
	sentence = (
		_("The record has the number {0} for this session, the server has {1}.").format(known, current)
		if known
		else _("The record has no number for this session, the server has {0}.").format(current)
	)
	return Cause(sentence, _("Press Status: the number of the server is stored then."))


def no_qr_yet() -> Cause:
	return Cause(
		_("The session waits for a scan, but the server gives no QR code yet."),
		_("Run the diagnosis again in some seconds. If there is still none, press Restart."),
	)


def not_https(address: str) -> Cause:
	return Cause(
		_("The server calls back to https:// addresses only; this site's address is {0}.").format(address),
		_("Set host_name in the site's configuration to its https:// address, or switch the webhook off."),
	)


def not_called_back(address: str, problem: str) -> Cause:
	"""`problem` is a code of the table, or the HTTP status of an answer that is not ours."""
	build = CAUSES.get(problem)
	what = build().sentence if build else _("The answer was HTTP {0}.").format(problem)
	return Cause(
		_("This site does not answer at its webhook address {0}: {1}").format(address, what),
		_("Check host_name in the site's configuration and the proxy in front of this site."),
	)


def refused_call(cause: str) -> Cause:
	other_secret = _("Press Register Webhook in WhatsApp Settings.")
	causes = {
		refused_calls.SWITCHED_OFF: Cause(
			_("Calls arrived while webhooks were switched off here."),
			_("Tick Receive Webhooks in WhatsApp Settings."),
		),
		refused_calls.NO_SECRET: Cause(
			_("Calls arrived while this site had no webhook secret."),
			_("Press New Webhook Secret in WhatsApp Settings."),
		),
		refused_calls.UNSIGNED: Cause(_("Calls arrived without a signature."), other_secret),
		refused_calls.WRONG_SIGNATURE: Cause(
			_("Calls arrived that were signed with another secret."), other_secret
		),
		refused_calls.TOO_OLD: Cause(
			_("Calls arrived whose time is more than five minutes off."),
			_("Check the clocks of the server and of this site."),
		),
		refused_calls.UNREADABLE: Cause(
			_("Calls arrived that were signed rightly but are no JSON."), _("Ask who runs the server.")
		),
		refused_calls.TOO_LARGE: Cause(
			_("Calls arrived that were too large."), _("Ask who runs the server.")
		),
		refused_calls.TOO_MANY: Cause(
			_("An address called too often with calls that were refused."), other_secret
		),
	}
	return causes[cause]


def from_reason(reason: Reason) -> Cause:
	return Cause(reason.sentence, reason.next_step)


def from_error(error: BaileysError) -> Cause:
	"""The sentence names the remedy already."""
	return Cause(str(failures.translate(error, to_manager=permissions.is_manager())), "")


CAUSES = {
	"dns": dns,
	"refused": refused,
	"timeout": timeout,
	"tls": tls,
	"reset": reset,
	"address": invalid_address,
	"invalid_address": invalid_address,
	"key_refused": key_refused,
	"rate_limited": rate_limited,
	"not_found": not_a_server,
	"not_envelope": not_a_server,
	"not_json": not_a_server,
	"intermediary": in_front,
	"redirect": redirect,
}
