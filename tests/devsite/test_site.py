"""What only the development site has to hold; how it behaves as Frappe is tested with the app's own tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import frappe
import pytest
from frappe.installer import get_site_config_path, update_site_config

from xappiens_whatsapp.api import session
from xappiens_whatsapp.background import reconciliation
from xappiens_whatsapp.tests.base import WhatsAppTestCase

ROOT = Path(__file__).parents[2]
SESSION = "WhatsApp Session"
FAILING = "xappiens_whatsapp.tests.exposed.fail"
IS_STAND_IN = frappe.__version__.endswith("devsite")
pytestmark = [pytest.mark.needs_site, pytest.mark.skipif(not IS_STAND_IN, reason="there is a real Frappe")]


@pytest.mark.parametrize(
	"name", ["rename_doc", "utils.money_in_words", "permissions.add_permission", "db.truncate"]
)
def test_what_is_not_provided_says_so_by_its_name(name):
	with pytest.raises(NotImplementedError, match=re.escape(f"frappe.{name}")):
		eval(f"frappe.{name}")


@pytest.mark.parametrize(
	"call",
	[
		lambda: frappe.db.sql("commit"),
		lambda: frappe.db.set_value("WhatsApp Settings", None, "api_timeout", 1),
		lambda: frappe.db.get_value("WhatsApp Settings", None, "api_timeout"),
		lambda: frappe.get_all(SESSION, filters={"name": ("descendants of", "x")}),
		lambda: frappe.get_all(SESSION, filters={"name": ("like", "10\\%")}),
		lambda: frappe.get_all(SESSION, fields=["default_session.name"]),
		lambda: frappe.get_all(SESSION, fields=["(select 1)"]),
	],
)
def test_a_way_of_calling_that_is_not_provided_is_refused_too(call):
	with pytest.raises(NotImplementedError):
		call()


@pytest.mark.parametrize(
	"order", ["name; drop table x", "(select 1)", "name union select 1", "sleep(1) from x"]
)
def test_an_order_that_is_more_than_an_order_is_refused(order):
	with pytest.raises((frappe.ValidationError, frappe.db.OperationalError)):
		frappe.get_all(SESSION, order_by=order)


def test_the_empty_package_named_frappe_counts_as_absent(tmp_path):
	(tmp_path / "frappe").mkdir()
	(tmp_path / "frappe" / "__init__.py").write_text("")
	script = "import devsite; assert devsite.activate(); import frappe; print(frappe.__version__)"
	environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
	done = subprocess.run(
		[sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
	)
	assert "devsite" in done.stdout


class TestTransactions(WhatsAppTestCase):
	def setUp(self) -> None:
		super().setUp()
		self.place = frappe.local.site, frappe.local.sites_path
		self.name = self.new_record().name

	def elsewhere(self, work: Callable[[], Any]) -> Any:
		"""As another request: its own connection, its own session."""

		def run() -> Any:
			frappe.init(*self.place)
			frappe.connect()
			try:
				return work()
			finally:
				frappe.destroy()

		with ThreadPoolExecutor(1) as executor:
			return executor.submit(run).result()

	def test_a_reader_keeps_its_snapshot(self):
		changed, committed = threading.Event(), threading.Event()

		def read_around_a_change() -> list[str]:
			before = frappe.db.get_value(SESSION, self.name, "session_name")
			changed.set()
			committed.wait(5)
			return [before, frappe.db.get_value(SESSION, self.name, "session_name")]

		with ThreadPoolExecutor(1) as executor:
			reader = executor.submit(self.elsewhere, read_around_a_change)
			changed.wait(5)
			frappe.db.set_value(SESSION, self.name, "session_name", "New")
			frappe.db.commit()
			committed.set()
			self.assertEqual(reader.result(), ["Test", "Test"])

	def test_a_writer_that_waits_too_long_gets_a_timeout(self):
		import frappe.database

		before, frappe.database.LOCK_WAIT_SECONDS = frappe.database.LOCK_WAIT_SECONDS, 0.1
		self.addCleanup(setattr, frappe.database, "LOCK_WAIT_SECONDS", before)
		frappe.db.set_value(SESSION, self.name, "session_name", "New")
		with self.assertRaises(frappe.QueryTimeoutError):
			self.elsewhere(lambda: frappe.db.set_value(SESSION, self.name, "session_name", "Other"))
		frappe.db.rollback()
		self.elsewhere(lambda: frappe.db.set_value(SESSION, self.name, "session_name", "Other"))


class TestJobs(WhatsAppTestCase):
	def run_jobs(self) -> int:
		from devsite.testing import run_jobs

		return run_jobs()

	def test_a_failing_job_is_undone_and_logged(self):
		self.run_jobs()
		session_id = self.new_id()
		frappe.enqueue(FAILING, kind="Crash", session_id=session_id)
		self.assertEqual(self.run_jobs(), 1)
		frappe.db.rollback()
		logged = frappe.get_all("Error Log", filters={"method": FAILING}, pluck="error")
		self.assertIn("RuntimeError: broken", logged[-1])
		self.assertFalse(frappe.db.exists(SESSION, session_id))

	def test_the_scheduler_runs_what_the_hooks_name(self):
		from devsite.testing import run_scheduler

		self.run_jobs()
		self.new_record()
		frappe.cache.delete_value(reconciliation.LAST_PASS)
		self.assertEqual(
			run_scheduler("all"), 3
		)  # the two of the hooks, and the pass that one of them queues
		self.assertEqual(frappe.cache.get_value(reconciliation.LAST_PASS)["sessions"], 1)
		self.assertEqual(run_scheduler("yearly"), 0)

	def test_jobs_without_an_end_are_told_and_the_next_one_runs(self):
		from devsite import testing

		before, testing.MOST_JOBS = testing.MOST_JOBS, 5
		self.addCleanup(setattr, testing, "MOST_JOBS", before)
		for _job in range(testing.MOST_JOBS + 2):
			frappe.enqueue("frappe.ping")
		with self.assertRaisesRegex(AssertionError, "jobs without an end: frappe.ping"):
			self.run_jobs()
		self.assertEqual(len(testing.waiting_jobs()), 1)
		testing.forget_jobs(lambda _job: False)
		frappe.enqueue("frappe.ping")
		self.assertEqual(self.run_jobs(), 1)


class TestDeletion(WhatsAppTestCase):
	def test_only_what_asks_for_it_is_deleted_without_its_controller(self):
		for ignore_on_trash in (True, False):
			name = session.create_session(self.new_id(), "Test")["session"]
			frappe.delete_doc(SESSION, name, ignore_on_trash=ignore_on_trash)
			self.assertFalse(frappe.db.exists(SESSION, name))
			there = [row["sessionId"] for row in self.sandbox.sessions()]
			self.assertEqual(name in there, ignore_on_trash)


def test_all_who_write_the_configuration_at_once_are_heard():
	place = frappe.local.site, frappe.local.sites_path
	keys = [f"test_{number}" for number in range(20)]

	def write(key: str, value: Any) -> None:
		frappe.init(*place)
		update_site_config(key, value)
		frappe.destroy()

	for value in (1, "None"):
		with ThreadPoolExecutor(len(keys)) as executor:
			[*executor.map(write, keys, [value] * len(keys))]
		stored = json.loads(Path(get_site_config_path()).read_text())
		assert [key for key in keys if key in stored] == (keys if value == 1 else [])
	assert not [*Path(get_site_config_path()).parent.glob("*.new")]
