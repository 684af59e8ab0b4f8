"""The one table of words, from a cause to a sentence and what to do about it: for errors, diagnosis, records and alerts.

Its parts stand apart where one word means two things: the client's "timeout" is an answer that did not come, WhatsApp's is a
phone that is offline. Plain text, never HTML. `{0}` is what was met: an address, a number of seconds, words of the server.
"""

from __future__ import annotations

from typing import NamedTuple

from frappe import _

from xappiens_whatsapp.baileys.transport import OUT_OF_TIME
from xappiens_whatsapp.server.exceptions import ConnectsInVain, SessionMissingOnServer


class Cause(NamedTuple):
	"""What is wrong and what to do about it. In the tables source strings, as `said` gives it in the language of whoever reads."""

	sentence: str
	remedy: str = ""

	def __str__(self) -> str:
		return f"{self.sentence} {self.remedy}".rstrip()

	def said(self, *details: object) -> Cause:
		"""In the language of whoever reads, with the details in their places."""
		return Cause(*(text and _(text).format(*details) for text in self))


def _lt(source: str) -> str:
	"""Marks a source string for translators, and leaves it one: Frappe's own `_lt` makes an object that no table can compare."""
	return source


# Codes that records keep and other modules name; those of WhatsApp are Baileys' numbers.
LOGGED_OUT = "401"
LOST = "408"
RESTRICTED = "463"
BAD_SESSION = "BAD_SESSION"
OUT_OF_STEP = "OUT_OF_STEP"
PASSKEY = "PASSKEY_REQUIRED"
QR_TIMEOUT = "QR_TIMEOUT"
UNKNOWN_STATUS = "UNKNOWN_STATUS"
UNREACHABLE = "WHATSAPP_UNREACHABLE"

TRY_AGAIN = _lt("Try again in a moment.")
TRY_AND_ASK = _lt("Try again in a moment. If it happens again, ask who runs the server.")
TRY_OR_ASK = _lt("Try again in a moment; if it stays like that, ask whoever runs the server.")
CHECK_ADDRESS = _lt("Check the server address in WhatsApp Settings.")
CHECK_WHICH_SERVER = _lt("Check that the address in WhatsApp Settings is that of the WhatsApp server.")
SEE_STATUS = _lt("Press Status to see how things stand.")
ASK_AGAIN = _lt("Press Status to ask again.")
DO_NOT_INSIST = _lt("Open WhatsApp on the phone and follow what it says. Trying again makes it worse.")
COMES_BACK = _lt("It reconnects by itself; no code is needed.")
CONNECT_AND_SCAN = _lt("Press Connect and scan the QR code if one appears.")
NOT_THE_SERVER = Cause(
	_lt("What answers at this address is not the WhatsApp server."),
	_lt("Check the server address in WhatsApp Settings, and that the server behind it is running."),
)
BAD_ADDRESS = Cause(
	_lt("The server address cannot be used."),
	_lt("Enter an address such as https://api.example.com in WhatsApp Settings."),
)

# What the client met on the way to the server, by its codes.
MET = {
	"dns": Cause(_lt("The name in the server address cannot be found."), CHECK_ADDRESS),
	"refused": Cause(
		_lt("Nothing accepts connections at this address."),
		_lt("Check that the server is running and that its address and port are right."),
	),
	"timeout": Cause(
		_lt("The server took too long to answer."),
		_lt(
			"Try again in a moment. If it stays like this, look for a firewall between this site and the server."
		),
	),
	"tls": Cause(
		_lt("The server's certificate was not accepted."),
		_lt("Use the name that the certificate was issued for, or have the certificate renewed."),
	),
	"reset": Cause(_lt("The connection broke off."), TRY_AND_ASK),
	"address": BAD_ADDRESS,
	"invalid_address": BAD_ADDRESS,
	"key_refused": Cause(
		_lt("The server refused the API key."), _lt("Enter the right API key in WhatsApp Settings.")
	),
	"rate_limited": Cause(
		_lt("Too many requests were sent to the server."),
		_lt("Wait a minute, then run the diagnosis again."),
	),
	"rate_limited_for": Cause(
		_lt("Too many requests were sent to the server."),
		_lt("Wait {0} seconds, then run the diagnosis again."),
	),
	"not_found": NOT_THE_SERVER,
	"not_envelope": NOT_THE_SERVER,
	"not_json": NOT_THE_SERVER,
	"intermediary": Cause(
		_lt(
			"Something in front of the server answered in its place: a proxy, a firewall or a challenge page."
		),
		_lt("Ask whoever runs it to let this site through, and check the address in WhatsApp Settings."),
	),
	"redirect": Cause(
		_lt("The server sends this site on to another address."),
		_lt("Enter the address where the server really is in WhatsApp Settings."),
	),
}
ANSWERED_WITH_ERROR = Cause(_lt("The server answered with an error: {0}"), TRY_AND_ASK)

