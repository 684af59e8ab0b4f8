"""The table of belief, row by row, through every route that feeds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import frappe

from xappiens_whatsapp import SESSION
from xappiens_whatsapp.api import diagnosis, session
from xappiens_whatsapp.background import jobs, reconciliation
from xappiens_whatsapp.server import gateway
from xappiens_whatsapp.server.exceptions import GatewayError
from xappiens_whatsapp.sessions import nudges
from xappiens_whatsapp.sessions.belief import TABLE, Seen
from xappiens_whatsapp.tests.test_truth import TruthTestCase

Route = Callable[["TestTable", str], Any]
UP, DOWN, MISSING = "Connected", "Disconnected", "missing"


class Row(NamedTuple):
	"""`arrange` makes the server answer so about a session that is linked; `believed` is what the record then says."""

	seen: Seen
	arrange: Callable[[TestTable, str], None]
	believed: str


class Click(NamedTuple):
	seen: Seen
	route: str
	arrange: Callable[[TestTable, str], None]
	believed: str


def down(test: TestTable, name: str) -> None:
	test.sandbox.drop(name, 401)


def list_without_connection(test: TestTable, name: str) -> None:
	test.sandbox.drop(name, 401)
	test.sandbox.behave(list_shape="database")


def refused(test: TestTable, name: str) -> None:
	test.sandbox.drop(name, 401)
	test.sandbox.behave(list_shape="database", strict=True)


def only_404(test: TestTable, name: str) -> None:
	test.sandbox.fault("status", "http", status=404, code="SESSION_NOT_FOUND", error="No", times=None)


def hidden(test: TestTable, name: str) -> None:
	test.sandbox.hide(name)


def gone(test: TestTable, name: str) -> None:
	test.sandbox.forget(name)


def failing(status: int, kind: str = "http", **details: Any) -> Callable[[TestTable, str], None]:
	def arrange(test: TestTable, _name: str) -> None:
		for route in ("status", "list"):
			test.sandbox.fault(route, kind, status=status, times=None, **details)

	return arrange


def twice(test: TestTable, name: str) -> None:
	test.sandbox.duplicate(name, first=True)


def nothing(_test: TestTable, _name: str) -> None:
	"""The server is as it was; what is told otherwise is the webhook's word alone."""


def webhook(test: TestTable, name: str) -> None:
	nudges.enqueue_refresh(name, "logout")
	jobs.refresh_waiting()


def import_again(test: TestTable, name: str) -> None:
	"""Of a session whose record is there; what the list lacks cannot be imported, and the record learns nothing."""
	diagnosis.adopt_session(test.fresh(name).session_db_id)


def import_afresh(test: TestTable, name: str) -> None:
	"""Of a session whose record was deleted here and not there."""
	number = test.fresh(name).session_db_id
	frappe.db.delete(SESSION, {"name": name})
	frappe.db.commit()
	diagnosis.adopt_session(number)


ROUTES: dict[str, Route] = {
	"Status": lambda _test, name: session.get_session_status(name),
	"bulk Status": lambda _test, name: session.refresh_sessions([name]),
	"pass": lambda _test, _name: reconciliation.reconcile(),
	"webhook": webhook,
	"webhook of one": lambda _test, name: jobs.refresh_session(name),
	"diagnosis": lambda _test, name: diagnosis.diagnose(name),
	"diagnosis of all, then Status": lambda _test, name: (
		diagnosis.diagnose(),
		session.get_session_status(name),
	),
	"Import": import_again,
	"Import of what has no record": import_afresh,
}
CLICKS_THAT_LOOK: dict[str, Route] = {
	"connect": lambda _test, name: session.connect_session(name),
	"disconnect": lambda _test, name: session.disconnect_session(name),
}
ROWS = {
	"own route, 200": Row(Seen.OWN_ROUTE, down, DOWN),
	"list row with isConnected": Row(Seen.LISTED, down, DOWN),
	"list row without it": Row(Seen.LISTED_UNVOUCHED, list_without_connection, DOWN),
	"refusal that states the state": Row(Seen.STATED_BY_REFUSAL, refused, DOWN),
	"404 on the own route, listed": Row(Seen.NOT_FOUND, only_404, UP),
	"absent from the list, own route answers": Row(Seen.NOT_LISTED, hidden, UP),
	"absent from both": Row(Seen.GONE, gone, MISSING),
	"webhook against the server's word": Row(Seen.NUDGED, nothing, UP),
	"401 of the server": Row(Seen.NOTHING, failing(401, code="UNAUTHORIZED"), UP),
	"503 of the server": Row(Seen.NOTHING, failing(503), UP),
	"403 as a page": Row(Seen.NOTHING, failing(403, "challenge"), UP),
	"502 as a page": Row(Seen.NOTHING, failing(502, "html"), UP),
	"two rows of one id": Row(Seen.LISTED, twice, UP),
}


