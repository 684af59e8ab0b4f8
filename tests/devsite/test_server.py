"""`python -m devsite`: its pages, files and events, over a socket."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
START = (sys.executable, "-u", "-m", "devsite", "--port", "0", "--language", "es")
MANAGER = {"usr": "manager@example.com", "pwd": "demo"}
API = "/api/method/xappiens_whatsapp.api."


class Visitor(requests.Session):
	def __init__(self, address: str) -> None:
		super().__init__()
		self.address = address
		self.headers["Accept"] = "application/json"

	def request(self, method: str, url: str, **options: object) -> requests.Response:
		return super().request(method, self.address + url, timeout=10, **options)

	def log_in(self) -> Visitor:
		self.post("/api/method/login", data=MANAGER).raise_for_status()
		return self

	def load_desk(self) -> dict:
		page = self.get("/app/whatsapp-session").text
		boot = json.JSONDecoder().raw_decode(page.partition("window.devsite_boot = ")[2])[0]
		self.headers["X-Frappe-CSRF-Token"] = boot["csrf_token"]
		return boot


@contextmanager
def running(*options: str, stop: int = signal.SIGTERM) -> Iterator[str]:
	server = subprocess.Popen(
		[*START, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
	)
	try:
		yield re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", server.stdout.readline())[1]
	finally:
		server.send_signal(stop)
		output, errors = server.communicate(timeout=15)
	assert (server.returncode, output, errors) == (0, "", "")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
	with running() as address:
		yield address


@pytest.fixture
def in_a_browser(address: str, browser: object) -> Callable[[Callable], None]:
	"""Runs the test's steps on a screen as small as a phone's."""

	def run(steps: Callable) -> None:
		context = browser.new_context(viewport={"width": 390, "height": 844})
		page = context.new_page()
		page.set_default_timeout(10_000)
		page.goto(address)
		steps(page)
		context.close()

	return run


def log_in(page: object, user: str, password: str = "demo") -> None:
	page.get_by_label("Correo electrónico").fill(user)
	page.get_by_label("Contraseña").fill(password)
	page.get_by_role("button", name="Iniciar sesión").click()


@pytest.fixture
def visitor(address: str) -> Visitor:
	return Visitor(address)


def test_guests_are_sent_to_the_login_page_in_the_language_of_the_site(visitor):
	page = visitor.get("/app/whatsapp-session")
	assert page.url == f"{visitor.address}/login?redirect-to=/app/whatsapp-session"
	assert 'lang="es"' in page.text and "csrf_token = null" in page.text
	assert visitor.get("/api/method/ping").json()["message"] == "pong"
	assert visitor.get("/whatsapp-link").ok
	assert visitor.get("/nowhere").status_code == 404


def test_the_desk_page_carries_what_the_user_may_see(visitor):
	boot = visitor.log_in().load_desk()
	assert boot["doctypes"]["WhatsApp Session"]["perm"] == {"read": 1, "write": 1, "create": 1, "delete": 1}
	assert "refresh" in boot["doctypes"]["WhatsApp Session"]["__js"]
	assert boot["messages"]["Create Session"] == "Crear Sesión"
	assert "WhatsApp Manager" in boot["roles"]


def test_a_page_that_was_loaded_has_to_show_its_token(visitor):
	visitor.log_in()
	assert visitor.post(f"{API}health.status", json={}).status_code == 403
	visitor.load_desk()
	del visitor.headers["X-Frappe-CSRF-Token"]
	assert visitor.post(f"{API}health.status", json={}).status_code == 400


@pytest.mark.parametrize(
	("path", "status"),
	[
		("devsite/core.js", 200),
		("xappiens_whatsapp/css/xappiens_whatsapp.bundle.css", 200),
		("xappiens_whatsapp/js/panel/qr_panel.js", 200),
		("xappiens_whatsapp/..%2Fhooks.py", 404),
		("devsite/nothing.js", 404),
		("os/x", 404),
	],
)
def test_files_come_from_the_public_folders_only(visitor, path, status):
	assert visitor.get(f"/assets/{path}").status_code == status


def test_events_reach_those_who_may_read_the_document(visitor):
	room = {"params": {"room": "doc:WhatsApp Session/test_events"}}
	assert visitor.get("/devsite/events", **room).status_code == 403
	visitor.log_in().load_desk()
	assert visitor.get("/devsite/events", **room).status_code == 403
	values = {"session_id": "test_events", "session_name": "x"}
	visitor.post("/api/resource/WhatsApp Session", json=values).raise_for_status()
	with visitor.get("/devsite/events", stream=True, **room) as stream:
		lines = stream.iter_lines(decode_unicode=True)
		assert next(lines) == ": connected"
		visitor.post(f"{API}session.connect_session", json={"session_id": "test_events"}).raise_for_status()
		event = json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))
	assert (event["event"], event["message"]["session"]) == ("whatsapp_session_update", "test_events")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_and_its_data_outlive_it(stop, tmp_path):
	options = ("--no-sandbox", "--data", str(tmp_path))
	values = {"session_id": "kept", "session_name": "x"}
	with running(*options, stop=stop) as address:
		Visitor(address).log_in().post("/api/resource/WhatsApp Session", json=values).raise_for_status()
	with running(*options, stop=stop) as address:
		assert Visitor(address).log_in().get("/api/resource/WhatsApp Session/kept").ok


def test_a_busy_port_names_the_way_to_another():
	with socket.create_server(("127.0.0.1", 0)) as taken:
		port = taken.getsockname()[1]
		command = [*START[:4], "--no-sandbox", "--port", str(port)]
		run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
	assert run.returncode == 1
	assert f"make demo PORT={port + 1}" in run.stderr


def test_the_login_page_speaks_the_language_of_the_site(in_a_browser):
	def steps(page):
		log_in(page, "manager@example.com", "wrong")
		page.get_by_text("Usuario o contraseña incorrectos").wait_for()
		log_in(page, "manager@example.com")
		page.get_by_role("button", name="Añadir Sesión de WhatsApp").wait_for()

	in_a_browser(steps)


def test_a_page_that_may_not_be_read_says_so(in_a_browser, address):
	def steps(page):
		log_in(page, "nobody@example.com")
		sentence = page.get_by_text("El sitio de desarrollo no tiene esta página")
		sentence.wait_for()
		page.goto(f"{address}/app/whatsapp")
		sentence.wait_for()

	in_a_browser(steps)


def test_menus_stay_on_a_narrow_screen(in_a_browser):
	def steps(page):
		log_in(page, "manager@example.com")
		page.get_by_role("button", name="Menú").click()
		item = page.get_by_text("Importar del servidor").bounding_box()
		assert item["x"] >= 0 and item["x"] + item["width"] <= 390

	in_a_browser(steps)


def test_tab_moves_on_inside_a_dialog(in_a_browser):
	def steps(page):
		log_in(page, "manager@example.com")
		page.get_by_role("button", name="Añadir Sesión de WhatsApp").wait_for()
		page.evaluate("void frappe.confirm('?', () => null)")
		page.keyboard.press("Tab")
		assert page.evaluate("document.activeElement.matches('.modal.show button')")

	in_a_browser(steps)
