"""One table from the codes of server and app to a sentence and a next step, for form, list, API and alerts."""

from __future__ import annotations

from typing import NamedTuple

from frappe import _

CHECK_FAILURES = (
	"GATEWAY_UNAVAILABLE",
	"GATEWAY_AUTHENTICATION",
	"GATEWAY_FAILED",
	"GATEWAY_RATE_LIMITED",
	"SESSION_MISSING_ON_SERVER",
)


class Reason(NamedTuple):
	sentence: str
	next_step: str


def reason_of(code: str | None, detail: str = "") -> Reason | None:
	"""None when there is nothing to say; a code nobody knows is shown as it came."""
	code = (code or "").strip()
	if not code:
		return None
	build = REASONS.get(key_of(code))
	return (
		build(detail)
		if build
		else Reason(_("The server gave the reason {0}.").format(code), connect_and_scan())
	)


def key_of(code: str) -> str:
	return ALIASES.get(code.lower(), code.upper())


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


def network(_detail: str) -> Reason:
	return Reason(
		_("The connection to WhatsApp was lost."), _("Check that the phone is online, then press Connect.")
	)


def replaced(_detail: str) -> Reason:
	return Reason(
		_("The same WhatsApp number was opened in another session."),
		_("Close the other session, then press Connect."),
	)


def restricted(_detail: str) -> Reason:
	return Reason(
		_("WhatsApp has restricted this number."),
		_("Open WhatsApp on the phone and follow what it says before connecting again."),
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


def server_trouble(_detail: str) -> Reason:
	return Reason(_("The server had a problem with this session."), _("Wait a minute, then press Connect."))


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


REASONS = {
	"401": logged_out,
	"403": restricted,
	"463": restricted,
	"405": outdated,
	"411": outdated,
	"408": network,
	"428": network,
	"440": replaced,
	"500": server_trouble,
	"503": server_trouble,
	"515": restarting,
	"DISCONNECT": stopped,
	"ERROR": server_trouble,
	"RATE_LIMITED": throttled,
	"TIMEOUT": network,
	"OUT_OF_STEP": out_of_step,
	"UNKNOWN_STATUS": unknown_status,
	"SESSION_MISSING_ON_SERVER": missing,
}
ALIASES = {
	"logout": "401",
	"logged_out": "401",
	"loggedout": "401",
	"connection_lost": "408",
	"timed_out": "408",
	"connection_closed": "428",
	"conflict": "440",
	"replaced": "440",
	"connection_replaced": "440",
	"forbidden": "403",
	"banned": "403",
	"restart_required": "515",
	"bad_session": "500",
	"unavailable": "503",
	"service_unavailable": "503",
	"multidevice_mismatch": "411",
}