# Why a call failed, as the person reads it who made it. Only managers read where the server is.
FAILED = {
	"dns": Cause(_lt("The name in the address {0} cannot be found."), CHECK_ADDRESS),
	"refused": Cause(
		_lt("Nothing answers at {0}."), _lt("Check that the server is running and its address is right.")
	),
	"tls": Cause(
		_lt("The connection to {0} is not safe: its certificate was not accepted."),
		_lt("Check the server address."),
	),
	"timeout": Cause(_lt("The server at {0} took too long to answer."), TRY_AGAIN),
	"reset": Cause(_lt("The connection to {0} broke off."), TRY_AGAIN),
	"unreachable": Cause(
		_lt("The WhatsApp server cannot be reached."),
		_lt("If it stays like that, tell whoever manages WhatsApp here."),
	),
	"slow": Cause(_lt("The WhatsApp server took too long to answer."), TRY_AGAIN),
	OUT_OF_TIME: Cause(
		_lt("This took more than {0} seconds in all, so nothing more was sent to the server."),
		_lt("Part of it may be done: press Status to see how things stand, then try again."),
	),
	"key_refused": Cause(
		_lt("The server refused the API key."), _lt("Check the API key in WhatsApp Settings.")
	),
	"key_of_site_refused": Cause(
		_lt("The server refused this site's API key."), _lt("Tell whoever manages WhatsApp here.")
	),
	"rate_limited": Cause(_lt("Too many requests to the server."), _lt("Try again in {0} seconds.")),
	"too_many_texts": Cause(
		_lt("The server sends ten messages a minute for a session, and this one has sent as many."),
		_lt("Try again in {0} seconds."),
	),
	"busy": Cause(_lt("This session is being changed by somebody else."), TRY_AGAIN),
	"rejected": Cause(
		_lt("The server did not accept the request: {0}."), _lt("Correct what it names and try again.")
	),
	"connected": Cause(
		_lt("The server did not do this, because the session is connected there."), SEE_STATUS
	),
	"connecting": Cause(
		_lt("The server did not do this, because the session is connecting there."), SEE_STATUS
	),
	"disconnected": Cause(
		_lt("The server did not do this, because the session is not connected there."), SEE_STATUS
	),
	"blocked": Cause(
		_lt(
			"Something in front of the server refused the request (HTTP {0}); the server itself was not reached."
		),
		_lt("Ask whoever runs the server to let this site through its proxy or firewall."),
	),
	"redirect": Cause(
		_lt("The server redirects to another address."), _lt("Enter that one in WhatsApp Settings.")
	),
	"error": Cause(_lt("The server reported an error: {0}."), ASK_AGAIN),
	"error_of_server": Cause(_lt("The server reported an error: {0}."), TRY_OR_ASK),
	"status": Cause(_lt("The server has a problem (HTTP {0})."), TRY_OR_ASK),
	"not_understood": Cause(_lt("The server gave an answer that this app does not understand."), ASK_AGAIN),
	"not_the_server": Cause(
		_lt("The server gave an answer that this app does not understand."), CHECK_WHICH_SERVER
	),
	"not_the_server_said": Cause(
		_lt("The server gave an answer that this app does not understand: {0}."), CHECK_WHICH_SERVER
	),
}

