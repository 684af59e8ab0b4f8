from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from . import qr


@dataclass(frozen=True)
class Restriction:
	"""WhatsApp lets the account answer and not begin conversations; `until` is None where nobody says."""

	until: datetime | None = None
	reason: str = ""


@dataclass(frozen=True)
class RemoteSession:
	"""A session as one answer described it; None or an empty text where the answer said nothing.

	`phone_number` is E.164 without its plus, as the server writes them. `qr_expires_at` is on this machine's clock,
	`last_activity` as the server wrote it. `disconnect_code` is Baileys' number for why the connection ended, also where
	only its name was given; `disconnect_reason` is the word as it came. Both come with any state, `connecting` included.
	"""

	id: int | None = None
	session_id: str = ""
	name: str = ""
	status: str = ""
	is_connected: bool | None = None
	has_qr: bool | None = None
	phone_number: str | None = None
	last_activity: datetime | None = None
	qr_text: str = field(default="", repr=False)
	qr_expires_at: datetime | None = None
	disconnect_code: int | None = None
	disconnect_reason: str | None = None
	restriction: Restriction | None = None

	@property
	def qr_code(self) -> str | None:
		"""A PNG data URL; None also where what the server sent is no QR code. Drawn anew each time."""
		return qr.picture_of(self.qr_text)


@dataclass(frozen=True)
class QRCode:
	"""`expires_at` is on this machine's clock, whatever the server's shows."""

	data_url: str = field(repr=False)
	expires_at: datetime
	status: str = ""
	session_id: str = ""


@dataclass(frozen=True)
class PairingCode:
	"""Eight letters and digits to be typed into the phone; `expires_at` is on this machine's clock."""

	code: str = field(repr=False)
	expires_at: datetime


@dataclass(frozen=True)
class Features:
	"""What a server offers beyond the contract's first version, by its own word; `webhook_test` is a path or empty.

	`reconnects`: a paired session comes back by itself, `connecting` meanwhile. `unlinks_on_delete`: the phone forgets a deleted
	session also where it was down.
	"""

	pairing_code: bool = False
	send_text: bool = False
	webhook_test: str = ""
	reconnects: bool = False
	unlinks_on_delete: bool = False


@dataclass(frozen=True)
class SessionPage:
	"""One page of the list; `pages` and `total` are None where the server does not say."""

	sessions: tuple[RemoteSession, ...]
	page: int
	pages: int | None
	total: int | None


@dataclass(frozen=True)
class RateLimit:
	"""What the rate-limit headers of one answer said; `reset_at` in epoch seconds of this machine's clock.

	`remaining` is None where a server names limit and reset only: then nobody but us counts.
	"""

	limit: int | None = None
	remaining: int | None = None
	reset_at: float | None = None
