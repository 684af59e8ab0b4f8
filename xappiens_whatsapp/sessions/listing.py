"""The server's list of sessions: the one place that matches it with records, and says which row means which record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from frappe.utils import now_datetime

from xappiens_whatsapp.server import gateway

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys import BaileysClient
	from xappiens_whatsapp.baileys.models import RemoteSession


class ServerList:
	"""All pages, read at once; raises what the client raises. `asked_at` is when the first page was asked for."""

	def __init__(self, client: BaileysClient) -> None:
		self.client = client
		self.server = gateway.server_of(client.base_url)
		self.asked_at = now_datetime()
		self.rows: dict[str, list[RemoteSession]] = defaultdict(list)
		for row in client.iter_sessions():
			self.rows[row.session_id].append(row)

	def row_of(self, session_id: str, number: int | None) -> RemoteSession | None:
		"""Of several rows with one session id the one that the record's number names, else the one that lives, else the newest."""
		rows = self.rows.get(session_id, [])
		return max(rows, key=lambda row: rank(row, number), default=None)

	def others_of(self, session_id: str, number: int | None) -> list[RemoteSession]:
		"""Further rows of the same session id, which no record stands for."""
		chosen = self.row_of(session_id, number)
		return [row for row in self.rows.get(session_id, []) if row is not chosen]

	def under(self, number: int) -> RemoteSession | None:
		"""The row of that number; None where no row has it."""
		return next((row for row in self.all() if row.id == number), None)

	def all(self) -> Iterator[RemoteSession]:
		for rows in self.rows.values():
			yield from rows

	def unknown(self, session_ids: Iterable[str]) -> list[RemoteSession]:
		known = set(session_ids)
		return [row for row in self.all() if row.session_id not in known]


def rank(row: RemoteSession, number: int | None) -> tuple[bool, bool, int]:
	return bool(number) and row.id == number, bool(row.is_connected), row.id or 0
