"""Bytes that libraries choke on: whatever comes, a typed error or a value comes out, and the next call works."""

from __future__ import annotations

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import BaileysError, UnavailableError

GOOD = {"success": True, "data": {"id": 7, "status": "connected"}}
OPERATIONS = {
	"status": lambda client: client.get_status(7),
	"qr": lambda client: client.get_qr(7),
	"list": lambda client: client.list_sessions(),
	"create": lambda client: client.create_session("ventas_demo_0001", "Ventas"),
	"delete": lambda client: client.delete_session(7),
	"features": lambda client: client.get_features(),
	"send": lambda client: client.send_text("ventas_demo_0001", "34600000001", "hola"),
	"code": lambda client: client.request_pairing_code(7, "34600000001"),
}


def data(fields: str) -> bytes:
	return b'{"success": true, "data": {"id": 7, "status": "connected", ' + fields.encode() + b"}}"


BODIES = {
	"lone surrogates": data(
		r'"sessionId": "\ud800", "sessionName": "\udc00x", "phoneNumber": "\ud83d", "qrCode": "\ud800,a,b"'
	),
	"surrogates as bytes": b'{"success": true, "data": {"id": 7, "status": "\xed\xa0\x80"}}',
	"not a number": data(
		'"lastActivity": NaN, "expiresAt": Infinity, "phoneNumber": -Infinity, "hasQR": NaN'
	),
	"numbers beyond floats": data('"lastActivity": 1e999, "expiresAt": 1e300, "disconnectCode": 1e400'),
	"numbers of 4,000 digits": data(f'"phoneNumber": {"9" * 4000}, "disconnectCode": {"9" * 4000}'),
	"numbers that Python refuses": data(f'"x": {"9" * 5000}'),
	"lists in lists": data('"x": ' + "[" * 900 + "]" * 900),
	"reasons in reasons": data('"lastDisconnect": ' + '{"error": ' * 900 + "1" + "}" * 900),
	"objects without end": data('"x": ' + '{"a":' * 100_000 + "1" + "}" * 100_000),
	"wrong types everywhere": b'{"success": true, "data": {"session": [], "sessions": {}, "features": 7, "key": 1}}',
	"features of wrong types": b'{"success": true, "features": {"webhookTest": {"a": 1}, "sendText": "yes"}}',
}
ANSWERS = {
	"negative chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n0\r\n\r\n",
	"endless chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
	"negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
	"two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
	"length in superscript": b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\nabcde",
	"status in superscript": b"HTTP/1.1 \xb2\xb2\xb2 OK\r\n\r\n",
	"long header": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
	"many headers": b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 300 + b"\r\n",
	"headers that are no text": b"HTTP/1.1 429 X\r\nRetry-After: \xff\r\nDate: \xff\r\nX-RateLimit-Reset: \xb9\r\n\r\n",
	"redirect to bytes": b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe http://[\r\n\r\n",
	"compression in layers": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, gzip, gzip, gzip, gzip\r\n\r\nabc",
	"another protocol": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00",
}


def answers(client: BaileysClient, operation: str) -> None:
	try:
		OPERATIONS[operation](client)
	except BaileysError as error:
		assert len(str(error)) <= 200


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("name", BODIES)
def test_json_that_is_hard_to_read_is_a_value_or_a_typed_error(raw_server, reply, name, operation):
	server = raw_server(reply(200, BODIES[name]), reply(200, GOOD))
	with BaileysClient(server.url, "sandbox-key", retries=0) as client:
		answers(client, operation)
		assert client.get_status(7).status == "connected"


@pytest.mark.parametrize("operation", ["status", "create", "features"])
@pytest.mark.parametrize("name", ANSWERS)
def test_http_that_is_broken_is_a_typed_error(raw_server, reply, name, operation):
	server = raw_server(ANSWERS[name], reply(200, GOOD))
	with BaileysClient(server.url, "sandbox-key", timeout=2, retries=0) as client:
		with pytest.raises(BaileysError):
			OPERATIONS[operation](client)
		assert client.get_status(7).status == "connected"


def test_of_two_values_under_one_name_the_last_counts_as_everywhere_in_json(raw_server, reply):
	body = b'{"success": false, "success": true, "data": {"id": 8}, "data": {"id": 9, "id": 7, "status": "connected"}}'
	with BaileysClient(raw_server(reply(200, body)).url, "sandbox-key") as client:
		assert client.get_status(7).id == 7


def test_unreadable_fields_are_unknown_and_do_not_hide_the_others(raw_server, reply):
	server = raw_server(reply(200, BODIES["lone surrogates"]), reply(200, BODIES["not a number"]))
	with BaileysClient(server.url, "sandbox-key") as client:
		first, second = client.get_status(7), client.get_status(7)
	assert (first.status, first.session_id, first.name, first.phone_number) == ("connected", "", "x", None)
	assert (second.status, second.last_activity, second.qr_expires_at, second.has_qr) == (
		"connected",
		None,
		None,
		None,
	)


def test_half_an_emoji_goes_over_the_wire_and_breaks_nothing_on_this_side(raw_server, reply):
	server = raw_server(reply(400, {"success": False, "error": "nombre"}))
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(BaileysError):
		client.create_session("ventas_demo_0001", "Ventas \ud83d")
	assert b'"sessionName": "Ventas \\ud83d"' in server.requests[0]


@pytest.mark.parametrize(
	"base_url", ["http://a.example/\ud800", "http://1.2.3.4.5.6", "http://" + "a." * 130 + "x"]
)
def test_an_address_that_resolvers_choke_on_is_unreachable(base_url):
	with BaileysClient(base_url, "sandbox-key", timeout=1, connect_timeout=1, retries=0) as client:
		with pytest.raises(UnavailableError):
			client.delete_session(7)
