"""A desk to click on: the development site, or a real bench named by DESK_URL (see tests/browser/README.md)."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from xappiens_whatsapp.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
CHROMIUM_ARGUMENTS = (
	"--headless",
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
)
TIMEOUT = 30
PREFIX = "browser-test-"
ON_BENCH = bool(os.environ.get("DESK_URL"))
ADMIN_PASSWORD = os.environ.get("DESK_PASSWORD", "admin")
USER_PASSWORD = "Blue-Kettle-4471" if ON_BENCH else "demo"
STARRED_LABELS = """buttons => buttons.filter(button => button.offsetParent)
	.map(button => (button.classList.contains("btn-primary") ? "*" : "") + button.textContent.trim())"""
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
		answer.raise_for_status()
		return answer.json()["message"]

	def resource(self, verb: str, path: str, **values: Any) -> Any:
		answer = self.session.request(
			verb, f"{self.url}/api/resource/{path}", json=values or None, timeout=TIMEOUT
		)
		answer.raise_for_status()
		return answer.json().get("data")

	def has(self, doctype: str, name: str) -> bool:
		return self.session.get(f"{self.url}/api/resource/{doctype}/{name}", timeout=TIMEOUT).ok

	def point_settings_to(self, sandbox: Sandbox) -> None:
		values = {"enabled": 1, "api_base_url": sandbox.url, "api_key": sandbox.api_key, "api_timeout": 5}
		self.resource("PUT", "WhatsApp Settings/WhatsApp Settings", **values)

	def assign(self, session: str, **roles: str) -> None:
		rows = [{"user": f"{user}@example.com", "role": role} for user, role in roles.items()]
		self.resource("PUT", f"WhatsApp Session/{session}", assigned_users=rows)

	def remove_sessions(self) -> None:
		"""With the app switched off a record goes without asking a server that is gone."""
		self.resource("PUT", "WhatsApp Settings/WhatsApp Settings", enabled=0)
		for row in self.resource("GET", "WhatsApp Session?limit_page_length=0"):
			if row["name"].startswith(PREFIX):
				self.resource("DELETE", f"WhatsApp Session/{row['name']}")

	def add_users(self) -> None:
		for name, role in ROLES.items():
			email = f"{name}@example.com"
			if self.has("User", email):
				self.resource("PUT", f"User/{email}", new_password=USER_PASSWORD)
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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
	"""Skipped with a reason where there is no Chromium; REQUIRE_BROWSER=1 makes that a failure."""
	chromium = shutil.which("chromium")
	if not chromium:
		message = "no chromium on PATH"
		pytest.fail(message) if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip(message)
	from playwright.sync_api import sync_playwright

	with sync_playwright() as playwright:
		browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
		yield browser
		browser.close()


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
		return Desk(context.new_page(), site.url, theme)

	yield open_as
	for context in contexts:
		context.close()


@pytest.fixture
def desk(open_desk: Callable[..., Any]) -> Any:
	return open_desk()


class Desk:
	"""What a person sees and does; the same on the development site, v15 and v16."""

	def __init__(self, page: Any, url: str, theme: str) -> None:
		self.page = page
		self.theme = theme
		self.errors: list[str] = []
		page.set_default_timeout(40_000 if ON_BENCH else 12_000)
		page.on("pageerror", lambda error: self.errors.append(error.stack or str(error)))
		page.goto(f"{url}/app")
		page.wait_for_function("'frappe' in window && 'set_route' in frappe && 'xappiens_whatsapp' in window")
		page.wait_for_selector(".page-container .page-head:visible")
		self.show_theme()

	def show_theme(self) -> None:
		self.page.evaluate("theme => document.documentElement.setAttribute('data-theme', theme)", self.theme)

	def say(self, text: str, *values: object) -> str:
		return self.page.evaluate("([text, values]) => __(text, values)", [text, list(values)])

	def go(self, *route: str) -> None:
		self.page.evaluate("route => void frappe.set_route(...route)", list(route))

	def open_form(self, name: str) -> None:
		self.go("Form", "WhatsApp Session", name)
		self.page.wait_for_function("name => cur_frm && cur_frm.docname === name && cur_frm.doc", arg=name)
		self.page.wait_for_selector(".form-message:visible")

	def open_new(self) -> None:
		self.page.evaluate("void frappe.new_doc('WhatsApp Session')")
		self.page.wait_for_function("cur_frm && cur_frm.doc && cur_frm.is_new()")
		self.page.wait_for_selector(".form-message:visible")

	def open_list(self) -> None:
		self.go("List", "WhatsApp Session")
		self.page.wait_for_selector(".list-row-container:visible .list-row-checkbox")

	def open_settings(self) -> None:
		self.go("Form", "WhatsApp Settings", "WhatsApp Settings")
		self.button("Test Connection").wait_for()

	def fill(self, fieldname: str, value: str) -> None:
		field = self.page.locator(f".frappe-control[data-fieldname={fieldname}] input:visible")
		field.fill(value)
		field.press("Tab")

	def button(self, label: str) -> Any:
		"""A button in the head of the page, by its English label."""
		return self.page.locator(".page-head:visible button:visible").filter(
			has_text=exactly(self.say(label))
		)

	def buttons(self) -> list[str]:
		"""The app's buttons, the primary one marked with a star."""
		return self.page.locator(".page-head .custom-actions button").evaluate_all(STARRED_LABELS)

	def wait_for_buttons(self, *labels: str) -> None:
		wanted = [self.starred(label) for label in labels]
		eventually(
			lambda: sorted(self.buttons()) == sorted(wanted), lambda: f"{self.buttons()} instead of {wanted}"
		)

	def starred(self, label: str) -> str:
		return f"*{self.say(label[1:])}" if label.startswith("*") else self.say(label)

	def banner(self) -> str:
		return " ".join(self.page.locator(".form-message:visible").all_inner_texts())

	def alerts(self) -> str:
		return " ".join(self.page.locator("#alert-container .alert").all_inner_texts())

	def answer(self, label: str) -> None:
		button = {"Yes": ".btn-modal-primary", "No": ".btn-modal-secondary"}[label]
		self.page.locator(f".modal.show {button}:visible").last.click()

	@property
	def dialog(self) -> Any:
		return self.page.locator(".modal.show")

	def wait_for_phase(self, phase: str) -> None:
		self.page.wait_for_selector(f".modal.show .whatsapp-qr[data-phase={phase}]")

	def words(self) -> str:
		return self.page.locator(".modal.show .whatsapp-qr-message").inner_text()

	def live(self) -> dict[str, int]:
		return self.page.evaluate("xappiens_whatsapp.live")

	def close_dialog(self) -> None:
		self.page.wait_for_timeout(500)  # Bootstrap does not hear Escape while it fades in
		self.page.keyboard.press("Escape")
		self.page.wait_for_selector(".modal.show", state="detached")

	def read_code(self) -> str:
		"""What a phone reads off the screen."""
		import zxingcpp
		from PIL import Image

		picture = self.page.locator(".modal.show .whatsapp-qr-paper").screenshot()
		found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
		assert len(found) == 1, "the screenshot of the dialog shows no readable code"
		return found[0].text

	def picture(self, name: str) -> None:
		"""For the documentation, when asked for."""
		if os.environ.get("UPDATE_SCREENSHOTS") == "1":
			folder = ROOT / "docs" / "images"
			folder.mkdir(parents=True, exist_ok=True)
			self.page.screenshot(path=folder / f"{name}.png")


def exactly(text: str) -> re.Pattern[str]:
	return re.compile(rf"^\s*{re.escape(text)}\s*$")


def eventually(holds: Callable[[], bool], describe: Callable[[], str], seconds: float = 12) -> None:
	until = time.monotonic() + seconds
	while not holds():
		assert time.monotonic() < until, describe()
		time.sleep(0.1)