CANNOT_BE_IMPORTED = (Seen.NOT_LISTED, Seen.GONE, Seen.NOTHING)
"""What the list does not show, or nobody can ask for."""


class TestTable(TruthTestCase):
	sandbox_options = {**TruthTestCase.sandbox_options, "rate_limit": 1_000_000}

	def setUp(self) -> None:
		super().setUp()
		self.heal()

	def heal(self) -> None:
		self.sandbox.clear_faults()
		self.sandbox.behave(list_shape="sessions", strict=False)
		frappe.cache.delete_keys("whatsapp_")

	def test_every_row_by_every_route(self):
		for words, row in ROWS.items():
			for route, learn in ROUTES.items():
				with self.subTest(words, route=route):
					self.drive(row, learn)

	def drive(self, row: Row, learn: Route) -> None:
		if learn is import_again and row.believed == MISSING:
			row = row._replace(believed=UP)
		name, number = self.arranged(row)
		self.attempt(learn, name)
		if learn is import_afresh and row.seen in CANNOT_BE_IMPORTED:
			self.assertFalse(frappe.db.exists(SESSION, name))
			self.assert_can_be_imported(name, number, row)
		else:
			self.assert_believed(name, row.believed, number)
			self.heal()
			self.assert_recovers(name, row)
		frappe.delete_doc(SESSION, name, force=True)

	def assert_can_be_imported(self, name: str, number: int, row: Row) -> None:
		self.heal()
		if row.seen is Seen.GONE:
			number = self.sandbox.add(name)["id"]
		if row.seen is Seen.NOT_LISTED:
			self.sandbox.hide(name, hidden=False)
		diagnosis.adopt_session(number)
		self.assertEqual(self.fresh(name).session_db_id, number)
		self.assertTrue(session.get_session_status(name)["success"])

	def arranged(self, row: Row) -> tuple[str, int]:
		self.heal()
		name = self.linked()
		number = self.fresh(name).session_db_id
		row.arrange(self, name)
		return name, number

	def attempt(self, route: Route, name: str) -> None:
		try:
			route(self, name)
		except (GatewayError, frappe.DoesNotExistError):
			frappe.db.rollback()

	def test_a_click_leaves_the_record_as_the_server_is(self):
		self.settings(disconnect_mode="Keep on the server")
		for words, row in ROWS.items():
			for route, click in CLICKS_THAT_LOOK.items():
				with self.subTest(words, route=route):
					name, _number = self.arranged(row)
					self.attempt(click, name)
					is_there = row.seen is not Seen.GONE or route == "connect"
					self.assert_as_on_server(name, is_there)
					self.heal()
					if is_there:
						session.get_session_status(name)
					self.assert_as_on_server(name, is_there)

	def assert_as_on_server(self, name: str, is_there: bool) -> None:
		fresh = self.fresh(name)
		rows = [row for row in self.sandbox.sessions() if row["id"] == fresh.session_db_id]
		self.assertEqual([row["sessionId"] for row in rows], [name] * is_there)
		self.assertEqual(bool(fresh.is_connected), any(row["isConnected"] for row in rows))

	def assert_believed(self, name: str, believed: str, number: int) -> None:
		fresh = self.fresh(name)
		if believed == MISSING:
			said = (fresh.status, fresh.session_db_id, fresh.error_code)
			self.assertEqual(said, (DOWN, 0, "SESSION_MISSING_ON_SERVER"))
			return
		self.assertEqual((fresh.status, fresh.session_db_id), (believed, number))

	def assert_recovers(self, name: str, row: Row) -> None:
		"""What went wrong leaves nothing behind: the next answer is believed."""
		if row.seen is Seen.GONE:
			session.connect_session(name)
			self.assertTrue(self.remote_id(name))
			return
		session.get_session_status(name)
		fresh = self.fresh(name)
		expected = "401" if row.believed == DOWN else ""
		self.assertEqual((fresh.status, fresh.error_code or ""), (row.believed, expected))

	def test_every_line_of_the_table_has_a_row(self):
		of_clicks = {Seen.ACTED, *(click.seen for click in CLICKS.values())}
		self.assertEqual({row.seen for row in ROWS.values()} | of_clicks, set(TABLE))

	def test_a_create_gives_the_number_and_no_state(self):
		created = session.create_session(self.new_id(), "Ventas")
		fresh = self.fresh(created["session"])
		self.assertEqual(fresh.session_db_id, self.remote_id(fresh.session_id))
		self.assertFalse(fresh.is_connected)

	def test_every_click_that_was_refused_or_left_open_asks_for_the_state(self):
		for words, click in CLICKS.items():
			with self.subTest(words):
				self.click(click)

	def click(self, click: Click) -> None:
		self.heal()
		self.settings(disconnect_mode="Keep on the server")
		name = self.linked()
		number = self.fresh(name).session_db_id
		click.arrange(self, name)
		self.sandbox.clear_requests()
		try:
			{"connect": session.connect_session, "disconnect": session.disconnect_session}[click.route](name)
		except GatewayError:
			frappe.db.rollback()
		self.assertIn(f"GET /api/sessions/{number}/status", self.sent())
		self.assertEqual(self.fresh(name).status, self.on_server(name, click.believed))
		self.heal()
		self.assertTrue(session.get_session_status(name)["success"])

	def on_server(self, name: str, believed: str) -> str:
		connected = gateway.connect_to_server().get_status(self.remote_id(name)).is_connected
		self.assertEqual(bool(connected), believed == UP)
		return believed


