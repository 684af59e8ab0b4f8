"""What a server offers beyond linking by QR code: a code to type, a text to send, and its word on what it can do."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.callbacks import Callback, request_callback
from xappiens_whatsapp.baileys.errors import (
	AccountRestrictedError,
	BaileysError,
	NotFoundError,
	RateLimitedError,
	RefusedByState,
	RejectedError,
	ServerError,
	UnavailableError,
)
from xappiens_whatsapp.baileys.models import Features


def sent(client: BaileysClient, number: int = 0) -> tuple[str, dict]:
	head, _blank, body = client.server.requests[number].partition(b"\r\n\r\n")
	return head.split(b"\r\n")[0].decode(), json.loads(body)


def data(**fields) -> dict:
	return {"success": True, "data": fields}


CODE = data(code="ABCD1234", expiresAt="2026-01-01T00:01:00.000Z")


def test_a_pairing_code_is_asked_for_with_the_digits_of_the_phone(answering):
	client = answering((200, CODE))
	code = client.request_pairing_code(7, "+34 600 000 001")
	assert code.code == "ABCD1234"
	assert code.expires_at == datetime(2026, 1, 1, 0, 1, tzinfo=timezone.utc)
	assert sent(client) == (
		"POST /api/sessions/7/pairing-code HTTP/1.1",
		{"phoneNumber": "34600000001"},
	)


@pytest.mark.parametrize("written", ["ABCD-1234", "abcd1234", " ABCD 1234 ", "ABCD‑1234".replace("‑", "-")])
def test_a_pairing_code_comes_without_dashes_and_in_capitals(answering, written):
	code = answering((200, data(code=written))).request_pairing_code(7, "34600000001")
	assert code.code == "ABCD1234"
	assert 55 < (code.expires_at - datetime.now(timezone.utc)).total_seconds() <= 60


@pytest.mark.parametrize("written", [None, "", "ABC", "ABCD12345", 12345678.5, "ÁBCD1234", ["ABCD1234"]])
def test_what_is_no_pairing_code_is_a_server_error_whose_outcome_is_open(answering, written):
	client = answering((200, data(code=written)), (200, CODE))
	with pytest.raises(ServerError) as caught:
		client.request_pairing_code(7, "34600000001")
	assert caught.value.outcome_unknown
	assert client.request_pairing_code(7, "34600000001").code == "ABCD1234"


def test_a_pairing_code_is_a_credential_and_is_in_no_repr(answering):
	assert "ABCD1234" not in repr(answering((200, CODE)).request_pairing_code(7, "34600000001"))


@pytest.mark.parametrize(
	("status", "body", "kind"),
	[
		(409, {"success": False, "error": "Session already connected"}, RefusedByState),
		(409, {"success": False, "code": "SESSION_DISCONNECTED"}, RefusedByState),
		(400, {"success": False, "code": "VALIDATION_ERROR"}, RejectedError),
		(409, {"success": False, "code": "SESSION_NOT_WAITING"}, RejectedError),
		(404, {"success": False, "code": "SESSION_NOT_FOUND"}, NotFoundError),
		(404, {"message": "Cannot POST /api/sessions/7/pairing-code"}, ServerError),
		(429, {"success": False}, RateLimitedError),
		(503, {"success": False}, ServerError),
	],
)
def test_a_pairing_code_that_is_refused_is_asked_for_once_and_the_next_one_comes(
	answering, status, body, kind
):
	client = answering((status, body), (200, CODE))
	with pytest.raises(kind):
		client.request_pairing_code(7, "34600000001")
	assert len(client.server.requests) == 1
	assert client.request_pairing_code(7, "34600000001").code == "ABCD1234"


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


def test_a_text_whose_connection_breaks_is_not_sent_again(raw_server):
	server = raw_server(b"")
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(UnavailableError) as caught:
		client.send_text("ventas_demo_0001", "34600000001", "hola")
	assert caught.value.outcome_unknown
	assert len(server.requests) == 1


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


@pytest.mark.parametrize("name", ["../x", "@host/", "two words"])
def test_the_id_of_a_session_is_one_segment_of_the_path_of_its_messages_too(answering, name):
	client = answering((200, data(messageId=ID)))
	client.send_text(name, "34600000001", "hola")
	assert sent(client)[0].count("/") == 5


ALL = {"pairingCode": True, "sendText": True, "webhookTest": "/api/webhooks/test/session"}
ROUTES = {"pairingCode": "/api/sessions/{id}/pairing-code", "sendText": "/api/messages/{sessionId}/send"}
BY_CONTRACT = Features(send_text=True)


@pytest.mark.parametrize(
	("health", "features"),
	[
		({"features": ALL}, Features(True, True, "/api/webhooks/test/session")),
		({"data": {"features": ALL}}, Features(True, True, "/api/webhooks/test/session")),
		({"features": ROUTES}, Features(pairing_code=True, send_text=True)),
		({"features": {"pairingCode": True}}, Features(pairing_code=True)),
		(
			{"features": {"reconnects": True, "unlinksOnDelete": True}},
			Features(reconnects=True, unlinks_on_delete=True),
		),
		({"features": {"pairingCode": "yes", "sendText": 1, "webhookTest": True}}, Features()),
		({"features": {"pairingCode": False, "sendText": None, "webhookTest": ""}}, Features()),
		({"features": ["pairingCode"]}, BY_CONTRACT),
		({"features": None}, BY_CONTRACT),
		({}, BY_CONTRACT),
	],
)
def test_a_server_has_the_features_that_it_names_and_one_that_names_none_can_send(
	answering, health, features
):
	assert answering((200, {"success": True, "version": "1.0.0"} | health)).get_features() == features


@pytest.mark.parametrize(
	"path",
	[
		"http://evil.example/x",
		"//evil.example/x",
		"/api/../x",
		"/api/x?key=1",
		"/api/x#y",
		"/api/x\r\nX: y",
		"api/x",
		"/api//x",
		"/",
		"/api/sessions/%2e%2e",
		"@evil.example",
	],
)
def test_a_route_that_is_no_plain_path_of_this_server_is_not_asked(answering, path):
	client = answering((200, {"success": True, "features": {"webhookTest": path}}))
	assert client.get_features().webhook_test == ""
	assert request_callback(client, "ventas_demo_0001") is None
	assert len(client.server.requests) == 2


def test_the_sandbox_names_its_own_route_and_calls_back_by_it(
	client, session, raw_server, reply, closed_port
):
	assert request_callback(client, session.sessionId) is None
	client.update_webhook(session.id, f"http://127.0.0.1:{closed_port}/hook", "not-a-real-secret-0000")
	assert request_callback(client, session.sessionId) == Callback(None, "refused")
	hook = raw_server(reply(200))
	client.update_webhook(session.id, f"{hook.url}/hook", "not-a-real-secret-0000")
	assert request_callback(client, session.sessionId) == Callback(200, "")
	assert len(hook.requests) == 1


@pytest.mark.parametrize(
	("answer", "callback"),
	[
		((200, data(status=200)), Callback(200, "")),
		((200, data(status=None, cause="refused")), Callback(None, "refused")),
		((200, data(status=None, error="dns")), Callback(None, "dns")),
		((200, {"success": True}), Callback(None, "")),
		((404, {"success": False, "code": "SESSION_NOT_FOUND"}), None),
		((400, {"success": False, "code": "VALIDATION_ERROR"}), None),
	],
)
def test_what_the_server_got_from_our_webhook_is_told(answering, answer, callback):
	client = answering((200, {"success": True, "features": ALL}), answer)
	assert request_callback(client, "ventas_demo_0001") == callback
	assert sent(client, 1) == (
		"POST /api/webhooks/test/session HTTP/1.1",
		{"sessionId": "ventas_demo_0001"},
	)


def test_a_server_that_claims_the_route_and_then_has_none_cannot_be_asked(answering):
	client = answering((200, {"success": True, "features": ALL}), (404, {"message": "Cannot POST /api/x"}))
	assert request_callback(client, "ventas_demo_0001") is None


def test_features_count_against_no_limit_of_the_key(sandbox):
	asked, answered = [], []
	hooks = {"before_request": lambda: asked.append(1), "after_response": answered.append}
	with BaileysClient(sandbox.url, sandbox.api_key, **hooks) as client:
		client.get_features()
		assert (asked, answered) == ([], [])
		client.list_sessions()
	assert (len(asked), len(answered)) == (1, 1)


def test_features_that_cannot_be_asked_raise_and_are_there_afterwards(client, sandbox):
	sandbox.fault("health", "http", status=500)
	with pytest.raises(BaileysError):
		client.get_features()
	assert client.get_features().webhook_test


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


@pytest.mark.parametrize(
	("status", "body", "until"),
	[
		(409, {"code": "ACCOUNT_RESTRICTED", "restrictedUntil": "2030-01-02T00:00:00.000Z"}, 1893542400),
		(409, {"code": "ACCOUNT_RESTRICTED", "restrictedUntil": None}, None),
		(400, {"code": "463", "restrictedUntil": "soon"}, None),
		(463, {"error": "reach-out time lock"}, None),
	],
)
def test_a_restricted_account_is_told_from_other_refusals_with_its_end(answering, status, body, until):
	client = answering((status, {"success": False} | body), (200, data(messageId=ID)))
	with pytest.raises(AccountRestrictedError) as caught:
		client.send_text("ventas_demo_0001", "34600000001", "hola")
	assert (caught.value.restricted_until and caught.value.restricted_until.timestamp()) == until
	assert not caught.value.outcome_unknown
	assert client.send_text("ventas_demo_0001", "34600000001", "hola") == ID


@pytest.mark.parametrize(
	("row", "restriction"),
	[
		({"until": "2030-01-02T00:00:00.000Z", "reason": "DEFAULT"}, (1893542400, "DEFAULT")),
		({"until": None, "reason": "WEB_COMPANION_ONLY"}, (None, "WEB_COMPANION_ONLY")),
		({}, (None, "")),
		(None, None),
		("yes", None),
	],
)
def test_a_restriction_in_the_status_is_read_and_no_other_word_is_taken_for_one(answering, row, restriction):
	client = answering((200, data(id=7, status="connected", isConnected=True, restriction=row)))
	found = client.get_status(7).restriction
	assert (found and (found.until and found.until.timestamp(), found.reason)) == restriction
