"""The table of states as the tests know it: how a session gets there, its buttons, its banner, and who may press what."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

PHONE = "34600000021"
EXPECTED = "34600000029"
MAY_PRESS = {
	"Viewer": ("Status",),
	"Agent": ("Status", "View QR", "Connect", "Create Session", "Restart", "Test Message"),
	"Manager": (
		"Status",
		"View QR",
		"Connect",
		"Create Session",
		"Restart",
		"Test Message",
		"Disconnect",
		"Unlink It",
		"Keep This Phone",
	),
}


HINTS = (
	"Press Create Session.",
	"Press Connect and scan a new QR code.",
	"Press View QR to see the code.",
	"Press View QR and scan the QR code with the phone.",
	"Press Connect to link the phone.",
	"Press Unlink It to link the expected one, or Keep This Phone to expect this one from now on.",
)


@dataclass(frozen=True)
class Row:
	"""`banner`: source sentences, `{0}` and `{1}` for what differs; the first button leads."""

	arrange: Callable[[Any, Any, str], None]
	buttons: tuple[str, ...]
	banner: tuple[str, ...]
	sandbox: dict[str, float] = field(default_factory=dict)

	def buttons_for(self, role: str) -> list[str]:
		return [button for button in self.buttons if button.lstrip("*") in MAY_PRESS[role]]


def ask(site: Any, session: str) -> int:
	"""The state as the server has it, stored on the record; a failure is stored too."""
	return site.post("session.get_session_status", session_id=session).status_code


def create(site: Any, session: str, phone_number: str | None = None) -> None:
	names = {"session_id": session, "session_name": "Ventas Norte"}
	site.call("session.create_session", **names, phone_number=phone_number)


def until(site: Any, session: str, status: str, seconds: float = 10) -> None:
	last = time.monotonic() + seconds
	while ask(site, session) != 200 or status_of(site, session) != status:
		assert time.monotonic() < last, f"{status_of(site, session)} instead of {status}"
		time.sleep(0.2)


def status_of(site: Any, session: str) -> str:
	return site.resource("GET", f"WhatsApp Session/{session}")["status"]


def not_on_the_server(site: Any, sandbox: Any, session: str) -> None:
	site.resource("POST", "WhatsApp Session", session_id=session, session_name="Ventas Norte")


def disconnected(site: Any, sandbox: Any, session: str) -> None:
	create(site, session)
	sandbox.drop(session, 401)
	until(site, session, "Disconnected")


def connecting(site: Any, sandbox: Any, session: str) -> None:
	create(site, session)
	until(site, session, "Connecting")


def with_code(site: Any, sandbox: Any, session: str) -> None:
	create(site, session)
	until(site, session, "QR Code Required")


def connected(site: Any, sandbox: Any, session: str) -> None:
	with_code(site, sandbox, session)
	sandbox.scan(session, PHONE)
	until(site, session, "Connected")


def with_another_phone(site: Any, sandbox: Any, session: str) -> None:
	create(site, session, EXPECTED)
	until(site, session, "QR Code Required")
	sandbox.scan(session, PHONE)
	until(site, session, "Connected")


def reconnecting(site: Any, sandbox: Any, session: str) -> None:
	connected(site, sandbox, session)
	connect_slowly(sandbox, session)
	site.call("session.restart_session", session_id=session)
	until(site, session, "Connecting")


def connect_slowly(sandbox: Any, session: str) -> None:
	remote = sandbox.registry.named(session)
	remote.timing = replace(remote.timing, qr_delay=120)


def in_error(site: Any, sandbox: Any, session: str) -> None:
	create(site, session)
	sandbox.fault("status", "variant", name="unknown_word", word="error", times=None)
	until(site, session, "Error")


def then_out_of_reach(arrange: Callable[..., None]) -> Callable[..., None]:
	def arranged(site: Any, sandbox: Any, session: str) -> None:
		arrange(site, sandbox, session)
		sandbox.clear_faults()
		sandbox.fault(
			"*", "reset", times=None
		)  # the list as well: a late webhook is followed by a look at it
		assert ask(site, session) in (503, 504)

	return arranged


def unchecked(last: Row, status: str) -> Row:
	"""`Status` leads; the rest is as in the last known state."""
	others = [button.lstrip("*") for button in last.buttons]
	others.remove("Status")
	banner = ("Not checked since {0}; last known state: {1}.", status)
	return Row(then_out_of_reach(last.arrange), ("*Status", *others), banner, last.sandbox)


LINKED = {
	"Disconnected": Row(
		disconnected,
		("*Connect", "View QR", "Status", "Disconnect"),
		("Disconnected since {0}.", "The session was logged out on the phone."),
	),
	"Connecting": Row(
		connecting,
		("*View QR", "Status", "Disconnect"),
		("The session is connecting.", "Press View QR to see the code."),
		{"qr_delay": 60},
	),
	"QR Code Required": Row(
		with_code,
		("*View QR", "Status", "Disconnect"),
		("Press View QR and scan the QR code with the phone.",),
	),
	"Connected": Row(
		connected,
		("*Status", "Test Message", "Disconnect", "Restart"),
		("Connected with {0} since {1}.", f"+{PHONE}"),
	),
	"Error": Row(
		in_error,
		("*Connect", "View QR", "Status", "Disconnect"),
		("The server had a problem with this session.",),
	),
}
STATES = {
	"not on the server": Row(
		not_on_the_server,
		("*Create Session", "Status"),
		("This session is not on the server yet.", "Press Create Session."),
	),
	**LINKED,
	"paired, Connecting": Row(
		reconnecting,
		("*Status", "Disconnect", "Restart"),
		("The session of {0} has been reconnecting by itself since {1}. No code is needed.", f"+{PHONE}"),
	),
	"another phone": Row(
		with_another_phone,
		("*Unlink It", "Keep This Phone", "Status", "Test Message", "Disconnect", "Restart"),
		("Another phone is linked: {0} instead of {1}.", f"+{PHONE}", f"+{EXPECTED}"),
	),
	**{f"unchecked, last {status}": unchecked(row, status) for status, row in LINKED.items()},
}