def connect_is(kind: str, **details: Any) -> Callable[[TestTable, str], None]:
	def arrange(test: TestTable, name: str) -> None:
		test.sandbox.drop(name, 428)
		test.sandbox.fault("connect", kind, **details)

	return arrange


def disconnect_is(kind: str, **details: Any) -> Callable[[TestTable, str], None]:
	return lambda test, _name: test.sandbox.fault("disconnect", kind, **details)


def stopped_before(test: TestTable, name: str) -> None:
	test.sandbox.drop(name, 428)
	test.sandbox.fault("disconnect", "refusal", name="not_connected")


REFUSED, OPEN = Seen.ACTION_REFUSED, Seen.OUTCOME_UNKNOWN
CLICKS = {
	"connect, connected already": Click(
		REFUSED, "connect", connect_is("refusal", name="already_connected", performed=True), UP
	),
	"connect, 500 but done": Click(OPEN, "connect", connect_is("http", status=500, performed=True), UP),
	"connect, 500 and not done": Click(OPEN, "connect", connect_is("http", status=500), DOWN),
	"connect, cut off": Click(OPEN, "connect", connect_is("cut"), UP),
	"disconnect, stopped before": Click(REFUSED, "disconnect", stopped_before, DOWN),
	"disconnect, 500 but done": Click(
		OPEN, "disconnect", disconnect_is("http", status=500, performed=True), DOWN
	),
	"disconnect, 500 and not done": Click(OPEN, "disconnect", disconnect_is("http", status=500), UP),
	"disconnect, reset but done": Click(OPEN, "disconnect", disconnect_is("reset", performed=True), DOWN),
}
