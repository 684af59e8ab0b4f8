"""Answers that are no answer of a Baileys server, or not the answer to what was asked."""

from __future__ import annotations

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import (
	AuthenticationError,
	IntermediaryError,
	RateLimitedError,
	ServerError,
)


@pytest.mark.parametrize("status", [200, 400, 404, 409, 500, 502, 503, 504])
def test_an_html_page_is_a_server_error_whatever_its_status_and_no_markup_comes_out(
	client, sandbox, session, status
):
	sandbox.fault("connect", "html", status=status)
	with pytest.raises(ServerError) as caught:
		client.connect(session.id)
	code = "intermediary" if status in (409, 500, 502, 503, 504) else "not_json"
	assert (caught.value.status, caught.value.code) == (status, code)
	assert "<" not in str(caught.value) and str(status) in str(caught.value)
	assert client.connect(session.id)


def test_an_html_page_still_says_that_the_limit_is_reached(client, sandbox, session):
	sandbox.fault("connect", "html", status=429)
	with pytest.raises(RateLimitedError) as caught:
		client.connect(session.id)
	assert "<" not in str(caught.value)
	assert client.connect(session.id)


WITHOUT_ENVELOPE = {
	"challenge page": b"<!DOCTYPE html><title>Just a moment...</title><h1>Checking your browser</h1>",
	"plain text": b"Access denied",
	"empty": b"",
	"API gateway": b'{"message": "Forbidden"}',
	"numeric code": b'{"code": 401, "message": "No API key found in request"}',
	"another program": b'{"error": "access_denied", "success": null}',
	"not an object": b'["denied"]',
}


@pytest.mark.parametrize("body", WITHOUT_ENVELOPE)
@pytest.mark.parametrize("status", [401, 403, 406, 500, 502, 503, 504, 520])
def test_a_refusal_that_no_baileys_server_wrote_comes_from_something_in_front_of_it(
	raw_server, reply, status, body
):
	answer = reply(status, WITHOUT_ENVELOPE[body])
	server = raw_server(answer, reply(200, {"success": True, "data": {"id": 7, "status": "connected"}}))
	with BaileysClient(server.url, "sandbox-key", retries=0) as client:
		with pytest.raises(IntermediaryError) as caught:
			client.get_status(7)
		assert caught.value.status == status
		assert "<" not in str(caught.value)
		assert client.get_status(7).status == "connected"


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
	"envelope", [{"success": False}, {"success": False, "error": "no"}, {"code": "INVALID_API_KEY"}]
)
def test_the_same_statuses_in_the_servers_envelope_are_about_the_key(raw_server, reply, status, envelope):
	with BaileysClient(raw_server(reply(status, envelope)).url, "sandbox-key") as client:
		with pytest.raises(AuthenticationError):
			client.get_status(7)


@pytest.mark.parametrize("status", [200, 400, 404, 405])
def test_a_page_that_refuses_nobody_may_mean_that_the_address_leads_elsewhere(raw_server, reply, status):
	with BaileysClient(raw_server(reply(status, b"<html>hola</html>")).url, "sandbox-key") as client:
		with pytest.raises(ServerError) as caught:
			client.get_status(7)
	assert not isinstance(caught.value, IntermediaryError)


@pytest.mark.parametrize(
	"body",
	[
		b"",
		b"   ",
		b"esto no es JSON",
		b'{"success": true, "data": {"id": 4',
		b"[]",
		b'[{"success": true}]',
		b'"success"',
		b"null",
		b"true",
		b"{}",
		b'{"success": "true", "data": {"status": "connected"}}',
		b'{"success": 1, "data": {"status": "connected"}}',
		b'{"data": {"status": "connected"}}',
		b'{"success": true}',
		b'{"success": true, "data": null}',
		b'{"success": true, "data": []}',
		b'{"success": true, "data": "connected"}',
		b'{"success": true, "data": {}}',
		b'{"success": true, "data": {"status": 7.5, "id": true}}',
		b"\xff\xfe\x00",
		b"[" * 100_000,
		b'{"success": true, "data": {"id": ' + b"9" * 5000 + b"}}",
	],
	ids=lambda body: body[:40].decode("latin-1"),
)
def test_a_200_that_is_no_session_in_an_envelope_is_a_server_error(raw_server, reply, body):
	server = raw_server(
		reply(200, body), reply(200, {"success": True, "data": {"id": 7, "status": "connected"}})
	)
	with BaileysClient(server.url, "sandbox-key") as client:
		with pytest.raises(ServerError) as caught:
			client.get_status(7)
		assert caught.value.code in ("not_json", "not_envelope")
		assert len(str(caught.value)) <= 100
		assert client.get_status(7).status == "connected"


