"""What a refusal says of the session, and whether an action that failed may have been carried out all the same."""

from __future__ import annotations

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import (
	BaileysError,
	ConflictError,
	RateLimitedError,
	RefusedByState,
	RejectedError,
	ServerError,
	TimedOutError,
	UnavailableError,
)

READS = {
	"get": lambda client, number: client.get_session(number),
	"status": lambda client, number: client.get_status(number),
	"qr": lambda client, number: client.get_qr(number),
}
ACTIONS = {
	"create": lambda client, number: client.create_session("otra_demo_0002", "Otra"),
	"connect": lambda client, number: client.connect(number),
	"disconnect": lambda client, number: client.disconnect(number),
	"restart": lambda client, number: client.restart(number),
	"delete": lambda client, number: client.delete_session(number),
	"webhook": lambda client, number: client.update_webhook(number, "https://crm.example/hook", "s" * 20),
}


@pytest.mark.parametrize("route", [*READS, *ACTIONS])
def test_a_refusal_that_states_the_state_tells_it_on_every_route_and_the_next_call_works(
	client, sandbox, session, route
):
	client.connect(session.id)
	words = {"status": 400, "code": "SESSION_NOT_CONNECTED", "error": "La sesión debe estar conectada"}
	sandbox.fault(route, "http", **words)
	with pytest.raises(RefusedByState) as caught:
		(READS | ACTIONS)[route](client, session.id)
	assert (caught.value.state, caught.value.code) == ("disconnected", "SESSION_NOT_CONNECTED")
	assert isinstance(caught.value, RejectedError) and not caught.value.outcome_unknown
	assert client.get_status(session.id).session_id == session.sessionId


@pytest.mark.parametrize(
	("status", "code", "words", "state"),
	[
		(400, "SESSION_NOT_CONNECTED", "", "disconnected"),
		(200, "SESSION_NOT_CONNECTED", "", "disconnected"),
		(409, "SESSION_DISCONNECTED", "x", "disconnected"),
		(403, "SESSION_NOT_CONNECTED", "", "disconnected"),
		(404, "SESSION_NOT_CONNECTED", "", "disconnected"),
		(500, "SESSION_NOT_CONNECTED", "", "disconnected"),
		(400, "session_not_connected", "", "disconnected"),
		(400, "NOT_CONNECTED", "", "disconnected"),
		(401, "SESSION_LOGGED_OUT", "", "disconnected"),
		(409, "SESSION_ALREADY_CONNECTED", "", "connected"),
		(409, "SESSION_CONNECTED", "", "connected"),
		(400, "SESSION_CONNECTING", "", "connecting"),
		(400, "", "Sesión no conectada", "disconnected"),
		(400, "", "La sesión no se encuentra conectada", "disconnected"),
		(400, "ALREADY_CONNECTED", "", "connected"),
		(409, "", "Session already connected", "connected"),
		(400, "VALIDATION_ERROR", "Session is already connected", "connected"),
		(422, "", "La sesión ya está conectada", "connected"),
		(400, "", "La sesion ya esta conectada", "connected"),
		(400, "", "Session already connecting", "connecting"),
		(400, "", "La sesión ya se está conectando", "connecting"),
		(400, "", "Session is already disconnected", "disconnected"),
		(400, "", "La sesión ya está desconectada", "disconnected"),
		(400, "", "La sesión debe estar conectada", "disconnected"),
		(400, "", "Session is not connected", "disconnected"),
		(400, "", "The session must be connected", "disconnected"),
		(400, "", "Session disconnected", "disconnected"),
		(400, "", "Session must be disconnected first", "connected"),
		(400, "", "La sesión debe estar desconectada", "connected"),
	],
)
def test_the_state_is_read_from_the_code_and_from_the_words(raw_server, reply, status, code, words, state):
	server = raw_server(reply(status, {"success": False, "error": words, "code": code}))
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(RefusedByState) as caught:
		client.connect(7)
	assert (caught.value.state, caught.value.status) == (state, status)


@pytest.mark.parametrize(
	("status", "words"),
	[
		(400, "The database is not connected"),
		(400, "Datos de entrada inválidos"),
		(400, "The session could not be disconnected"),
		(500, "La sesión debe estar conectada"),
		(404, "Session not found or not connected"),
		(401, "Session is not connected"),
		(429, "Session is not connected"),
		(409, "Session already exists and is already connected"),
	],
)
def test_other_refusals_state_nothing(raw_server, reply, status, words):
	server = raw_server(reply(status, {"success": False, "error": words}))
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(BaileysError) as caught:
		client.connect(7)
	assert not isinstance(caught.value, RefusedByState)


def test_a_session_that_exists_already_stays_a_conflict(raw_server, reply):
	server = raw_server(
		reply(409, {"success": False, "error": "Session already exists and is already connected"})
	)
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(ConflictError):
		client.create_session("ventas_demo_0001", "Ventas")


TROUBLE_AFTER_SENDING = {
	"500": ("http", {"status": 500}),
	"503": ("http", {"status": 503}),
	"400 with the code of a failure": ("http", {"status": 400, "code": "CONNECTION_ERROR"}),
	"page of a proxy": ("html", {"status": 502}),
	"page with 200": ("html", {"status": 200}),
	"redirect": ("redirect", {}),
	"not JSON": ("not_json", {}),
	"too large": ("huge", {"megabytes": 10}),
	"reset": ("reset", {}),
	"cut": ("cut", {}),
}


