"""One table from the codes of server and app to a sentence and a next step, for form, list, API and alerts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from frappe import _

MISSING = "SESSION_MISSING_ON_SERVER"
CONNECTS_IN_VAIN = "CONNECTS_IN_VAIN"
CHECK_FAILURES = (
	"GATEWAY_UNAVAILABLE",
	"GATEWAY_AUTHENTICATION",
	"GATEWAY_BLOCKED",
	"GATEWAY_FAILED",
	"GATEWAY_RATE_LIMITED",
	MISSING,
)
LOGGED_OUT = "401"
ENDS_PAIRING = (LOGGED_OUT, MISSING)
QR_TIMEOUT = "QR_TIMEOUT"
UNREACHABLE = "WHATSAPP_UNREACHABLE"
LOST = "408"
BAD_SESSION = "BAD_SESSION"
RESTRICTED = "463"
PASSKEY = "PASSKEY_REQUIRED"


class Reason(NamedTuple):
	sentence: str
	next_step: str


def code_of(number: int | None, word: str | None, *, was_linked: bool) -> str:
	"""The code under which a reason is kept: the word says more than its number, where we know it.

	Baileys closes with 408 for three reasons, so a bare 408 of a session that was never linked is that nobody scanned in time.
	"""
	known = ALIASES.get(bare(word))
	if known and not (known == LOST and not was_linked and is_bare_timeout(word)):
		return known
	if number == int(LOST) and not was_linked:
		return QR_TIMEOUT
	return str(number) if number else (word or "").strip()


def bare(word: str | None) -> str:
	return re.sub(r"[^a-z]", "", (word or "").lower())


def is_bare_timeout(word: str | None) -> bool:
	"""Baileys has one number, and two names for it, for a connection that timed out and for codes that nobody scanned."""
	return bare(word) in ("timedout", "timeout")


def reason_of(code: str | None, detail: str = "") -> Reason | None:
	"""None when there is nothing to say; a code nobody knows is shown as it came."""
	code = (code or "").strip()
	if not code:
		return None
	if build := REASONS.get(key_of(code)):
		return build(detail)
	return Reason(_("The server gave the reason {0}.").format(code), connect_and_scan())


def key_of(code: str) -> str:
	return code if code in REASONS else ALIASES.get(bare(code), code.upper())


def is_known(code: str | None) -> bool:
	"""Whether its sentence needs nothing but the code."""
	return key_of(code or "") in REASONS.keys() - {"UNKNOWN_STATUS"}


def text_of(code: str | None, detail: str = "") -> str:
	reason = reason_of(code, detail)
	return f"{reason.sentence} {reason.next_step}" if reason else ""


def connect_and_scan() -> str:
	return _("Press Connect and scan the QR code if one appears.")


def logged_out(_detail: str) -> Reason:
	return Reason(_("The session was logged out on the phone."), _("Press Connect and scan a new QR code."))


def not_scanned(_detail: str) -> Reason:
	return Reason(
		_("Nobody scanned the QR code in time."), _("Press New QR, or Connect, when the phone is at hand.")
	)


def unreachable(_detail: str) -> Reason:
	return Reason(
		_("The server does not reach WhatsApp."),
		_("Check the server's internet connection, then press Connect."),
	)


def network(_detail: str) -> Reason:
	return Reason(
		_("The connection to WhatsApp was lost."), _("Check that the phone is online, then press Connect.")
	)


def closed(_detail: str) -> Reason:
	return Reason(
		_("The network between the server and WhatsApp was interrupted."),
		_("It usually reconnects by itself. If it stays like this, press Connect."),
	)


def replaced(_detail: str) -> Reason:
	return Reason(
		_("The same pairing was opened by a second server."),
		_(
			"Look for another server that runs with a copy of this one's data, and stop it. Then press Connect."
		),
	)


def banned(_detail: str) -> Reason:
	return Reason(
		_("WhatsApp has banned this number."),
		_("Open WhatsApp on the phone and ask there for a review. Connecting again does not help."),
	)


def banned_for_a_time(_detail: str) -> Reason:
	return Reason(
		_("WhatsApp has banned this number for a time."),
		_("Open WhatsApp on the phone: it says until when. Do not connect before that."),
	)


def restricted(until: str) -> Reason:
	sentence = (
		_(
			"WhatsApp has restricted this number until {0}: it may answer, but not begin conversations."
		).format(until)
		if until
		else _("WhatsApp has restricted this number: it may answer, but not begin conversations.")
	)
	return Reason(
		sentence, _("Open WhatsApp on the phone and follow what it says. Trying again makes it worse.")
	)


def passkey_required(_detail: str) -> Reason:
	return Reason(
		_(
			"WhatsApp asks this number for a passkey; a phone with one cannot be linked by a QR code or a code for now."
		),
		_(
			"Turn the passkey off on the phone, in WhatsApp under Settings, Account, Passkeys, then press Connect."
		),
	)


def restarting(_detail: str) -> Reason:
	return Reason(
		_("WhatsApp restarts the connection after pairing; this is normal."),
		_("Wait a moment, then press Status."),
	)


def outdated(_detail: str) -> Reason:
	return Reason(
		_("WhatsApp no longer accepts the version that the server speaks."),
		_("Ask the server's provider for an update."),
	)


def refused_login(_detail: str) -> Reason:
	return Reason(
		_("WhatsApp refused the way in which the server logs in."),
		_("Ask the server's provider; connecting again does not help."),
	)


def not_multi_device(_detail: str) -> Reason:
	return Reason(
		_("The phone's WhatsApp does not take part in linked devices."),
		_("Update WhatsApp on the phone, open Linked devices there, then press Connect."),
	)


def bad_session(_detail: str) -> Reason:
	return Reason(
		_("What the server keeps of the pairing is damaged."),
		_("Press Connect. If that does not help, press Create Again and scan a new QR code."),
	)


def connects_in_vain(_detail: str) -> Reason:
	return Reason(
		_(
			"The server failed to connect this session more than once; what it keeps of the pairing may be damaged."
		),
		_("Press Create Again: the session is deleted on the server, created anew, and scanned once more."),
	)


def server_trouble(_detail: str) -> Reason:
	return Reason(_("The server had a problem with this session."), _("Wait a minute, then press Connect."))


def whatsapp_trouble(_detail: str) -> Reason:
	return Reason(_("WhatsApp's own service was not available."), _("Wait some minutes, then press Connect."))


def throttled(_detail: str) -> Reason:
	return Reason(_("WhatsApp asks this number to slow down."), _("Wait some minutes, then press Connect."))


def out_of_step(_detail: str) -> Reason:
	return Reason(
		_("The server lists the session as connected, but its connection is not alive."),
		_("Press Connect to bring it back."),
	)


def unknown_status(detail: str) -> Reason:
	return Reason(
		_("The server reports a state that this app does not know: {0}").format(detail),
		_("The last known state is kept. Press Status to ask again."),
	)


def stopped(_detail: str) -> Reason:
	return Reason(_("The session was stopped on the server."), connect_and_scan())


def missing(_detail: str) -> Reason:
	return Reason(
		_("The server does not know this session."),
		_("Press Create Session to create it again."),
	)


REASONS: dict[str, Callable[[str], Reason]] = {
	"400": refused_login,
	LOGGED_OUT: logged_out,
	"402": banned_for_a_time,
	"403": banned,
	"405": outdated,
	"406": banned,
	LOST: network,
	"409": refused_login,
	"411": not_multi_device,
	"428": closed,
	"429": throttled,
	"440": replaced,
	RESTRICTED: restricted,
	"500": server_trouble,
	"503": whatsapp_trouble,
	"515": restarting,
	BAD_SESSION: bad_session,
	CONNECTS_IN_VAIN: connects_in_vain,
	"DISCONNECT": stopped,
	"ERROR": server_trouble,
	"OUT_OF_STEP": out_of_step,
	PASSKEY: passkey_required,
	QR_TIMEOUT: not_scanned,
	"RATE_LIMITED": throttled,
	MISSING: missing,
	"TIMEOUT": network,
	"UNKNOWN_STATUS": unknown_status,
	UNREACHABLE: unreachable,
}
# By the letters of the word alone: Baileys' own enum, its messages, and the words of servers.
ALIASES = {
	"accountrestricted": RESTRICTED,
	"badsession": BAD_SESSION,
	"badsessionfile": BAD_SESSION,
	"banned": "403",
	"clientoutdated": "405",
	"conflict": "440",
	"connectionclosed": "428",
	"connectionlost": LOST,
	"connectionreplaced": "440",
	"disconnect": "DISCONNECT",
	"disconnected": "DISCONNECT",
	"forbidden": "403",
	"invalidsession": BAD_SESSION,
	"loggedout": LOGGED_OUT,
	"logout": LOGGED_OUT,
	"multidevicemismatch": "411",
	"outdatedversion": "405",
	"passkeyrequired": PASSKEY,
	"qrrefsattemptsended": QR_TIMEOUT,
	"qrtimeout": QR_TIMEOUT,
	"ratelimited": "RATE_LIMITED",
	"replaced": "440",
	"restartrequired": "515",
	"reachouttimelock": RESTRICTED,
	"restricted": RESTRICTED,
	"serviceunavailable": "503",
	"temporarilybanned": "402",
	"timedout": LOST,
	"timeout": LOST,
	"unavailable": "503",
	"unavailableservice": "503",
	"versionoutdated": "405",
	"whatsappunreachable": UNREACHABLE,
}
