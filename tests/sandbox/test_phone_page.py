"""The page that plays the phone, in a browser."""

from __future__ import annotations

import re

import pytest
import requests

from xappiens_whatsapp.sandbox.phone import PAGE


@pytest.fixture
def open_page(browser, sandbox):
	contexts = []
	complaints = []

	def open_page(query="", **options):
		context = browser.new_context(**options)
		contexts.append(context)
		page = context.new_page()
		page.set_default_timeout(5000)
		page.on("pageerror", lambda error: complaints.append(str(error)))
		page.on("console", lambda message: complaints.append(message.text))
		page.clock.install(time=0)
		page.clock.pause_at(1)
		page.goto(f"{sandbox.url}/phone{query}")
		return page

	yield open_page
	for context in contexts:
		context.close()
	assert [text for text in complaints if not text.startswith("Failed to load resource")] == []


def row(page, session_id):
	return page.locator(f'li[data-session="{session_id}"]')


def a_second_later(page):
	page.clock.run_for(1000)


def test_scan_and_log_out_by_click(client, open_page, until):
	number = client.waiting()
	page = open_page()
	row(page, "ventas_1").get_by_role("button", name="Escanear", exact=True).click()
	until(lambda: client.status(number)["isConnected"])
	a_second_later(page)
	logout = row(page, "ventas_1").get_by_role("button", name="Cerrar sesión en el teléfono")
	logout.wait_for()
	assert client.status(number)["phoneNumber"] == "34600000001"
	logout.click()
	row(page, "ventas_1").get_by_text("Desconectada").wait_for()
	assert client.status(number)["disconnectCode"] == 401


def test_waiting_sessions_are_offered_different_numbers(client, open_page):
	client.sandbox.add("soporte_1", phone_number="34600000001")
	client.waiting("ventas_1")
	client.waiting("ventas_2")
	page = open_page()
	numbers = [row(page, f"ventas_{n}").get_by_label("Número del teléfono").input_value() for n in (1, 2)]
	assert numbers == ["34600000002", "34600000003"]


def test_the_page_follows_what_happens_and_keeps_what_is_typed(client, open_page):
	client.waiting("ventas_1")
	page = open_page()
	row(page, "ventas_1").get_by_label("Número del teléfono").fill("34600000077")
	client.sandbox.add("ventas_2", phone_number="34600000002")
	a_second_later(page)
	row(page, "ventas_2").get_by_text("Conectada").wait_for()
	client.sandbox.forget("ventas_2")
	a_second_later(page)
	row(page, "ventas_2").wait_for(state="detached")
	assert row(page, "ventas_1").get_by_label("Número del teléfono").input_value() == "34600000077"


def test_names_are_text_and_never_markup(client, open_page):
	name = "<img src=x onerror=\"document.title='taken'\"> & <b>Ventas</b>"
	client.sandbox.add("ventas_1", session_name=name)
	page = open_page()
	assert row(page, "ventas_1").get_by_role("heading").inner_text() == name
	assert page.locator("main img, main b").count() == 0 and page.title() == "Teléfono de pruebas"


def test_a_refused_scan_is_told(client, open_page):
	client.waiting()
	page = open_page()
	button = row(page, "ventas_1").get_by_role("button", name="Escanear", exact=True)
	button.wait_for()
	client.sandbox.forget("ventas_1")
	button.click()
	page.get_by_role("status").get_by_text("ventas_1").wait_for()


def test_a_server_that_is_away_is_told_and_its_return_too(client, open_page):
	client.waiting()
	page = open_page()
	row(page, "ventas_1").wait_for()
	client.sandbox.stop()
	a_second_later(page)
	page.get_by_text("El servidor no responde").wait_for()
	client.sandbox.start()
	a_second_later(page)
	page.get_by_text("El servidor no responde").wait_for(state="detached")


def test_a_pairing_code_is_typed_only_where_one_was_asked_for(client, open_page, until):
	number = client.waiting()
	page = open_page()
	field = row(page, "ventas_1").get_by_label("Código de vinculación")
	row(page, "ventas_1").get_by_role("button", name="Escanear", exact=True).wait_for()
	assert not field.is_visible()
	body = {"phoneNumber": "34600000001"}
	code = client.post(f"/api/sessions/{number}/pairing-code", body).json()["data"]["code"]
	a_second_later(page)
	field.fill("WRONG-123")
	link = row(page, "ventas_1").get_by_role("button", name="Vincular con el código")
	link.click()
	page.get_by_role("status").get_by_text("mistyped").wait_for()
	field.fill(f"{code[:4]}-{code[4:]}".lower())
	link.click()
	until(lambda: client.status(number)["isConnected"])


def test_another_phone_than_expected_is_told(client, open_page, until):
	number = client.waiting(phoneNumber="34600000009")
	page = open_page()
	field = row(page, "ventas_1").get_by_label("Número del teléfono")
	assert field.input_value() == "34600000009"
	field.fill("34600000005")
	row(page, "ventas_1").get_by_role("button", name="Escanear", exact=True).click()
	until(lambda: client.status(number)["isConnected"])
	a_second_later(page)
	row(page, "ventas_1").get_by_text("34600000005 · se esperaba 34600000009").wait_for()


def test_a_cut_connection_comes_back_by_itself(client, open_page):
	number = client.connected()
	page = open_page()
	row(page, "ventas_1").get_by_role("button", name="Cortar la conexión").click()
	row(page, "ventas_1").get_by_text("Conectando").wait_for()
	assert client.status(number)["disconnectCode"] == 428
	assert client.status(number)["phoneNumber"] == "34600000001"


def test_messages_are_shown_with_what_became_of_them(client, open_page, until):
	client.sandbox.registry.ack_delay = 0.01
	client.connected()
	client.post("/api/messages/ventas_1/send", {"to": "34600000002", "message": "<b>Prueba</b>"})
	until(lambda: client.sandbox.messages()[0]["status"] == "read")
	page = open_page()
	row(page, "ventas_1").get_by_text("<b>Prueba</b> → 34600000002@s.whatsapp.net · leído").wait_for()


def test_two_rows_of_one_session_are_both_shown(client, open_page):
	client.connected()
	client.sandbox.duplicate("ventas_1")
	page = open_page()
	row(page, "ventas_1").nth(1).wait_for()
	assert row(page, "ventas_1").locator(".state").all_inner_texts() == ["Conectada", "Desconectada"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_english_light_dark_and_narrow(client, open_page, scheme):
	client.waiting()
	page = open_page("?lang=en", color_scheme=scheme, viewport={"width": 320, "height": 600})
	row(page, "ventas_1").get_by_role("button", name="Scan", exact=True).wait_for()
	assert page.locator("html").get_attribute("lang") == "en"
	assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
	background = page.evaluate("getComputedStyle(document.body).backgroundColor")
	assert (sum(map(int, re.findall(r"\d+", background))) < 200) == (scheme == "dark")


def test_the_page_takes_nothing_from_elsewhere_and_builds_no_markup(sandbox):
	answer = requests.get(f"{sandbox.url}/phone", timeout=5)
	assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
	source = PAGE.read_text(encoding="utf-8")
	assert not re.search(r"https?://|innerHTML|insertAdjacentHTML|document\.write|@import|src=", source)


def test_both_languages_say_the_same_things():
	source = PAGE.read_text(encoding="utf-8")
	spanish, english = re.search(r"es: {(.*?)\n\t},\n\ten: {(.*?)\n\t},", source, re.S).groups()
	keys = [re.findall(r"(\w+): \"", part) for part in (spanish, english)]
	assert keys[0] == keys[1] and len(keys[0]) == 21