def test_the_beginning_of_broken_json_is_not_shown_because_it_may_be_a_qr_code(client, sandbox, session):
	sandbox.fault("status", "truncated")
	with pytest.raises(ServerError) as caught:
		client.get_status(session.id)
	assert session.sessionId not in str(caught.value)
	assert client.get_status(session.id).session_id == session.sessionId


@pytest.mark.parametrize(
	"body", [{"exc_type": "DoesNotExistError"}, {"message": "Cannot GET /api/sessions/7/status"}, {}]
)
def test_a_404_of_another_program_does_not_mean_that_the_session_is_gone(raw_server, reply, body):
	server = raw_server(reply(404, body))
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(ServerError) as caught:
		client.get_status(7)
	assert (caught.value.status, caught.value.code) == (404, "not_envelope")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_named_and_never_followed(client, sandbox, session, raw_server, reply, status):
	elsewhere = raw_server(reply(200, {"success": True}))
	sandbox.fault("status", "redirect", status=status, location=f"{elsewhere.url}/api/sessions")
	with pytest.raises(ServerError, match="redirect") as caught:
		client.get_status(session.id)
	assert (caught.value.status, caught.value.code) == (status, "redirect")
	assert elsewhere.url in str(caught.value)
	assert elsewhere.requests == []
	assert client.get_status(session.id).session_id == session.sessionId


@pytest.mark.parametrize(
	"location", ["", "/login", "http://[", "//x", "http://user:secret-word@x.example/", "javascript:alert(1)"]
)
def test_a_redirect_to_a_strange_place_is_still_only_a_redirect(raw_server, reply, location):
	server = raw_server(reply(302, b"", Location=location))
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(ServerError) as caught:
		client.get_status(7)
	assert caught.value.code == "redirect"
	assert "secret-word" not in str(caught.value) and "javascript" not in str(caught.value)


def test_an_answer_beyond_8_mib_is_given_up_without_reading_it_to_the_end(client, sandbox, session):
	sandbox.fault("status", "huge", megabytes=10)
	with pytest.raises(ServerError, match="too large") as caught:
		client.get_status(session.id)
	assert caught.value.code == "oversize"
	assert client.get_status(session.id).session_id == session.sessionId


def test_an_endless_answer_without_a_length_is_given_up_too(raw_server):
	def endless(connection):
		connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
		while True:
			connection.sendall(b" " * 1_000_000)

	server = raw_server(endless)
	with BaileysClient(server.url, "sandbox-key", timeout=5) as client:
		with pytest.raises(ServerError, match="too large"):
			client.get_status(7)


@pytest.mark.parametrize(("operation", "route"), [("get_session", "get"), ("get_status", "status")])
def test_an_answer_about_another_session_is_never_taken_for_the_one_asked_for(
	client, sandbox, session, operation, route
):
	sandbox.fault(route, "wrong_session", times=2)
	for identifier in (session.id, str(session.id)):
		with pytest.raises(ServerError) as caught:
			getattr(client, operation)(identifier)
		assert caught.value.code == "wrong_session"
	assert getattr(client, operation)(session.id).session_id == session.sessionId


@pytest.mark.parametrize("operation", ["get_qr", "connect", "disconnect", "restart"])
def test_an_answer_that_only_names_its_session_keeps_that_name_so_that_the_caller_can_compare(
	client, sandbox, session, operation
):
	client.connect(session.id)
	sandbox.fault(operation.removeprefix("get_"), "wrong_session")
	assert getattr(client, operation)(session.id).session_id == "otra_sesion_0001"


@pytest.mark.parametrize(
	("asked", "answered", "taken"),
	[
		(7, {"id": 7, "sessionId": "any"}, True),
		(7, {"id": "7"}, True),
		(7, {"sessionId": "any"}, True),
		(7, {"id": 8, "sessionId": "any"}, False),
		("7", {"id": 8, "sessionId": "7"}, True),
		("ventas", {"id": 8, "sessionId": "ventas"}, True),
		("ventas", {"id": 8}, True),
		("ventas", {"id": 8, "sessionId": "otra"}, False),
		("ventas", {"sessionId": "Ventas"}, False),
	],
)
def test_the_session_of_an_answer_is_compared_with_the_one_asked_for(
	raw_server, reply, asked, answered, taken
):
	server = raw_server(reply(200, {"success": True, "data": answered | {"status": "connected"}}))
	with BaileysClient(server.url, "sandbox-key") as client:
		if taken:
			assert client.get_status(asked).status == "connected"
		else:
			with pytest.raises(ServerError, match="another session"):
				client.get_status(asked)


def test_create_does_not_take_the_answer_about_another_session(client, sandbox):
	sandbox.fault("create", "wrong_session")
	with pytest.raises(ServerError) as caught:
		client.create_session("ventas_demo_0001", "Ventas")
	assert caught.value.code == "wrong_session"
	assert client.find_session("ventas_demo_0001").session_id == "ventas_demo_0001"
