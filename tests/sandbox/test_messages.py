"""A text that proves that a session lives, or that it does not."""

from __future__ import annotations

import json
import re

import pytest

from xappiens_whatsapp.sandbox import Sandbox

TEXT = {"to": "34600000002", "message": "Prueba"}


@pytest.fixture
def sandbox():
	with Sandbox(qr_delay=0.02, scan_delay=0.02, ack_delay=0.02, webhook_retry_delay=0.02) as sandbox:
		yield sandbox


def send(client, body=TEXT, session_id="ventas_1", **options):
	return client.post(f"/api/messages/{session_id}/send", body, **options)


def acks(receiver):
	bodies = [json.loads(body) for _headers, body in receiver.received]
	return [body["data"]["ack"] for body in bodies if body["event"] == "message.ack"]


def connected(client, receiver):
	return client.connected(webhookUrl=receiver.url, webhookEvents=["message.ack"])


def test_a_text_is_accepted_and_its_way_is_told(client, receiver, contract):
	connected(client, receiver)
	message = send(client).json()["data"]["message"]
	assert re.fullmatch("3EB0[0-9A-F]{18}", message["whatsappMessageId"])
	assert (message["chatId"], message["body"], message["status"]) == (
		"34600000002@s.whatsapp.net",
		"Prueba",
		"sent",
	)
	receiver.wait_for(3)
	for _headers, body in receiver.received:
		event = json.loads(body)
		contract.check(event, "components", "schemas", "MessageAckEvent")
		assert event["data"]["messageId"] == message["whatsappMessageId"]
	assert acks(receiver) == [1, 2, 3]
	assert client.control("GET", "messages").json()["data"]["messages"] == client.sandbox.messages()
	assert [row["status"] for row in client.sandbox.messages()] == ["read"]


@pytest.mark.parametrize("to", ["34600000001@s.whatsapp.net", "34600000001@c.us", "120363000000000000@g.us"])
def test_jids_are_taken_as_they_are(client, to):
	client.connected()
	assert send(client, TEXT | {"to": to}).json()["data"]["message"]["chatId"] == to


@pytest.mark.parametrize(
	"numbers, last", [([], "sent"), ([1], "sent"), ([1, -1], "failed"), ([1, 2], "delivered")]
)
def test_accepted_but_not_on_its_way_to_the_end(client, receiver, until, numbers, last):
	connected(client, receiver)
	client.sandbox.fault("send", "acks", numbers=numbers)
	assert send(client).status_code == 200
	send(client)
	until(lambda: acks(receiver)[-1:] == [3])
	assert sorted(acks(receiver)) == sorted([*numbers, 1, 2, 3])
	assert [row["status"] for row in client.sandbox.messages()] == [last, "read"]


@pytest.mark.parametrize("end", ["drop", "forget"])
def test_a_session_that_is_gone_acknowledges_nothing_more(client_of, receiver, until, end):
	with Sandbox(qr_delay=0, scan_delay=0, ack_delay=0.1) as sandbox:
		client = client_of(sandbox)
		connected(client, receiver)
		send(client)
		getattr(sandbox, end)("ventas_1")
		connected_again = client_of(sandbox).connected("ventas_2", webhookUrl=receiver.url)
		send(client, session_id="ventas_2")
		until(lambda: acks(receiver) == [1, 2, 3])
		assert client.status(connected_again)["isConnected"]
	assert [row["status"] for row in sandbox.messages()] == ["sent", "read"]


def test_setting_the_clock_does_not_lose_an_acknowledgement(client, receiver, until):
	connected(client, receiver)
	send(client)
	client.sandbox.behave(clock_offset=-3600)
	until(lambda: acks(receiver) == [1, 2, 3])


@pytest.mark.parametrize(
	"variant, found",
	[
		("flat", lambda data: data["messageId"]),
		("key", lambda data: data["key"]["id"]),
		("no_id", lambda data: data["status"]),
	],
)
def test_where_servers_put_the_id(client, variant, found):
	client.connected()
	client.sandbox.fault("send", "variant", name=variant)
	data = send(client, in_contract=variant == "flat").json()["data"]
	assert found(data) in (client.sandbox.messages()[0]["messageId"], "sent")


@pytest.mark.parametrize(
	"change, wrong",
	[
		({"to": ""}, "to"),
		({"to": "+34600000002"}, "to"),
		({"to": "somebody@example.com"}, "to"),
		({"to": ["34600000002"]}, "to"),
		({"message": ""}, "message"),
		({"message": "x" * 4097}, "message"),
		({"message": {"image": {"url": "https://files.example/a.jpg"}}}, "message"),
		({"type": "image"}, "type"),
	],
)
def test_what_cannot_be_sent_is_refused(client, change, wrong):
	client.connected()
	answer = send(client, TEXT | change)
	assert (answer.status_code, list(answer.json()["details"])) == (400, [wrong])
	assert client.sandbox.messages() == []


