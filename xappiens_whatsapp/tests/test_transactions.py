"""Two transactions want the same rows: the one that the database gives up begins anew, and nobody notices."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import frappe

from xappiens_whatsapp import SESSION, SETTINGS
from xappiens_whatsapp.api.session import create_session, delete_session, get_session_status
from xappiens_whatsapp.background.reconciliation import reconcile
from xappiens_whatsapp.server.exceptions import RecordBusy
from xappiens_whatsapp.sessions import records, states
from xappiens_whatsapp.site import transactions
from xappiens_whatsapp.tests.base import WhatsAppTestCase

LONGEST_WAIT = 20
A_MOMENT = 0.5


class TestOwnTransaction(WhatsAppTestCase):
	def test_what_the_caller_had_not_committed_is_kept(self):
		session = self.new_record().name
		frappe.db.set_value(SESSION, session, "description", "before")
		records.change(frappe.get_doc(SESSION, session), lambda _row: {"session_db_id": 77})
		fresh = self.fresh(session)
		self.assertEqual([fresh.description, fresh.session_db_id], ["before", 77])

	def test_other_errors_are_told_at_once(self):
		calls = []

		@transactions.in_own_transaction
		def fail() -> None:
			calls.append(1)
			raise ValueError(1021)

		with self.assertRaises(ValueError):
			fail()
		self.assertEqual(len(calls), 1)

	def test_it_begins_anew_a_few_times_and_then_tells(self):
		calls = []

		@transactions.in_own_transaction
		def lose(times: int) -> str:
			calls.append(1)
			if len(calls) <= times:
				raise frappe.QueryDeadlockError
			return "done"

		self.assertEqual([lose(2), len(calls)], ["done", 3])
		calls.clear()
		with self.assertRaises(frappe.QueryDeadlockError):
			lose(transactions.ATTEMPTS)
		self.assertEqual(len(calls), transactions.ATTEMPTS)


class TestDatabase(WhatsAppTestCase):
	def setUp(self) -> None:
		super().setUp()
		if frappe.db.db_type != "mariadb":
			self.skipTest("only MariaDB locks single rows")

	def elsewhere(self, executor: ThreadPoolExecutor, step: Callable[[], None]) -> Future:
		"""On a connection of its own, as another request would."""

		def run(site: str) -> None:
			frappe.init(site=site)
			frappe.connect()
			try:
				step()
				frappe.db.commit()
			finally:
				frappe.destroy()

		return executor.submit(run, frappe.local.site)

	def isolate(self) -> None:
		"""The default of MariaDB 11.6.2 and later."""
		if not frappe.db.sql("show variables like 'innodb_snapshot_isolation'"):
			self.skipTest("this MariaDB has no innodb_snapshot_isolation")
		frappe.db.sql("set session innodb_snapshot_isolation = on")
		self.addCleanup(frappe.db.sql, "set session innodb_snapshot_isolation = off")

	def test_a_record_that_changed_since_it_was_read_is_written_all_the_same(self):
		self.isolate()
		doc = self.new_record()
		frappe.db.rollback()
		doc.reload()
		with ThreadPoolExecutor(1) as executor:
			self.elsewhere(
				executor, lambda: frappe.db.set_value(SESSION, doc.name, "description", "elsewhere")
			).result(LONGEST_WAIT)
		with self.assertRaises((frappe.QueryDeadlockError, frappe.db.OperationalError)):
			frappe.db.get_value(SESSION, doc.name, "name", for_update=True)
		frappe.db.rollback()
		frappe.db.get_value(SESSION, doc.name, "name")
		records.change(doc, lambda _row: {"session_db_id": 77})
		fresh = self.fresh(doc.name)
		self.assertEqual([fresh.description, fresh.session_db_id], ["elsewhere", 77])

	def test_settings_with_a_new_address_are_saved_while_sessions_change(self):
		self.isolate()
		doc = self.new_record(session_db_id=77)
		frappe.db.rollback()
		settings = frappe.get_doc(SETTINGS)
		with ThreadPoolExecutor(1) as executor:
			self.elsewhere(
				executor, lambda: frappe.db.set_value(SESSION, doc.name, "description", "elsewhere")
			).result(LONGEST_WAIT)
		settings.update({"api_base_url": "http://127.0.0.1:9", "api_key": "another-key-0000"})
		settings.save()
		frappe.db.commit()
		fresh = self.fresh(doc.name)
		self.assertEqual([fresh.description, fresh.session_db_id], ["elsewhere", 0])

	def test_the_loser_of_a_deadlock_writes_after_the_winner(self):
		doc, *others = (self.new_record() for _index in range(6))
		is_locked = threading.Event()

		def win() -> None:
			"""Holds the place in the index where the new state goes, and has more to undo than the other one."""
			for other in others:
				frappe.db.set_value(SESSION, other.name, "description", "winner")
			frappe.db.sql(
				"select name from `tabWhatsApp Session` force index (status) where status = 'Error' for update"
			)
			is_locked.set()
			time.sleep(A_MOMENT)
			frappe.db.set_value(SESSION, doc.name, "description", "winner")

		before = self.deadlocks()
		with ThreadPoolExecutor(1) as executor:
			winner = self.elsewhere(executor, win)
			self.assertTrue(is_locked.wait(LONGEST_WAIT))
			records.change(doc, lambda _row: {"status": states.ERROR})
			winner.result(LONGEST_WAIT)
		self.assertGreater(self.deadlocks(), before)
		fresh = self.fresh(doc.name)
		self.assertEqual([fresh.description, fresh.status], ["winner", states.ERROR])

	@contextmanager
	def held(self, session: str) -> Iterator[None]:
		"""Somebody else keeps the record locked while the block runs, and we wait for one second only."""
		is_locked, is_done = threading.Event(), threading.Event()

		def hold() -> None:
			frappe.db.get_value(SESSION, session, "name", for_update=True)
			is_locked.set()
			is_done.wait(LONGEST_WAIT)

		frappe.db.sql("set session innodb_lock_wait_timeout = 1")
		with ThreadPoolExecutor(1) as executor:
			holder = self.elsewhere(executor, hold)
			self.assertTrue(is_locked.wait(LONGEST_WAIT))
			yield
			is_done.set()
			holder.result(LONGEST_WAIT)
		frappe.db.sql("set session innodb_lock_wait_timeout = default")

	def linked(self) -> str:
		created = create_session(self.new_id(), "x")
		self.sandbox.scan(created["session_id"])
		get_session_status(created["session"])
		return created["session"]

	def test_a_record_that_is_held_for_too_long_is_busy_and_later_free(self):
		session = self.linked()
		self.sandbox.drop(session, 401)
		with self.held(session), self.assertRaises(RecordBusy):
			get_session_status(session)
		frappe.db.rollback()
		self.assertEqual(get_session_status(session)["data"]["status_frappe"], states.DISCONNECTED)

	def test_a_record_that_is_held_for_a_moment_is_deleted_afterwards(self):
		"""Frappe itself deletes none that anybody holds, were it for a millisecond."""
		session, is_locked = self.linked(), threading.Event()

		def hold() -> None:
			frappe.db.get_value(SESSION, session, "name", for_update=True)
			is_locked.set()
			time.sleep(A_MOMENT)

		with ThreadPoolExecutor(1) as executor:
			holder = self.elsewhere(executor, hold)
			self.assertTrue(is_locked.wait(LONGEST_WAIT))
			delete_session(session)
			holder.result(LONGEST_WAIT)
		self.assertFalse(frappe.db.exists(SESSION, session))
		self.assertNotIn(session, [row["sessionId"] for row in self.sandbox.sessions()])

	def test_a_pass_leaves_a_busy_record_for_the_next(self):
		busy, free = self.linked(), self.linked()
		for session in (busy, free):
			self.sandbox.drop(session, 401)
		with self.held(busy):
			reconcile()
			self.assertEqual(
				[self.fresh(busy).status, self.fresh(free).status], [states.CONNECTED, states.DISCONNECTED]
			)
		reconcile()
		self.assertEqual(self.fresh(busy).status, states.DISCONNECTED)

	def deadlocks(self) -> int:
		return int(frappe.db.sql("show global status like 'Innodb_deadlocks'")[0][1])
