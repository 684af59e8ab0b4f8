"""The site and the server that everything is measured on."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import frappe
import requests
from frappe.utils.password import update_password

from xappiens_whatsapp.sandbox import Sandbox
from xappiens_whatsapp.sessions import learning, states
from xappiens_whatsapp.tests.base import add_user

USER = "benchmark@example.com"
PREFIX = "bench_"
NO_LIMIT = 10_000_000
ROWS_AT_ONCE = 500


@dataclass
class Environment:
	site: str
	sites_path: str
	address: str
	is_devsite: bool
	sandbox: Sandbox
	secret: str

	def new_request(self, user: str = USER) -> None:
		"""Nothing left of what an earlier request had loaded, and the connection to the database open."""
		frappe.destroy()
		frappe.init(self.site, sites_path=self.sites_path)
		frappe.connect()
		frappe.set_user(user)
		frappe.db.sql("select 1")

	def new_id(self) -> str:
		return f"{PREFIX}{frappe.generate_hash(length=12)}"

	def settings(self, **values: Any) -> None:
		self.new_request("Administrator")
		doc = frappe.get_doc("WhatsApp Settings")
		doc.update(
			{
				"enabled": 1,
				"api_base_url": self.sandbox.url,
				"api_key": self.sandbox.api_key,
				"api_timeout": 30,
				"disconnect_mode": "Delete on the server",
				"send_alerts": 0,
				"webhook_enabled": 0,
				"webhook_secret": self.secret,
				**values,
			}
		)
		doc.save()
		frappe.db.commit()

	def visitor(self) -> requests.Session:
		"""A manager who has logged in over HTTP."""
		visitor = requests.Session()
		visitor.headers["Accept"] = "application/json"
		credentials = {"usr": USER, "pwd": self.secret}
		answer = visitor.post(f"{self.address}/api/method/login", data=credentials, timeout=30)
		if answer.status_code != 200:
			raise SystemExit(f"{self.address} does not serve {self.site}: it does not know this run's user")
		return visitor

	def run_jobs(self) -> None:
		"""On a bench its own workers do."""
		if self.is_devsite:
			from devsite.testing import run_jobs

			run_jobs()

	def remove_records(self) -> None:
		self.new_request("Administrator")
		frappe.db.delete("WhatsApp Session", {"session_id": ("like", f"{PREFIX}%")})
		frappe.db.commit()

	def versions(self) -> str:
		database = "SQLite" if self.is_devsite else f"MariaDB {frappe.db.sql('select version()')[0][0]}"
		kind = "development site" if self.is_devsite else f"Frappe {frappe.__version__}"
		return f"{kind}, Python {sys.version.split()[0]}, {database}"


@contextmanager
def ready(site: str | None, sites_path: str, address: str | None) -> Iterator[Environment]:
	"""The bench's site, or without one the development site, with a sandbox that refuses nothing."""
	with ExitStack() as stack:
		if site:
			opened = open_bench_site(site, sites_path, address)
		else:
			opened = open_devsite(stack)
		secret = ensure_user()
		key = f"benchmark-{frappe.generate_hash(length=16)}"
		sandbox = stack.enter_context(Sandbox(key, qr_delay=0.0, scan_delay=0.0, rate_limit=NO_LIMIT))
		environment = Environment(*opened, not site, sandbox, secret)
		environment.visitor()
		stack.callback(leave, environment)
		environment.settings()
		environment.remove_records()
		yield environment


def ensure_user() -> str:
	"""A manager with a password of this run, which no other site can know; the webhook's secret is the same."""
	if not frappe.db.exists("User", USER):
		add_user(USER, "WhatsApp Manager")
	secret = frappe.generate_hash(length=40)
	update_password(USER, secret)
	frappe.db.commit()
	return secret


def leave(environment: Environment) -> None:
	environment.remove_records()
	environment.settings(enabled=0)


def open_bench_site(site: str, sites_path: str, address: str | None) -> tuple[str, str, str]:
	frappe.init(site, sites_path=sites_path)
	frappe.connect()
	frappe.set_user("Administrator")
	if not frappe.conf.allow_tests:
		raise SystemExit(
			f"{site} is not for tests: it would get other settings. Set allow_tests on a site of its own."
		)
	return site, sites_path, (address or frappe.utils.get_url()).rstrip("/")


def open_devsite(stack: ExitStack) -> tuple[str, str, str]:
	from devsite.server import start
	from devsite.site import SITE, be_at_home
	from devsite.testing import boot_site

	data = stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmarks-"))
	boot_site(data)
	server = start("127.0.0.1", 0)
	stack.callback(server.server_close)
	stack.callback(server.shutdown)
	address = f"http://127.0.0.1:{server.server_port}"
	be_at_home(address)
	return SITE, data, address


def add_sessions(environment: Environment, count: int, *, stale_every: int = 0) -> list[str]:
	"""Connected sessions on the server with a record in step; every so many records know nothing yet."""
	names = [f"{PREFIX}{frappe.generate_hash(length=6)}_{number:05}" for number in range(count)]
	for number, name in enumerate(names):
		environment.sandbox.add(name, phone_number=f"346{number:08}")
	remotes = {remote.session_id: remote for remote in client_of(environment).iter_sessions()}
	rows = []
	for number, name in enumerate(names):
		stale = stale_every and number % stale_every == 0
		rows.append({} if stale else in_step(remotes[name]))
	insert(names, rows)
	return names


def client_of(environment: Environment) -> Any:
	from xappiens_whatsapp.baileys import BaileysClient

	return BaileysClient(environment.sandbox.url, environment.sandbox.api_key)


def in_step(remote: Any) -> dict[str, object]:
	row = frappe._dict()
	return {
		**learning.facts_of(row, remote),
		**learning.state_of(row, remote, states.status_of(remote)),
	}


def insert(names: list[str], rows: list[dict[str, object]]) -> None:
	"""By SQL: ten thousand documents one by one would take longer than what is measured."""
	learned = [
		"session_db_id",
		"phone_number",
		"last_seen",
		"status",
		"is_connected",
		"error_code",
		"error_message",
	]
	blank = {"session_db_id": 0, "status": "Disconnected", "is_connected": 0}
	columns = ["name", "session_id", "session_name", "is_active", "creation", "modified", *learned]
	now = frappe.utils.now()
	values = [
		[name, name, name, 1, now, now, *({**blank, **row}.get(field) for field in learned)]
		for name, row in zip(names, rows, strict=True)
	]
	marks = f"({', '.join(['%s'] * len(columns))})"
	for start in range(0, len(values), ROWS_AT_ONCE):
		batch = values[start : start + ROWS_AT_ONCE]
		frappe.db.sql(
			f"insert into `tabWhatsApp Session` ({', '.join(columns)}) values {', '.join([marks] * len(batch))}",
			[value for row in batch for value in row],
		)
	frappe.db.commit()
