"""A site of its own with a small app, so that these tests do not depend on the real one."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import devsite

collect_ignore_glob = [] if devsite.activate() else ["test_*.py"]
ITEM = {"doctype": "Demo Item", "title": "one"}


@pytest.fixture(scope="module")
def demo_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
	import frappe
	import frappe.app
	from frappe.utils.background_jobs import QUEUE

	from devsite.testing import boot_site

	QUEUE.waiting.clear()
	sys.path.insert(0, str(Path(__file__).parent))
	before = frappe.app._site, frappe.app._sites_path
	folder = str(tmp_path_factory.mktemp("demo"))
	boot_site(folder, apps=("demo_app",))
	frappe.get_doc("User", "agent@example.com").add_roles("Demo User")
	frappe.db.commit()
	yield folder
	frappe.destroy()
	sys.path.remove(str(Path(__file__).parent))
	restore(*before)


def restore(site: str | None, sites_path: str) -> None:
	import frappe
	import frappe.app

	frappe.app._site, frappe.app._sites_path = site, sites_path
	if site:
		frappe.init(site, sites_path, force=True)
		frappe.connect()
		frappe.local.flags.in_test = True


@pytest.fixture(autouse=True)
def clean(demo_site: str) -> Iterator[None]:
	import frappe

	yield
	frappe.db.rollback()
	frappe.set_user("Administrator")
	for doctype in ("Demo Item", "Demo Row", "Demo Note", "Error Log"):
		frappe.db.delete(doctype)
	frappe.db.delete("Singles", {"doctype": "Demo Settings"})
	frappe.db.commit()
	frappe.local.message_log = []


@pytest.fixture
def item() -> Callable[..., Any]:
	import frappe

	return lambda code="a1", **values: frappe.get_doc({**ITEM, "code": code, **values}).insert()


def in_thread(work: Callable[[], Any]) -> Any:
	"""As another request: its own connection, its own session."""
	results: list[Any] = []

	def run() -> None:
		try:
			results.append(work())
		except Exception as error:
			results.append(error)

	thread = threading.Thread(target=run)
	thread.start()
	thread.join()
	return results[0]


@pytest.fixture
def elsewhere(demo_site: str) -> Callable[[Callable[[], Any]], Any]:
	import frappe

	def run(work: Callable[[], Any]) -> Any:
		frappe.init("devsite.localhost", demo_site)
		frappe.connect()
		try:
			return work()
		finally:
			frappe.destroy()

	return lambda work: in_thread(lambda: run(work))


class Browser:
	def __init__(self, user: str | None = None, password: str = "demo") -> None:
		import frappe.app
		from werkzeug.test import Client

		self.client = Client(frappe.app.application)
		if user:
			self.open("/api/method/login", method="POST", data={"usr": user, "pwd": password})

	def open(self, path: str, **options: Any) -> Any:
		return in_thread(lambda: self.client.open(path, **options))

	def call(self, method: str, verb: str = "POST", **options: Any) -> Any:
		return self.open(f"/api/method/{method}", method=verb, **options)


@pytest.fixture
def browser(demo_site: str) -> type[Browser]:
	return Browser
