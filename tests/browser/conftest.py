"""A desk to click on: the development site, or a real bench named by DESK_URL (see tests/browser/README.md)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from xappiens_whatsapp.sandbox import Sandbox

sys.path.insert(0, str(Path(__file__).parent))

from desk_page import Desk
from visitor import Visitor

from ..gateway.processes import GatewayProcess

ROOT = Path(__file__).parents[2]
TIMEOUT = 30
PICTURE_TIMEOUT = 10_000
PREFIX = "browser-test-"
ON_BENCH = bool(os.environ.get("DESK_URL"))
ADMIN_PASSWORD = os.environ.get("DESK_PASSWORD", "admin")
USER_PASSWORD = "Blue-Kettle-4471" if ON_BENCH else "demo"
ROLES = {"manager": "WhatsApp Manager", "agent": "WhatsApp User", "viewer": "WhatsApp User"}


class Site:
	"""The site's HTTP interface, as Administrator."""

	def __init__(self, url: str) -> None:
		self.url = url
		self.session = requests.Session()
		login = {"usr": "Administrator", "pwd": ADMIN_PASSWORD}
		self.session.post(f"{url}/api/method/login", data=login, timeout=TIMEOUT).raise_for_status()
		desk = self.session.get(f"{url}/app", timeout=TIMEOUT).text
		token = re.search(r'csrf_token\s*=\s*"(\w+)"', desk)
		self.session.headers.update({"X-Frappe-CSRF-Token": token[1], "Accept": "application/json"})

	def post(self, method: str, **arguments: Any) -> requests.Response:
		url = f"{self.url}/api/method/xappiens_whatsapp.api.{method}"
		return self.session.post(url, json=arguments, timeout=TIMEOUT)

	def call(self, method: str, **arguments: Any) -> Any:
		answer = self.post(method, **arguments)
		assert answer.ok, f"{method}: {answer.status_code} {answer.text[-2000:]}"
		return answer.json()["message"]

	def resource(self, verb: str, path: str, **values: Any) -> Any:
		answer = self.session.request(
			verb, f"{self.url}/api/resource/{path}", json=values or None, timeout=TIMEOUT
		)
		answer.raise_for_status()
		return answer.json().get("data")

	def has(self, doctype: str, name: str) -> bool:
		return self.session.get(f"{self.url}/api/resource/{doctype}/{name}", timeout=TIMEOUT).ok

	def point_settings_to(self, server: Sandbox | GatewayProcess) -> None:
		server_of_test = {"api_base_url": server.url, "api_key": server.api_key, "api_timeout": 5}
		self.set_up(enabled=1, webhook_enabled=1, **server_of_test)

	def set_up(self, **values: Any) -> None:
		self.resource("PUT", "WhatsApp Settings/WhatsApp Settings", **values)

	def assign(self, session: str, **roles: str) -> None:
		rows = [{"user": f"{user}@example.com", "role": role} for user, role in roles.items()]
		self.resource("PUT", f"WhatsApp Session/{session}", assigned_users=rows)

	@contextmanager
	def an_hour_ago(self) -> Iterator[None]:
		"""By the site's clock, which goes by its time zone; up to two hours."""
		settings = "System Settings/System Settings"
		here = self.resource("GET", settings)["time_zone"]
		offset = datetime.now(ZoneInfo(here)).utcoffset()
		hours_west = 1 - offset // timedelta(hours=1)
		self.resource("PUT", settings, time_zone=f"Etc/GMT{hours_west:+d}")
		try:
			yield
		finally:
			self.resource("PUT", settings, time_zone=here)

	def remove_sessions(self) -> None:
		"""With the app switched off a record goes without asking a server that is gone."""
		self.set_up(enabled=0)
		for row in self.resource("GET", "WhatsApp Session?limit_page_length=0"):
			if row["name"].startswith(PREFIX):
				self.resource("DELETE", f"WhatsApp Session/{row['name']}")

	def add_users(self) -> None:
		for name, role in ROLES.items():
			email = f"{name}@example.com"
			if self.has("User", email):
				self.resource("PUT", f"User/{email}", new_password=USER_PASSWORD, language="es")
				continue
			values = {"email": email, "first_name": name, "language": "es", "new_password": USER_PASSWORD}
			self.resource("POST", "User", **values, send_welcome_email=0, roles=[{"role": role}])


