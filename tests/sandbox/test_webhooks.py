"""Deliveries as a receiver on a real socket gets them."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import time

import pytest
import requests

from xappiens_whatsapp.sandbox import Sandbox

SECRET = "not-a-real-secret-0000"
SCHEMAS = {
	"session.qr": "SessionQrEvent",
	"session.connected": "SessionStateEvent",
	"session.disconnected": "SessionStateEvent",
}


def hooked(receiver, **fields):
	return {"webhookUrl": receiver.url, "webhookSecret": SECRET} | fields


def bodies(receiver):
	return [json.loads(body) for _headers, body in receiver.received]


def signature(body):
	return "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def test_each_change_is_delivered_in_order_and_signed(client, receiver, contract):
	number = client.connected(**hooked(receiver))
	client.sandbox.drop("ventas_1")
	receiver.wait_for(3)
	assert receiver.events() == ["session.qr", "session.connected", "session.disconnected"]
	for headers, body in receiver.received:
		event = json.loads(body)
		contract.check(event, "components", "schemas", SCHEMAS[event["event"]])
		assert headers["X-Webhook-Signature"] == signature(body)
		assert (headers["X-Webhook-Event"], headers["X-Webhook-Session"]) == (event["event"], "ventas_1")
		assert abs(int(headers["X-Webhook-Timestamp"]) / 1000 - time.time()) < 5
		assert (event["data"]["sessionId"], event["data"]["session_db_id"]) == ("ventas_1", number)
	data = [event["data"] for event in bodies(receiver)]
	assert data[0]["qrCode"].startswith("data:image/png;base64,") and data[0]["expiresAt"].endswith("Z")
	assert (data[1]["phoneNumber"], data[2]["reason"]) == ("34600000001", "logout")


def test_a_qr_is_delivered_without_anybody_asking(client, receiver):
	number = client.create(**hooked(receiver))
	client.post(f"/api/sessions/{number}/connect")
	receiver.wait_for(1)
	assert receiver.events() == ["session.qr"]
	assert len(client.sandbox.requests) == 2


def test_rotated_codes_are_delivered_by_the_clock(client_of, receiver):
	with Sandbox(qr_delay=0, qr_rotation=0.05, qr_attempts=2) as sandbox:
		client = client_of(sandbox)
		client.post(f"/api/sessions/{client.create(**hooked(receiver))}/connect")
		receiver.wait_for(3)
	assert receiver.events() == ["session.qr", "session.qr", "session.disconnected"]
	assert bodies(receiver)[2]["data"]["reason"] == "qr_timeout"


@pytest.mark.parametrize("form", ["nested", "top_level", "flat"])
def test_payload_forms(client_of, receiver, contract, form):
	with Sandbox(qr_delay=0.02, scan_delay=0.02, webhook_form=form) as sandbox:
		client_of(sandbox).connected(**hooked(receiver))
		receiver.wait_for(2)
	_qr, event = bodies(receiver)
	contract.check(event, "components", "schemas", "SessionStateEvent")
	holder = event if form == "flat" else event["data"]
	assert holder["phoneNumber"] == "34600000001"
	assert (event["data"] if form == "nested" else event)["sessionId"] == "ventas_1"
	assert ("data" in event) == (form != "flat")


def test_the_form_of_one_delivery_can_be_scripted(client, receiver):
	client.sandbox.fault("delivery", "variant", name="flat")
	client.connected(**hooked(receiver))
	receiver.wait_for(2)
	assert ["data" in event for event in bodies(receiver)] == [False, True]


def test_without_a_secret_there_is_no_signature(client, receiver):
	client.connected(webhookUrl=receiver.url)
	receiver.wait_for(2)
	assert all("X-Webhook-Signature" not in headers for headers, _body in receiver.received)


def test_only_the_events_asked_for_are_delivered(client, receiver):
	client.connected(**hooked(receiver, webhookEvents=["session.connected"]))
	client.sandbox.drop("ventas_1")
	client.connected("ventas_2", "34600000002", **hooked(receiver))
	receiver.wait_for(3)
	assert receiver.events() == ["session.connected", "session.qr", "session.connected"]


def test_a_failed_delivery_is_repeated_and_the_order_kept(client, receiver, until):
	receiver.statuses = [500, 503]
	client.connected(**hooked(receiver))
	until(lambda: len(client.sandbox.deliveries) == 4)
	assert [
		(delivery.event, delivery.status, delivery.attempt) for delivery in client.sandbox.deliveries
	] == [
		("session.qr", 500, 1),
		("session.qr", 503, 2),
		("session.qr", 200, 3),
		("session.connected", 200, 1),
	]
	assert {delivery.url for delivery in client.sandbox.deliveries} == {receiver.url}


def test_after_three_attempts_the_next_event_goes_on(client, receiver, until):
	receiver.statuses = [401, 401, 401]
	client.connected(**hooked(receiver))
	until(lambda: len(client.sandbox.deliveries) == 4)
	assert [delivery.status for delivery in client.sandbox.deliveries] == [401, 401, 401, 200]


def test_a_receiver_that_hangs_holds_up_no_request(client_of, until):
	with (
		socket.create_server(("127.0.0.1", 0)) as silent,
		Sandbox(qr_delay=0, webhook_timeout=0.2) as sandbox,
	):
		client = client_of(sandbox)
		number = client.waiting(
			webhookUrl=f"http://127.0.0.1:{silent.getsockname()[1]}/", webhookSecret=SECRET
		)
		assert client.status(number)["hasQR"]
		until(lambda: sandbox.deliveries)
		assert (sandbox.deliveries[0].status, sandbox.deliveries[0].error) == (None, "timeout")


def test_a_delivery_that_comes_twice(client, receiver):
	client.sandbox.fault("delivery", "twice")
	client.connected(**hooked(receiver))
	receiver.wait_for(3)
	assert receiver.events() == ["session.qr", "session.qr", "session.connected"]
	assert receiver.received[0][1] == receiver.received[1][1]


def test_a_delivery_that_is_lost(client, receiver):
	client.sandbox.fault("delivery", "lost")
	client.connected(**hooked(receiver))
	receiver.wait_for(1)
	assert receiver.events() == ["session.connected"]


def test_deliveries_out_of_order(client, receiver):
	client.sandbox.fault("delivery", "out_of_order")
	client.connected(**hooked(receiver))
	receiver.wait_for(2)
	assert receiver.events() == ["session.connected", "session.qr"]


def test_a_delivery_that_comes_late(client, receiver):
	client.sandbox.fault("delivery", "late", seconds=0.3)
	client.connected(**hooked(receiver))
	receiver.wait_for(2)
	assert receiver.events() == ["session.connected", "session.qr"]


def test_a_delivery_with_a_bad_signature(client, receiver):
	client.sandbox.fault("delivery", "bad_signature")
	client.connected(**hooked(receiver))
	receiver.wait_for(2)
	assert [headers["X-Webhook-Signature"] == signature(body) for headers, body in receiver.received] == [
		False,
		True,
	]


def test_a_delivery_with_a_stale_timestamp(client, receiver):
	client.sandbox.fault("delivery", "stale", seconds=600)
	client.connected(**hooked(receiver))
	receiver.wait_for(2)
	ages = [time.time() - int(headers["X-Webhook-Timestamp"]) / 1000 for headers, _body in receiver.received]
	assert 595 < ages[0] < 610 and ages[1] < 5


def test_deleting_a_connected_session_tells_that_it_is_gone(client, receiver):
	client.delete(f"/api/sessions/{client.connected(**hooked(receiver))}")
	receiver.wait_for(3)
	assert receiver.events()[-1] == "session.disconnected"


def test_an_update_of_the_webhook_holds_from_the_next_event(client, receiver):
	number = client.create(webhookUrl="http://127.0.0.1:9/", webhookSecret="the-old-secret-0000")
	client.put(f"/api/sessions/{number}/webhook", {"webhookUrl": receiver.url, "webhookSecret": SECRET})
	client.post(f"/api/sessions/{number}/connect")
	((headers, body),) = receiver.wait_for(1)
	assert headers["X-Webhook-Signature"] == signature(body)


def outcome(client):
	return client.control("POST", "webhook-test", {"sessionId": "ventas_1"}).json()["data"]


def test_the_webhook_test_delivers_now_and_tells_what_came_back(client, receiver):
	client.create(**hooked(receiver, webhookEvents=["session.qr"]))
	assert outcome(client) == {"status": 200, "error": None}
	receiver.statuses = [401]
	assert outcome(client) == {"status": 401, "error": None}
	assert receiver.events() == ["webhook.test", "webhook.test"]
	assert receiver.received[0][0]["X-Webhook-Signature"] == signature(receiver.received[0][1])


def test_the_webhook_test_names_the_cause_when_nobody_answers(client, receiver):
	number = client.create(webhookUrl="http://127.0.0.1:9/")
	assert outcome(client) == {"status": None, "error": "refused"}
	client.put(f"/api/sessions/{number}/webhook", {"webhookUrl": "https://nowhere.invalid/"})
	assert outcome(client) == {"status": None, "error": "dns"}
	client.put(f"/api/sessions/{number}/webhook", {"webhookUrl": receiver.url.replace("http:", "https:")})
	assert outcome(client) == {"status": None, "error": "tls"}
	client.put(f"/api/sessions/{number}/webhook", {"webhookUrl": receiver.url})
	assert outcome(client) == {"status": 200, "error": None}


def test_the_webhook_test_needs_a_webhook(client):
	client.create()
	assert client.control("POST", "webhook-test", {"sessionId": "ventas_1"}).status_code == 400


@pytest.mark.parametrize("spoil, valid", [(b"", True), (b" ", False)])
def test_the_server_checks_a_signature(client, receiver, spoil, valid):
	client.connected(**hooked(receiver))
	headers, body = receiver.wait_for(2)[1]
	sent = {name: value for name, value in headers.items() if name.startswith(("X-Webhook", "Content-Type"))}
	url = f"{client.sandbox.url}/api/webhooks/test/signature"
	answer = requests.post(url, data=body + spoil, headers=sent, timeout=5).json()
	assert answer["data"] == {"valid": valid, "event": "session.connected", "sessionId": "ventas_1"}


def test_a_signature_never_matches_without_a_secret(client):
	client.create()
	headers = {"X-Webhook-Session": "ventas_1", "X-Webhook-Signature": signature(b"")}
	url = f"{client.sandbox.url}/api/webhooks/test/signature"
	assert requests.post(url, headers=headers, timeout=5).json()["data"]["valid"] is False
	assert requests.post(url, headers=headers | {"X-Webhook-Session": "nobody"}, timeout=5).status_code == 404
