"""Every form in which a QR code may come, and everything that may come in its place."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import pytest

from xappiens_whatsapp.baileys.errors import NotReadyError, ServerError

from .envelopes import data


@pytest.mark.parametrize("variant", ["data_url", "base64", "raw", "qr_data", "no_expiry"])
def test_every_form_of_a_qr_code_becomes_a_png_data_url(client, sandbox, session, variant):
	client.connect(session.id)
	sandbox.fault("qr", "variant", name=variant)
	code = client.get_qr(session.id)
	assert code.data_url.startswith("data:image/png;base64,iVBORw0KGgo")
	assert code.data_url.count("data:") == 1


def test_the_expiry_of_a_qr_code_is_the_servers(answering):
	client = answering(data(qrCode="2@a,b,c", expiresAt="2025-01-01T00:01:00.000Z", status="pending"))
	code = client.get_qr(7)
	assert code.expires_at == datetime(2025, 1, 1, 0, 1, tzinfo=timezone.utc)
	assert code.status == "pending"


@pytest.mark.parametrize("expiry", [None, "", "soon", True, -5])
def test_a_qr_code_without_a_readable_expiry_is_good_for_60_seconds(answering, expiry):
	before = datetime.now(timezone.utc)
	code = answering(data(qrCode="2@a,b,c", expiresAt=expiry)).get_qr(7)
	assert timedelta(seconds=59) < code.expires_at - before < timedelta(seconds=65)


@pytest.mark.parametrize("status", [404, 500])
def test_a_qr_code_that_is_not_there_yet_is_not_ready_and_comes_later(client, sandbox, session, status):
	client.connect(session.id)
	code = "SESSION_NOT_FOUND" if status == 404 else "QR_GENERATION_ERROR"
	sandbox.fault("qr", "http", status=status, code=code, error="Error obteniendo código QR")
	with pytest.raises(NotReadyError) as caught:
		client.get_qr(session.id)
	assert (caught.value.status, caught.value.code) == (status, code)
	assert caught.value.retry_after > 0
	assert client.get_qr(session.id)


@pytest.mark.parametrize(("fault", "details"), [("empty_qr", {}), ("late_qr", {"seconds": 0.05})])
def test_a_qr_code_that_is_late_is_not_ready_and_comes_later(client, sandbox, session, fault, details):
	sandbox.fault("qr", fault, **details)
	client.connect(session.id)
	with pytest.raises(NotReadyError):
		client.get_qr(session.id)
	time.sleep(0.1)
	assert client.get_qr(session.id)


@pytest.mark.parametrize("empty", ["", "   ", None, 0, [], {}])
def test_an_empty_qr_code_is_not_ready(answering, empty):
	with pytest.raises(NotReadyError) as caught:
		answering(data(qrCode=empty, sessionId="ventas_demo_0001", status="connecting")).get_qr(7)
	assert caught.value.status == 200


@pytest.mark.parametrize("status", [200, 400])
def test_the_code_that_says_not_ready_counts_under_any_status(answering, status):
	client = answering((status, {"success": False, "error": "espera", "code": "QR_GENERATION_ERROR"}))
	with pytest.raises(NotReadyError):
		client.get_qr(7)


def test_the_same_words_without_the_code_are_a_server_failure(answering):
	with pytest.raises(ServerError):
		answering((500, {"success": False, "error": "QR_GENERATION_ERROR"})).get_qr(7)


def test_not_ready_is_only_said_of_qr_codes(answering):
	with pytest.raises(ServerError):
		answering((500, {"success": False, "code": "QR_GENERATION_ERROR"})).get_status(7)


NO_PICTURE = [
	"data:image/svg+xml,<svg/>",
	"data:image/jpeg;base64,/9j/4AAQSkZJRgABAQ==",
	"data:image/png;base64,AAAA",
	"/9j/4AAQSkZJRgABAQ==",
	"Error: no code, try again later",
	"pending",
	"2@" + "a,b,c" * 1000,
]
NO_CODE = [
	"undefined",
	"null",
	"[object Object]",
	"data:image/png;base64,",
	"data:image/png;base64,undefined",
	"data:image/png;base64,null",
	"data:image/png;base64,[object Promise]",
]


@pytest.mark.parametrize("code", NO_PICTURE)
def test_what_cannot_be_a_qr_code_is_a_server_error_and_the_next_code_is_shown(answering, code):
	client = answering(data(qrCode=code), data(qrCode="2@a,b,c"))
	with pytest.raises(ServerError) as caught:
		client.get_qr(7)
	assert caught.value.code == "not_a_qr_code"
	assert client.get_qr(7).data_url


@pytest.mark.parametrize("code", NO_CODE)
def test_what_a_program_writes_for_no_value_is_no_code_yet(answering, code):
	client = answering(data(qrCode=code), data(qr_data=code), data(qrCode="2@a,b,c"))
	for _ in range(2):
		with pytest.raises(NotReadyError):
			client.get_qr(7)
	assert client.get_qr(7).data_url


@pytest.mark.parametrize("code", [*NO_PICTURE, *NO_CODE, 7, True, {"url": "x"}])
def test_a_code_that_is_none_does_not_keep_create_status_and_list_from_succeeding(answering, code):
	row = {"id": 7, "sessionId": "ventas_demo_0001", "status": "qr_code", "qrCode": code}
	client = answering(data(session=row), data(**row), data(sessions=[row]))
	created = client.create_session("ventas_demo_0001", "Ventas")
	assert (created.id, created.status, created.qr_code) == (7, "qr_code", None)
	assert client.get_status(7).qr_code is None
	assert client.list_sessions().sessions[0].qr_code is None
