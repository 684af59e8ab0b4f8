"""What a server says that it can do, and its call of our webhook."""

from __future__ import annotations

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.callbacks import Callback, request_callback
from xappiens_whatsapp.baileys.errors import BaileysError
from xappiens_whatsapp.baileys.models import Features

from .envelopes import data, sent

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
	told = (200, {"success": True, "features": ALL})
	client = answering(told, (404, {"message": "Cannot POST /api/x"}), told, (200, data(status=200)))
	assert request_callback(client, "ventas_demo_0001") is None
	assert request_callback(client, "ventas_demo_0001") == Callback(200, "")


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