@pytest.mark.parametrize("trouble", TROUBLE_AFTER_SENDING)
@pytest.mark.parametrize("route", ACTIONS)
def test_an_action_that_failed_after_it_was_sent_may_have_been_carried_out(
	client, sandbox, session, route, trouble
):
	kind, details = TROUBLE_AFTER_SENDING[trouble]
	sandbox.fault(route, kind, **details)
	with pytest.raises((ServerError, UnavailableError)) as caught:
		ACTIONS[route](client, session.id)
	assert caught.value.outcome_unknown is True


@pytest.mark.parametrize("trouble", TROUBLE_AFTER_SENDING)
def test_a_read_has_no_outcome(client, sandbox, session, trouble):
	kind, details = TROUBLE_AFTER_SENDING[trouble]
	sandbox.fault("status", kind, times=9, **details)
	with pytest.raises((ServerError, UnavailableError)) as caught:
		client.get_status(session.id)
	assert caught.value.outcome_unknown is False


def test_a_delete_that_was_carried_out_but_answered_500_is_gone(client, sandbox, session):
	sandbox.fault("delete", "http", status=500, performed=True)
	with pytest.raises(ServerError) as caught:
		client.delete_session(session.id)
	assert caught.value.outcome_unknown
	assert client.find_session(session.sessionId) is None


@pytest.mark.parametrize("route", ACTIONS)
def test_an_action_that_times_out_may_have_been_carried_out(sandbox, session, route):
	sandbox.fault(route, "slow", seconds=0.4)
	with (
		BaileysClient(sandbox.url, sandbox.api_key, timeout=0.15) as client,
		pytest.raises(TimedOutError) as caught,
	):
		ACTIONS[route](client, session.id)
	assert caught.value.outcome_unknown is True


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 429])
@pytest.mark.parametrize("kind", ["http", "html"])
def test_an_action_that_was_refused_was_not_carried_out(client, sandbox, session, status, kind):
	sandbox.fault("connect", kind, status=status)
	with pytest.raises(BaileysError) as caught:
		client.connect(session.id)
	assert caught.value.outcome_unknown is False


def failure(url: str, **options) -> UnavailableError:
	with BaileysClient(url, "sandbox-key", **options) as client, pytest.raises(UnavailableError) as caught:
		client.delete_session(7)
	return caught.value


def test_an_action_that_nobody_took_was_certainly_not_sent(
	closed_port, full_backlog, raw_server, self_signed
):
	silent = raw_server(lambda connection: connection.recv(1))
	addresses = {
		f"http://127.0.0.1:{closed_port}": "refused",
		"http://no-such-host.invalid:8084": "dns",
		f"http://127.0.0.1:{full_backlog}": "timeout",
		raw_server(b"", certificate=self_signed).url: "tls",
		silent.url.replace("http:", "https:"): "timeout",
	}
	for url, cause in addresses.items():
		error = failure(url, timeout=0.3, connect_timeout=0.3)
		assert (error.cause, error.outcome_unknown) == (cause, False), url


def test_a_connection_that_is_kept_and_breaks_leaves_the_outcome_of_the_second_action_open(raw_server):
	answer = b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"success": true}'

	def once(connection):
		connection.sendall(answer)
		connection.recv(65536)

	server = raw_server(once)
	with BaileysClient(server.url, "sandbox-key") as client:
		client.delete_session(7)
		with pytest.raises(UnavailableError) as caught:
			client.delete_session(7)
	assert (caught.value.cause, caught.value.outcome_unknown) == ("reset", True)


def test_what_our_own_budget_stops_was_not_sent(sandbox, session):
	def refuse() -> None:
		raise RateLimitedError("request budget used up", retry_after=3.0)

	with BaileysClient(sandbox.url, sandbox.api_key, before_request=refuse) as client:
		with pytest.raises(RateLimitedError) as caught:
			client.delete_session(session.id)
	assert caught.value.outcome_unknown is False
	assert sandbox.requests == []


@pytest.mark.parametrize("operation", ["connect", "disconnect", "restart", "create"])
def test_an_action_answered_for_another_session_leaves_open_what_happened(raw_server, reply, operation):
	other = reply(200, {"success": True, "data": {"id": 8, "sessionId": "otra", "status": "connected"}})
	with BaileysClient(raw_server(other).url, "sandbox-key") as client, pytest.raises(ServerError) as caught:
		ACTIONS[operation](client, 7)
	assert (caught.value.code, caught.value.outcome_unknown) == ("wrong_session", True)


def test_a_create_whose_answer_names_no_session_may_have_made_one(raw_server, reply):
	with BaileysClient(raw_server(reply(201, {"success": True, "data": {}})).url, "sandbox-key") as client:
		with pytest.raises(ServerError) as caught:
			client.create_session("ventas_demo_0001", "Ventas")
	assert (caught.value.code, caught.value.outcome_unknown) == ("not_envelope", True)


@pytest.mark.parametrize(
	"body",
	[
		{"error": {"code": "SESSION_NOT_CONNECTED", "message": "x"}},
		{"error": {"message": "Session is not connected"}},
		{"error": "x", "errorCode": "SESSION_NOT_CONNECTED"},
	],
)
def test_words_and_code_are_read_where_other_servers_put_them(raw_server, reply, body):
	server = raw_server(
		reply(400, {"success": False, **body}), reply(200, {"success": True, "data": {"id": 7}})
	)
	with BaileysClient(server.url, "sandbox-key") as client:
		with pytest.raises(RefusedByState) as caught:
			client.get_status(7)
		assert caught.value.state == "disconnected"
		assert client.get_session(7).id == 7