def test_a_session_that_is_down_or_unknown_sends_nothing(client):
	client.create()
	answer = send(client)
	assert (answer.status_code, answer.json()["code"]) == (400, "SESSION_NOT_CONNECTED")
	assert send(client, session_id="nobody_1").json()["code"] == "SESSION_NOT_FOUND"
	assert client.sandbox.messages() == []


def test_ten_texts_a_minute_and_session(client):
	client.connected()
	client.connected("ventas_2", "34600000002")
	assert [send(client).status_code for _text in range(10)] == [200] * 10
	refused = send(client)
	assert (refused.status_code, refused.json()["code"]) == (429, "MESSAGE_RATE_LIMIT_EXCEEDED")
	assert int(refused.headers["X-RateLimit-Remaining"]) > 0
	assert send(client, session_id="ventas_2").status_code == 200
	assert len(client.sandbox.messages()) == 11


def test_the_limit_ends_with_its_minute(client_of):
	now = [1_000_000.0]
	with Sandbox(message_limit=1, clock=lambda: now[0]) as sandbox:
		client = client_of(sandbox)
		sandbox.add("ventas_1", phone_number="34600000001")
		assert [send(client).status_code for _text in range(2)] == [200, 429]
		now[0] += 60
		assert send(client).status_code == 200


def test_a_webhook_is_tested_by_the_contract_s_own_route(client, receiver):
	client.create(webhookUrl=receiver.url)
	path = client.get("/health").json()["features"]["webhookTest"]
	answer = client.post(path, {"sessionId": "ventas_1"})
	assert (answer.status_code, answer.json()["data"]) == (200, {"status": 200, "cause": None})
	assert receiver.events() == ["webhook.test"]
	receiver.statuses = [401]
	assert client.post(path, {"sessionId": "ventas_1"}).json()["data"] == {"status": 401, "cause": None}
	receiver.close()
	assert client.post(path, {"sessionId": "ventas_1"}).json()["data"] == {"status": None, "cause": "refused"}


def test_testing_a_webhook_does_not_hold_up_other_requests(client):
	"""The receiver asks the server before it answers, as the app does."""
	client.create(webhookUrl=f"{client.sandbox.url}/sandbox/sessions")
	answer = client.post("/api/webhooks/test/session", {"sessionId": "ventas_1"})
	assert answer.json()["data"]["status"] == 404


@pytest.mark.parametrize(
	"body, status", [({}, 400), ({"sessionId": "nobody_1"}, 404), ({"sessionId": "ventas_1"}, 400)]
)
def test_a_webhook_that_is_not_there_cannot_be_tested(client, body, status):
	client.create()
	assert client.post("/api/webhooks/test/session", body).status_code == status


def listed(client, **query):
	return client.get("/api/messages/ventas_1", params=query)


def test_the_messages_of_a_session_are_listed_with_what_became_of_them(client, contract, until):
	client.connected()
	client.connected("ventas_2", "34600000009")
	sent = send(client).json()["data"]["message"]["whatsappMessageId"]
	send(client, TEXT | {"to": "34600000003"})
	send(client, session_id="ventas_2")
	chat = {"chatId": "34600000002@s.whatsapp.net"}
	until(lambda: listed(client, **chat).json()["data"]["messages"][0]["status"] == "read")
	answer = listed(client, **chat).json()
	contract.check(answer, "components", "schemas", "MessageListResponse")
	assert [row["whatsappMessageId"] for row in answer["data"]["messages"]] == [sent]
	newest = listed(client, limit=1).json()["data"]
	assert newest["messages"][0]["chatId"] == "34600000003@s.whatsapp.net"
	assert newest["pagination"] == {"total": 2, "page": 1, "limit": 1, "pages": 2}
	assert client.get("/api/messages/nobody_1").status_code == 404


def test_a_restricted_account_stays_connected_and_begins_no_conversation(client, contract):
	row = client.connected()
	client.control("POST", "restrict", {"sessionId": "ventas_1", "seconds": 3600})
	refused = send(client)
	assert (refused.status_code, refused.json()["code"]) == (409, "ACCOUNT_RESTRICTED")
	told = client.status(row)
	assert told["isConnected"]
	assert told["restriction"] == {"until": refused.json()["restrictedUntil"], "reason": "DEFAULT"}
	contract.check(told["restriction"], "components", "schemas", "Restriction")
	client.sandbox.restrict("ventas_1", lifted=True)
	assert "restriction" not in client.status(row)
	assert send(client).status_code == 200


def test_a_restriction_may_have_no_end_that_anybody_knows(client):
	client.connected()
	client.sandbox.restrict("ventas_1")
	assert send(client).json()["restrictedUntil"] is None
	client.sandbox.restrict("ventas_1", lifted=True)
	assert send(client).status_code == 200
