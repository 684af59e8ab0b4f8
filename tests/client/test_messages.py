"""Texts: sent once, refused, and what became of them."""

from __future__ import annotations

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import (
	NotFoundError,
	RateLimitedError,
	RefusedByState,
	RejectedError,
	ServerError,
	UnavailableError,
)

from .envelopes import data, sent

ID = "3EB0FAKE000000000001"


@pytest.mark.parametrize(
	"fields",
	[
		{"messageId": ID, "to": "34600000001", "message": "hola", "status": "sent"},
		{"message": {"id": 901, "whatsappMessageId": ID, "status": "sent"}},
		{"whatsappMessageId": ID, "messageId": "901"},
		{"key": {"id": ID, "fromMe": True}},
		{"message": {"key": {"id": ID}, "message": {"conversation": "hola"}}},
	],
	ids=["flat", "message", "both", "key", "baileys"],
)
def test_a_text_is_sent_by_the_text_id_and_whatsapps_id_of_it_comes_back(answering, fields):
	client = answering((200, data(**fields)))
	assert client.send_text("ventas_demo_0001", "+34 600 000 001", "Señal ☎") == ID
	assert sent(client) == (
		"POST /api/messages/ventas_demo_0001/send HTTP/1.1",
		{"to": "34600000001@s.whatsapp.net", "type": "text", "message": "Señal ☎"},
	)


def test_a_jid_is_sent_as_it_is(answering):
	client = answering((200, data(messageId=ID)))
	client.send_text("ventas_demo_0001", "123456789012345@lid", "hola")
	assert sent(client)[1]["to"] == "123456789012345@lid"


@pytest.mark.parametrize("fields", [{}, {"message": "hola"}, {"message": {"id": 901}}, {"messageId": None}])
def test_a_message_without_an_id_may_be_on_its_way(answering, fields):
	client = answering((200, data(**fields)), (200, data(messageId=ID)))
	with pytest.raises(ServerError) as caught:
		client.send_text("ventas_demo_0001", "34600000001", "hola")
	assert caught.value.outcome_unknown
	assert client.send_text("ventas_demo_0001", "34600000001", "hola") == ID


@pytest.mark.parametrize(
	("status", "body", "kind", "unknown"),
	[
		(400, {"success": False, "code": "SESSION_NOT_CONNECTED"}, RefusedByState, False),
		(429, {"success": False, "code": "MESSAGE_RATE_LIMIT_EXCEEDED"}, RateLimitedError, False),
		(400, {"success": False, "code": "MESSAGE_RATE_LIMIT_EXCEEDED"}, RateLimitedError, False),
		(500, {"success": False, "code": "WHATSAPP_ERROR"}, ServerError, True),
		(502, b"<html>Bad Gateway</html>", ServerError, True),
		(503, {"success": False}, ServerError, True),
	],
)
def test_a_text_is_never_sent_twice_whatever_went_wrong(answering, status, body, kind, unknown):
	client = answering((status, body), (200, data(messageId=ID)))
	with pytest.raises(kind) as caught:
		client.send_text("ventas_demo_0001", "34600000001", "hola")
	assert caught.value.outcome_unknown is unknown
	assert len(client.server.requests) == 1
	assert client.send_text("ventas_demo_0001", "34600000001", "hola") == ID


def test_a_text_whose_connection_breaks_is_not_sent_again(raw_server, reply):
	server = raw_server(b"", reply(200, data(messageId=ID)))
	with BaileysClient(server.url, "sandbox-key") as client:
		with pytest.raises(UnavailableError) as caught:
			client.send_text("ventas_demo_0001", "34600000001", "hola")
		assert caught.value.outcome_unknown
		assert len(server.requests) == 1
		assert client.send_text("ventas_demo_0001", "34600000001", "hola") == ID


@pytest.mark.parametrize("to", ["", "abc", "+", " "])
def test_a_recipient_without_a_digit_is_refused_before_anything_is_sent(answering, to):
	client = answering((200, data(messageId=ID, code="ABCD1234")))
	for ask in (
		lambda: client.send_text("ventas_demo_0001", to, "hola"),
		lambda: client.request_pairing_code(7, to),
	):
		with pytest.raises(RejectedError) as caught:
			ask()
		assert caught.value.code == "invalid_phone"
	assert client.server.requests == []
	assert client.send_text("ventas_demo_0001", "34600000001", "hola") == ID
	assert client.request_pairing_code(7, "34600000001").code == "ABCD1234"


@pytest.mark.parametrize("name", ["../x", "@host/", "two words"])
def test_the_id_of_a_session_is_one_segment_of_the_path_of_its_messages_too(answering, name):
	client = answering((200, data(messageId=ID)))
	client.send_text(name, "34600000001", "hola")
	assert sent(client)[0].count("/") == 5


LISTED = [
	{"whatsappMessageId": "3EB0OTHER", "status": "read"},
	{"whatsappMessageId": ID, "status": "delivered"},
]


@pytest.mark.parametrize(
	("rows", "status"),
	[
		(LISTED, "delivered"),
		([{"messageId": ID, "ack": 3}], "read"),
		([{"key": {"id": ID}, "status": 3}], "delivered"),
		([{"id": ID, "status": "READ"}], "read"),
		([{"whatsappMessageId": ID}], ""),
		([{"whatsappMessageId": "3EB0OTHER", "status": "read"}, None, 7], ""),
		([], ""),
	],
)
def test_what_became_of_a_text_is_read_in_its_own_chat_only(answering, rows, status):
	client = answering((200, data(messages=rows)))
	assert client.get_message_status("ventas_demo_0001", "+34 600 000 001", ID) == status
	line = client.server.requests[0].splitlines()[0].decode()
	assert line.startswith(
		"GET /api/messages/ventas_demo_0001?chatId=34600000001%40s.whatsapp.net&fromMe=true"
	)


def test_a_server_without_a_list_of_messages_says_so_and_the_next_answer_counts(answering):
	client = answering(
		(404, {"success": False, "code": "NOT_FOUND"}),
		(200, {"success": True, "data": {}}),
		(200, data(messages=LISTED)),
	)
	with pytest.raises(NotFoundError):
		client.get_message_status("ventas_demo_0001", "34600000001", ID)
	with pytest.raises(ServerError):
		client.get_message_status("ventas_demo_0001", "34600000001", ID)
	assert client.get_message_status("ventas_demo_0001", "34600000001", ID) == "delivered"
