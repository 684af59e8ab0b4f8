from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class RemoteSession:
	"""A session as one answer described it; None or an empty text where the answer said nothing."""

	id: int | None = None
	session_id: str = ""
	name: str = ""
	status: str = ""
	is_connected: bool | None = None
	has_qr: bool | None = None
	phone_number: str | None = None
	last_activity: datetime | None = None
	qr_code: str | None = field(default=None, repr=False)
	qr_expires_at: datetime | None = None
	disconnect_code: str = ""


@dataclass(frozen=True)
class QRCode:
	data_url: str = field(repr=False)
	expires_at: datetime
	status: str = ""
	session_id: str = ""


@dataclass(frozen=True)
class SessionPage:
	"""One page of the list; `pages` and `total` are None where the server does not say."""

	sessions: tuple[RemoteSession, ...]
	page: int
	pages: int | None
	total: int | None


@dataclass(frozen=True)
class RateLimit:
	"""What the rate-limit headers of one answer said; `reset_at` in epoch seconds of this machine's clock."""

	limit: int | None = None
	remaining: int | None = None
	reset_at: float | None = None
