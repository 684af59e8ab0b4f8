"""Why a session is down, from every place where a server may say so, over the wire."""

from __future__ import annotations

import pytest

from xappiens_whatsapp.baileys import BaileysClient, parse_event


def boom(code: int, message: str = "Connection Failure") -> dict:
	"""As Baileys hands it to `connection.update`."""
	payload = {"statusCode": code, "error": "Unauthorized", "message": message}
	return {"error": {"isBoom": True, "message": message, "output": {"statusCode": code, "payload": payload}}}


REASONS = [
	({"disconnectCode": 440}, 440, None),
	({"disconnectCode": "440"}, 440, None),
	({"statusCode": 515}, 515, None),
	({"disconnectReason": "logout"}, 401, "logout"),
	({"disconnectReason": "401"}, 401, None),
	({"reason": 463}, 463, None),
	({"lastDisconnect": {"statusCode": 428}}, 428, None),
	({"lastDisconnect": {"reason": "timedOut"}}, 408, "timedOut"),
	({"disconnectCode": None, "reason": "logout"}, 401, "logout"),
	({"disconnectCode": 401, "disconnectReason": "loggedOut"}, 401, "loggedOut"),
	({"disconnectCode": 408, "disconnectReason": "qr_timeout"}, 408, "qr_timeout"),
	({"disconnectCode": 408, "disconnectReason": "QR refs attempts ended"}, 408, "QR refs attempts ended"),
	({"lastDisconnect": {"error": {"output": {"statusCode": 401}}}}, 401, None),
	({"lastDisconnect": {"error": {"output": {"statusCode": "401"}}}}, 401, None),
	({"lastDisconnect": {"error": {"output": {"payload": {"statusCode": 403}}}}}, 403, None),
	({"lastDisconnect": boom(440, "Stream Errored (conflict)")}, 440, "Stream Errored (conflict)"),
	({"lastDisconnect": boom(408, "QR refs attempts ended")}, 408, "QR refs attempts ended"),
	({"disconnectReason": boom(401)["error"]}, 401, "Connection Failure"),
	({"disconnectReason": "connection_lost", "lastDisconnect": boom(408)}, 408, "connection_lost"),
	({"disconnectCode": 0, "lastDisconnect": boom(503)}, 503, "Connection Failure"),
	({"reason": "replaced", "code": 440, "willReconnect": False}, 440, "replaced"),
	({"reason": "connection_lost", "code": "428"}, 428, "connection_lost"),
	({"code": "SESSION_NOT_FOUND"}, None, None),
	({"statusCode": 200, "disconnectCode": 515}, 515, None),
	({"statusCode": 200}, None, None),
	({"disconnectCode": 0}, None, None),
	({"disconnectCode": -1}, None, None),
	({"disconnectCode": True}, None, None),
	({"disconnectCode": 4.4e2}, None, None),
	({"disconnectCode": 10**30}, None, None),
	({"disconnectReason": "undefined"}, None, None),
	({"disconnectReason": "   "}, None, None),
	({"disconnectReason": "loggedOut\n\x00"}, 401, "loggedOut"),
	({"disconnectReason": "\ud800"}, None, None),
	({"disconnectReason": "x" * 500}, None, "x" * 100),
	({"disconnectCode": {"code": 1}}, None, None),
	({"lastDisconnect": 440}, 440, None),
	({"lastDisconnect": "440"}, 440, None),
	({"lastDisconnect": "connectionReplaced"}, 440, "connectionReplaced"),
	(
		{"lastDisconnect": {"error": {"message": "Connection Failure", "data": {"reason": "403"}}}},
		403,
		"Connection Failure",
	),
	({"disconnectReason": {"code": 401, "message": "Connection Failure"}}, 401, "Connection Failure"),
	(
		{"lastDisconnect": {"error": {"code": "ECONNRESET", "message": "socket hang up"}}},
		None,
		"socket hang up",
	),
	({"lastDisconnect": 1767225600}, None, None),
	({"lastDisconnect": "yesterday"}, None, None),
	({"lastDisconnect": "2026-01-01T00:00:00Z"}, None, None),
	({"lastDisconnect": {"error": None, "date": "2026-01-01T00:00:00Z"}}, None, None),
	({"message": "Sesión obtenida", "error": "x"}, None, None),
	({}, None, None),
]
ENUM = {
	"connectionClosed": 428,
	"connectionLost": 408,
	"connectionReplaced": 440,
	"timedOut": 408,
	"loggedOut": 401,
	"badSession": 500,
	"restartRequired": 515,
	"multideviceMismatch": 411,
	"forbidden": 403,
	"unavailableService": 503,
}


def told(raw_server, reply, fields: dict, status: str = "disconnected"):
	row = {"id": 7, "sessionId": "ventas_demo_0001", "status": status, **fields}
	server = raw_server(reply(200, {"success": True, "data": row}))
	with BaileysClient(server.url, "sandbox-key") as client:
		return client.get_status(7)


@pytest.mark.parametrize(("fields", "code", "reason"), REASONS)
def test_number_and_word_are_read_from_wherever_the_server_puts_them(raw_server, reply, fields, code, reason):
	status = told(raw_server, reply, fields)
	assert (status.disconnect_code, status.disconnect_reason) == (code, reason)


@pytest.mark.parametrize(("fields", "code", "reason"), REASONS)
def test_a_webhook_tells_its_reason_in_the_same_ways(fields, code, reason):
	for payload in ({"sessionId": "x", **fields}, {"data": {"sessionId": "x", **fields}}):
		event = parse_event({"event": "session.disconnected", **payload}, {})
		assert (event.disconnect_code, event.disconnect_reason) == (code, reason)


@pytest.mark.parametrize("name", ENUM)
@pytest.mark.parametrize("written", [str, str.upper, lambda name: "".join(map(snake, name)), " {} ".format])
def test_every_name_of_baileys_own_enum_has_its_number_however_it_is_written(
	raw_server, reply, name, written
):
	status = told(raw_server, reply, {"disconnectReason": written(name)})
	assert (status.disconnect_code, status.disconnect_reason) == (ENUM[name], written(name).strip())


def snake(letter: str) -> str:
	return f"_{letter.lower()}" if letter.isupper() else letter


@pytest.mark.parametrize("state", ["connecting", "qr_code", "connected", "disconnected", "error"])
def test_a_reason_is_kept_with_every_state(raw_server, reply, state):
	status = told(raw_server, reply, {"disconnectCode": 428, "disconnectReason": "connection_lost"}, state)
	assert (status.status, status.disconnect_code, status.disconnect_reason) == (
		state,
		428,
		"connection_lost",
	)


def test_a_reason_nested_without_end_is_given_up(raw_server, reply):
	nested: dict = {"statusCode": 401}
	for _ in range(200):
		nested = {"error": nested}
	assert told(raw_server, reply, {"lastDisconnect": nested}).disconnect_code is None


def test_a_row_of_the_list_keeps_its_reason_and_does_not_say_what_it_does_not_say(raw_server, reply):
	row = {"id": 7, "sessionId": "ventas_demo_0001", "status": "disconnected", "lastDisconnect": boom(401)}
	server = raw_server(reply(200, {"success": True, "data": {"sessions": [row]}}))
	with BaileysClient(server.url, "sandbox-key") as client:
		(listed,) = client.list_sessions().sessions
	assert (listed.disconnect_code, listed.is_connected, listed.has_qr) == (401, None, None)