# Why a session is down, by the codes that records keep.
REASONS = {
	LOGGED_OUT: Cause(
		_lt("The session was logged out on the phone."), _lt("Press Connect and scan a new QR code.")
	),
	"402": Cause(
		_lt("WhatsApp has banned this number for a time."),
		_lt("Open WhatsApp on the phone: it says until when. Do not connect before that."),
	),
	**dict.fromkeys(
		("403", "406"),
		Cause(
			_lt("WhatsApp has banned this number."),
			_lt("Open WhatsApp on the phone and ask there for a review. Connecting again does not help."),
		),
	),
	"405": Cause(
		_lt("WhatsApp no longer accepts the version that the server speaks."),
		_lt("Ask the server's provider for an update."),
	),
	**dict.fromkeys(
		(LOST, "TIMEOUT"),
		Cause(
			_lt("The connection to WhatsApp was lost."),
			_lt("Check that the phone is online, then press Connect."),
		),
	),
	**dict.fromkeys(
		("400", "409"),
		Cause(
			_lt("WhatsApp refused the way in which the server logs in."),
			_lt("Ask the server's provider; connecting again does not help."),
		),
	),
	"411": Cause(
		_lt("The phone's WhatsApp does not take part in linked devices."),
		_lt("Update WhatsApp on the phone, open Linked devices there, then press Connect."),
	),
	"428": Cause(
		_lt("The network between the server and WhatsApp was interrupted."),
		_lt("It usually reconnects by itself. If it stays like this, press Connect."),
	),
	**dict.fromkeys(
		("429", "RATE_LIMITED"),
		Cause(_lt("WhatsApp asks this number to slow down."), _lt("Wait some minutes, then press Connect.")),
	),
	"440": Cause(
		_lt("The same pairing was opened by a second server."),
		_lt(
			"Look for another server that runs with a copy of this one's data, and stop it. Then press Connect."
		),
	),
	RESTRICTED: Cause(
		_lt("WhatsApp has restricted this number: it may answer, but not begin conversations."), DO_NOT_INSIST
	),
	**dict.fromkeys(
		("500", "ERROR"),
		Cause(_lt("The server had a problem with this session."), _lt("Wait a minute, then press Connect.")),
	),
	"503": Cause(
		_lt("WhatsApp's own service was not available."), _lt("Wait some minutes, then press Connect.")
	),
	"515": Cause(
		_lt("WhatsApp restarts the connection after pairing; this is normal."),
		_lt("Wait a moment, then press Status."),
	),
	BAD_SESSION: Cause(
		_lt("What the server keeps of the pairing is damaged."),
		_lt("Press Connect. If that does not help, press Create Again and scan a new QR code."),
	),
	ConnectsInVain.error_code: Cause(
		_lt(
			"The server failed to connect this session more than once; what it keeps of the pairing may be damaged."
		),
		_lt("Press Create Again: the session is deleted on the server, created anew, and scanned once more."),
	),
	"DISCONNECT": Cause(_lt("The session was stopped on the server."), CONNECT_AND_SCAN),
	OUT_OF_STEP: Cause(
		_lt("The server lists the session as connected, but its connection is not alive."),
		_lt("Press Connect to bring it back."),
	),
	PASSKEY: Cause(
		_lt(
			"WhatsApp asks this number for a passkey; a phone with one cannot be linked by a QR code or a code for now."
		),
		_lt(
			"Turn the passkey off on the phone, in WhatsApp under Settings, Account, Passkeys, then press Connect."
		),
	),
	QR_TIMEOUT: Cause(
		_lt("Nobody scanned the QR code in time."),
		_lt("Press New QR, or Connect, when the phone is at hand."),
	),
	SessionMissingOnServer.error_code: Cause(
		_lt("The server does not know this session."), _lt("Press Create Session to create it again.")
	),
	UNKNOWN_STATUS: Cause(
		_lt("The server reports a state that this app does not know: {0}"),
		_lt("The last known state is kept. Press Status to ask again."),
	),
	UNREACHABLE: Cause(
		_lt("The server does not reach WhatsApp."),
		_lt("Check the server's internet connection, then press Connect."),
	),
}
RESTRICTED_UNTIL = Cause(
	_lt("WhatsApp has restricted this number until {0}: it may answer, but not begin conversations."),
	DO_NOT_INSIST,
)
OTHER_REASON = Cause(_lt("The server gave the reason {0}."), CONNECT_AND_SCAN)
NO_REASON = Cause(_lt("The server gave no reason."), CONNECT_AND_SCAN)
NOT_CONNECTED = Cause(_lt("The session is not connected."), _lt("Press Connect to link the phone."))
