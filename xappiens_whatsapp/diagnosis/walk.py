"""Walks the chain from the settings to the phone and stops at the first real cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from frappe import _

from xappiens_whatsapp import permissions
from xappiens_whatsapp.baileys.checks import Check
from xappiens_whatsapp.baileys.diagnosis import probe
from xappiens_whatsapp.baileys.errors import NotFoundError
from xappiens_whatsapp.diagnosis import callback, words
from xappiens_whatsapp.diagnosis.rows import failed, measured, of_client
from xappiens_whatsapp.server import budget, causes, gateway
from xappiens_whatsapp.server.causes import Cause
from xappiens_whatsapp.sessions import matching, qr_codes, reasons, records, states
from xappiens_whatsapp.sessions.link import Link
from xappiens_whatsapp.sessions.listing import ServerList
from xappiens_whatsapp.site import copies, ownership, settings

if TYPE_CHECKING:
	from xappiens_whatsapp.baileys.models import RemoteSession
	from xappiens_whatsapp.xappiens_whatsapp.doctype.whatsapp_session.whatsapp_session import WhatsAppSession


def check_connection() -> list[Check]:
	"""The links from the settings to the API key, up to and with the first that does not hold."""
	rows = [measured("settings", check_settings)]
	if rows[0].ok:
		stored = settings.current()
		key = stored.get_api_key()
		limits = {**budget.hooks(key), "seconds_left": budget.seconds_left}
		checks = probe(stored.api_base_url, key, timeout=stored.timeout_seconds, **limits)
		rows += map(of_client, checks)
	return rows


def check_settings() -> str:
	if problem := ownership.problem():
		raise failed(Cause(problem, ownership.remedy()))
	if missing := settings.current().what_is_missing():
		raise failed(words.incomplete(missing))
	return copies.words() or _("The settings are complete.")


def permission_row(change: permissions.Change) -> Check:
	remedy = words.permissions_remedy(change.doctype) if change.does_harm else ""
	return Check("permissions", not change.does_harm, change.sentence, remedy=remedy)


class Walk:
	"""The whole chain, about one session or about the site; reads the server's list once. The record learns what it sees."""

	def __init__(self, doc: WhatsAppSession | None = None) -> None:
		self.doc = doc
		self.rows: list[Check] = []
		self.found: ServerList | None = None
		self.remote: RemoteSession | None = None

	def run(self) -> Walk:
		self.rows = check_connection()
		for check, step in self.steps():
			if not self.rows[-1].ok:
				break
			self.rows.append(measured(check, step))
		if permissions.is_manager():
			self.rows += callback.refused_rows()
			self.rows += map(permission_row, permissions.changed_by_others())
		return self

	def steps(self) -> Iterator[tuple[str, Callable[[], str]]]:
		yield "list", self.read_list
		if self.doc:
			yield "session", self.find_session
			yield "number", self.compare_numbers
			yield "state", self.judge_state
			if states.status_of(self.remote) == states.QR_REQUIRED:
				yield "qr", self.ask_for_qr
		if permissions.is_manager() and settings.current().webhook_enabled:
			yield "webhook", self.call_back

	def read_list(self) -> str:
		self.found = ServerList(gateway.connect_to_server())
		return _("The server lists its sessions.")

	def find_session(self) -> str:
		"""A session that the list lacks may answer on its own route all the same."""
		self.remote = matching.row_for(self.doc, self.found)
		if self.remote is None and matching.learn(self.doc, self.found) is matching.Verdict.MISSING:
			raise failed(reasons.reason_of(reasons.MISSING))
		return _("The server knows this session.")

	def compare_numbers(self) -> str:
		number = records.number_of(self.doc, self.found.server)
		if self.remote and self.remote.id and self.remote.id != number:
			raise failed(
				words.OTHER_NUMBER.said(number, self.remote.id)
				if number
				else words.NO_NUMBER.said(self.remote.id)
			)
		return _("Record and server have the same number for it.")

	def judge_state(self) -> str:
		self.ask_for_state()
		status = states.status_of(self.remote)
		if status is None:
			raise failed(reasons.reason_of(causes.UNKNOWN_STATUS, self.remote.status[:100]))
		if status in (states.DISCONNECTED, states.ERROR):
			raise failed(reasons.reason_of(self.doc.error_code) or causes.NOT_CONNECTED.said())
		return self.state_in_words(status)

	def ask_for_state(self) -> None:
		"""The list does not say why a session is down; some servers cannot say it right after a create."""
		try:
			self.remote = Link(self.doc, self.found.client, self.found).look()
		except NotFoundError:
			if self.remote is None:
				raise

	def state_in_words(self, status: str) -> str:
		words = {
			states.CONNECTED: _("The phone is linked."),
			states.CONNECTING: _("The session is connecting."),
			states.QR_REQUIRED: _("The session waits for the phone to scan its QR code."),
		}
		return words[status]

	def ask_for_qr(self) -> str:
		qr_codes.fetch(Link(self.doc, self.found.client, self.found))
		return _("The server gives a QR code.")

	def call_back(self) -> str:
		stored = settings.current()
		callback.check_scheme(stored)
		return callback.check_answer(stored)
