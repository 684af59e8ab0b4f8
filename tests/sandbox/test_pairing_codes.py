"""Linking with eight characters instead of a camera."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from xappiens_whatsapp.sandbox import Sandbox, ScanRefused

NUMBER = "34600000001"


def ask(client, number, phone_number=NUMBER):
	return client.post(f"/api/sessions/{number}/pairing-code", {"phoneNumber": phone_number})


def code_for(client, number, phone_number=NUMBER):
	answer = ask(client, number, phone_number)
	assert answer.status_code == 200
	return answer.json()["data"]["code"]


def test_a_code_has_eight_characters_and_an_end(client):
	data = ask(client, client.waiting()).json()["data"]
	assert (
		data["sessionId"] == "ventas_1"
		and len(data["code"]) == 8
		and set(data["code"]) <= set("123456789ABCDEFGHJKLMNPQRSTVWXYZ")
	)
	left = datetime.fromisoformat(data["expiresAt"].replace("Z", "+00:00")).timestamp() - time.time()
	assert 150 < left <= 160


@pytest.mark.parametrize(
	"typed", [str, str.lower, lambda code: f"{code[:4]}-{code[4:]}", lambda code: f" {code} "]
)
def test_the_phone_takes_the_code_however_it_is_typed(client, until, typed):
	number = client.waiting()
	client.sandbox.enter_code("ventas_1", typed(code_for(client, number)), NUMBER)
	assert client.status(number)["status"] == "connecting"
	until(lambda: client.status(number)["isConnected"])
	assert client.status(number)["phoneNumber"] == NUMBER


def test_a_qr_can_still_be_scanned_while_a_code_waits(client, until):
	number = client.waiting()
	code = code_for(client, number)
	client.sandbox.scan("ventas_1", "34600000002")
	until(lambda: client.status(number)["isConnected"])
	with pytest.raises(ScanRefused):
		client.sandbox.enter_code("ventas_1", code, NUMBER)


def test_the_last_code_counts(client):
	number = client.waiting()
	first, second = code_for(client, number), code_for(client, number)
	assert first != second
	with pytest.raises(ScanRefused, match="replaced"):
		client.sandbox.enter_code("ventas_1", first, NUMBER)
	client.sandbox.enter_code("ventas_1", second, NUMBER)


def test_a_code_is_for_the_phone_that_it_was_made_for(client):
	number = client.waiting()
	code = code_for(client, number)
	with pytest.raises(ScanRefused, match="another phone"):
		client.sandbox.enter_code("ventas_1", code, "34600000002")
	assert client.status(number)["status"] == "qr_code"
	client.sandbox.enter_code("ventas_1", code, NUMBER)


def test_a_code_that_has_expired_or_whose_session_gave_up_is_refused(client_of):
	with Sandbox(qr_delay=0, pairing_code_lifetime=0.05) as sandbox:
		client = client_of(sandbox)
		number = client.waiting()
		code = code_for(client, number)
		time.sleep(0.06)
		with pytest.raises(ScanRefused, match="expired"):
			sandbox.enter_code("ventas_1", code)
		code = code_for(client, number)
		client.post(f"/api/sessions/{number}/disconnect")
		with pytest.raises(ScanRefused):
			sandbox.enter_code("ventas_1", code)


def test_only_a_session_that_waits_for_a_phone_has_codes(client):
	number = client.create()
	answer = ask(client, number)
	assert (answer.status_code, answer.json()["code"]) == (409, "SESSION_NOT_WAITING")
	connected = client.connected("ventas_2")
	answer = ask(client, connected)
	assert (answer.status_code, answer.json()["code"]) == (409, "SESSION_NOT_WAITING")
	assert client.status(connected)["isConnected"]


@pytest.mark.parametrize("wrong", ["", "+34600000001", "6000000", "034600000001", 34600000001, None])
def test_what_is_no_number_is_refused(client, wrong):
	number = client.waiting()
	answer = ask(client, number, wrong)
	assert (answer.status_code, list(answer.json()["details"])) == (400, ["phoneNumber"])
	assert code_for(client, number)


def test_a_server_that_cannot_make_a_code_right_now(client):
	number = client.waiting()
	client.sandbox.fault("pairing_code", "http", status=500, code="WHATSAPP_ERROR")
	assert ask(client, number).json()["code"] == "WHATSAPP_ERROR"
	assert code_for(client, number)


def test_codes_over_http(client, until):
	number = client.waiting()
	body = {"sessionId": "ventas_1", "code": code_for(client, number), "phoneNumber": "34600000002"}
	answer = client.control("POST", "enter-code", body)
	assert (answer.status_code, answer.json()["code"]) == (409, "SCAN_REFUSED")
	assert client.control("POST", "enter-code", body | {"phoneNumber": NUMBER}).status_code == 200
	until(lambda: client.status(number)["isConnected"])


def test_another_phone_than_the_expected_one_can_scan(client, until):
	number = client.waiting(phoneNumber="34600000009")
	assert client.sandbox.sessions()[0]["expectedNumber"] == "34600000009"
	client.sandbox.scan("ventas_1", NUMBER)
	until(lambda: client.status(number)["isConnected"])
	row = client.sandbox.sessions()[0]
	assert (row["phoneNumber"], row["expectedNumber"]) == (NUMBER, "34600000009")
