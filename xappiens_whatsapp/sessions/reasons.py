"""From the codes of server and app to the reason why a session is down; the words stand in `server/causes.py`."""

from __future__ import annotations

from typing import Any

from frappe import _

from xappiens_whatsapp.baileys.reasons import CODE_BY_NAME, bare
from xappiens_whatsapp.server.causes import (
	BAD_SESSION,
	COMES_BACK,
	LOGGED_OUT,
	LOST,
	OTHER_REASON,
	OUT_OF_STEP,
	PASSKEY,
	QR_TIMEOUT,
	REASONS,
	RESTRICTED,
	RESTRICTED_UNTIL,
	UNKNOWN_STATUS,
	UNREACHABLE,
	Cause,
)
from xappiens_whatsapp.server.exceptions import (
	ConnectsInVain,
	GatewayAuthenticationError,
	GatewayBlocked,
	GatewayFailed,
	GatewayRateLimited,
	GatewayUnavailable,
	SessionMissingOnServer,
)

MISSING = SessionMissingOnServer.error_code
CONNECTS_IN_VAIN = ConnectsInVain.error_code
NOT_ASKED = (
	GatewayUnavailable,
	GatewayAuthenticationError,
	GatewayBlocked,
	GatewayFailed,
	GatewayRateLimited,
)
CHECK_FAILURES = (*(failure.error_code for failure in NOT_ASKED), MISSING)
SAID_BY_THE_APP = (*CHECK_FAILURES, CONNECTS_IN_VAIN, OUT_OF_STEP, UNKNOWN_STATUS)
ENDS_PAIRING = (LOGGED_OUT, MISSING)
OF_DAMAGE_AS_WELL = (LOST, "428", "500", "503", "515", "ERROR", "TIMEOUT", BAD_SESSION)
"""What servers say also of a pairing that is damaged: that connecting failed more than once says more."""


def code_of(number: int | None, word: str | None, *, was_linked: bool) -> str:
	"""The code under which a reason is kept: the word says more than its number, where we know it.

	Baileys closes with 408 for three reasons, so a bare 408 of a session that was never linked is that nobody scanned in time.
	"""
	known = ALIASES.get(bare(word or ""))
	if known and not (known == LOST and not was_linked and is_bare_timeout(word)):
		return known
	if number == int(LOST) and not was_linked:
		return QR_TIMEOUT
	return str(number) if number else (word or "").strip()


def is_bare_timeout(word: str | None) -> bool:
	"""Baileys has one number, and two names for it, for a connection that timed out and for codes that nobody scanned."""
	return bare(word or "") in ("timedout", "timeout")


def reason_of(code: str | None, detail: str = "", *, reconnects: bool = False) -> Cause | None:
	"""None when there is nothing to say; a code nobody knows is shown as it came."""
	code = (code or "").strip()
	if not code:
		return None
	key = key_of(code)
	known = RESTRICTED_UNTIL if key == RESTRICTED and detail else REASONS.get(key)
	reason = known.said(detail) if known else OTHER_REASON.said(code)
	is_coming_back = reconnects and key not in SAID_BY_THE_APP
	return reason._replace(remedy=_(COMES_BACK)) if is_coming_back else reason


def answer_of(code: str | None, detail: str = "", *, reconnects: bool = False) -> dict[str, Any] | None:
	"""As forms and callers get it: `sentence` and `next_step`."""
	reason = reason_of(code, detail, reconnects=reconnects)
	return reason and {"sentence": reason.sentence, "next_step": reason.remedy}


def key_of(code: str) -> str:
	return code if code in REASONS else ALIASES.get(bare(code), code.upper())


def is_known(code: str | None) -> bool:
	"""Whether its sentence needs nothing but the code."""
	return key_of(code or "") in REASONS.keys() - {UNKNOWN_STATUS}


def text_of(code: str | None, detail: str = "", *, reconnects: bool = False) -> str:
	"""Sentence and remedy; "" when there is nothing to say."""
	return str(reason_of(code, detail, reconnects=reconnects) or "")


# By the letters of the word alone: Baileys' own enum, its messages, and the words of servers.
ALIASES = {
	**{name: str(code) for name, code in CODE_BY_NAME.items()},
	"accountrestricted": RESTRICTED,
	"badsession": BAD_SESSION,
	"badsessionfile": BAD_SESSION,
	"banned": "403",
	"clientoutdated": "405",
	"conflict": "440",
	"connectionterminated": "428",
	"connectionterminatedbyserver": "428",
	"connectionwaslost": LOST,
	"disconnect": "DISCONNECT",
	"disconnected": "DISCONNECT",
	"intentionallogout": LOGGED_OUT,
	"invalidsession": BAD_SESSION,
	"multidevicebetanotjoined": "411",
	"outdatedversion": "405",
	"passkeyrequired": PASSKEY,
	"qrrefsattemptsended": QR_TIMEOUT,
	"qrtimeout": QR_TIMEOUT,
	"ratelimited": "RATE_LIMITED",
	"replaced": "440",
	"reachouttimelock": RESTRICTED,
	"restricted": RESTRICTED,
	"serviceunavailable": "503",
	"streamerroredconflict": "440",
	"streamerroredrestartrequired": "515",
	"temporarilybanned": "402",
	"timeout": LOST,
	"unavailable": "503",
	"versionoutdated": "405",
	"whatsappunreachable": UNREACHABLE,
}