@pytest.fixture(scope="session")
def site_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
	if ON_BENCH:
		yield os.environ["DESK_URL"].rstrip("/")
		return
	data = str(tmp_path_factory.mktemp("desk"))
	command = [
		sys.executable,
		"-m",
		"devsite",
		"--port",
		"0",
		"--language",
		"es",
		"--data",
		data,
		"--no-sandbox",
	]
	with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
		try:
			yield process.stdout.readline().split()[1]
		finally:
			process.terminate()


@pytest.fixture(scope="session")
def site(site_url: str) -> Iterator[Site]:
	site = Site(site_url)
	if ON_BENCH:
		site.add_users()
	yield site
	if ON_BENCH:
		site.remove_sessions()


@pytest.fixture
def start_sandbox(site: Site) -> Iterator[Callable[..., Sandbox]]:
	"""A server of its own for the test, which the site's settings point to."""
	started: list[Sandbox] = []

	def start(**options: Any) -> Sandbox:
		sandbox = Sandbox(**{"qr_delay": 0.2, "scan_delay": 0.2, **options})
		sandbox.start()
		started.append(sandbox)
		site.point_settings_to(sandbox)
		return sandbox

	yield start
	for sandbox in started:
		sandbox.stop()


@pytest.fixture
def sandbox(start_sandbox: Callable[..., Sandbox]) -> Sandbox:
	return start_sandbox()


@pytest.fixture
def session_id() -> str:
	return f"{PREFIX}{uuid.uuid4().hex[:10]}"


@pytest.fixture
def new_session(site: Site, session_id: str) -> Callable[[], str]:
	"""Makes the session on site and server, and waits for nothing."""

	def make() -> str:
		return site.call("session.create_session", session_id=session_id, session_name="Ventas Norte")[
			"session"
		]

	return make


@pytest.fixture
def open_desk(browser: Any, site: Site) -> Iterator[Callable[..., Any]]:
	contexts = []

	def open_as(user: str = "manager", theme: str = "light") -> Any:
		context = browser.new_context(viewport={"width": 1280, "height": 860})
		contexts.append(context)
		name, password = (
			("Administrator", ADMIN_PASSWORD) if user == "admin" else (f"{user}@example.com", USER_PASSWORD)
		)
		login = context.request.post(f"{site.url}/api/method/login", form={"usr": name, "pwd": password})
		assert login.ok, login.text()
		return Desk(context.new_page(), site.url, theme, seconds=40 if ON_BENCH else 12)

	yield open_as
	for context in contexts:
		context.close()


@pytest.fixture
def desk(open_desk: Callable[..., Any]) -> Any:
	return open_desk()


@pytest.fixture
def visit(browser: Any, site: Site) -> Iterator[Callable[..., Visitor]]:
	contexts = []

	def open_browser(**options: Any) -> Visitor:
		contexts.append(browser.new_context(**{"viewport": {"width": 1000, "height": 720}, **options}))
		return Visitor(contexts[-1], site.url)

	yield open_browser
	for context in contexts:
		context.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
	"""What stood on the screens when a test failed; the report says where the pictures are."""
	report = yield
	fixtures = getattr(item, "funcargs", {})
	if report.failed and report.when == "call" and "browser" in fixtures:
		name = re.sub(r"\W+", "-", item.name)[:40]
		folder = fixtures["tmp_path_factory"].mktemp(f"screens-{name}")
		take_pictures(fixtures["browser"], folder)
		report.sections.append(("Screenshots", str(folder)))
	return report


def take_pictures(browser: Any, folder: Path) -> None:
	"""Of what can be seen: a page may be gone, or hang."""
	from playwright.sync_api import Error

	pages = [page for context in browser.contexts for page in context.pages]
	for number, page in enumerate(pages):
		with suppress(Error):
			page.screenshot(path=folder / f"{number}.png", timeout=PICTURE_TIMEOUT)
