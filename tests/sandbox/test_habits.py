"""What one kind of server does at every request: told at the start or in between, and taken back again."""

from __future__ import annotations

import email.utils
import json
import time
from datetime import datetime

import pytest

from xappiens_whatsapp.sandbox import Sandbox
from xappiens_whatsapp.sandbox.reasons import STYLES


def moment(text):
	return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def date_of(answer):
	return email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()


def dropped(client, style, code=440, reason=""):
	number = client.connected()
	client.sandbox.behave(reasons=style)
	client.sandbox.drop("ventas_1", code, reason)
	row = client.status(number)
	return {key: row[key] for key in ("disconnectCode", "disconnectReason", "lastDisconnect") if key in row}


@pytest.mark.parametrize(
	"style, told",
	[
		("words", {"disconnectCode": 440, "disconnectReason": "connection_replaced"}),
		("names", {"disconnectReason": "connectionReplaced"}),
		("texts", {"disconnectCode": 440, "disconnectReason": "Stream Errored (conflict)"}),
		("codes", {"disconnectCode": 440}),
	],
)
def test_reasons_in_every_style(client, style, told):
	assert dropped(client, style) == told


def test_reasons_as_the_gateway_of_this_repository_tells_them(client):
	assert dropped(client, "gateway") == {"disconnectCode": 440, "disconnectReason": "replaced"}
	client.sandbox.drop("ventas_1", 428, back_after=30)
	row = client.status(client.sandbox.sessions()[0]["id"])
	assert (row["disconnectReason"], row["willReconnect"]) == ("connection_lost", True)
	assert abs(moment(row["disconnectedAt"]) - time.time()) < 5


def test_a_reason_nested_as_baileys_nests_it(client):
	last = dropped(client, "nested", 401)["lastDisconnect"]
	assert last["error"]["output"]["statusCode"] == 401 and last["error"]["isBoom"]
	assert abs(moment(last["date"]) - time.time()) < 5


@pytest.mark.parametrize(
	"code, name",
	[
		(401, "loggedOut"),
		(403, "forbidden"),
		(408, "connectionLost"),
		(411, "multideviceMismatch"),
		(428, "connectionClosed"),
		(440, "connectionReplaced"),
		(500, "badSession"),
		(503, "unavailableService"),
		(515, "restartRequired"),
		(406, "406"),
	],
)
def test_reasons_by_baileys_names(client, code, name):
	assert dropped(client, "names", code) == {"disconnectReason": name}


@pytest.mark.parametrize(
	"reason, text",
	[
		("qr_timeout", "QR refs attempts ended"),
		("connection_lost", "Connection was lost"),
		("whatsapp_unreachable", "Opening handshake has timed out"),
	],
)
def test_the_three_meanings_of_408(client, reason, text):
	assert dropped(client, "words", 408, reason)["disconnectReason"] == reason
	client.sandbox.behave(reasons="texts")
	assert client.status(client.sandbox.sessions()[0]["id"])["disconnectReason"] == text


def test_an_unknown_reason_is_told_as_it_was_given(client):
	assert dropped(client, "words", 463, "reach_out_lock")["disconnectReason"] == "reach_out_lock"


@pytest.mark.parametrize("style", STYLES)
def test_webhooks_tell_the_reason_in_the_same_style(client, receiver, contract, style):
	client.connected(webhookUrl=receiver.url)
	client.sandbox.behave(reasons=style)
	client.sandbox.drop("ventas_1", 428)
	body = json.loads(receiver.wait_for(3)[2][1])
	contract.check(body, "components", "schemas", "SessionStateEvent")
	told = {key: body["data"].get(key) for key in ("reason", "disconnectCode", "lastDisconnect")}
	told["lastDisconnect"] = (
		told["lastDisconnect"] and told["lastDisconnect"]["error"]["output"]["statusCode"]
	)
	assert {key: value for key, value in told.items() if value} == {
		"words": {"reason": "connection_closed"},
		"names": {"reason": "connectionClosed"},
		"texts": {"reason": "Connection Terminated"},
		"codes": {"disconnectCode": 428},
		"nested": {"lastDisconnect": 428},
		"gateway": {"reason": "connection_lost"},
	}[style]


def test_a_deliberate_disconnect_has_no_cause_in_any_style(client, receiver):
	number = client.connected(webhookUrl=receiver.url)
	client.sandbox.behave(reasons="nested")
	client.post(f"/api/sessions/{number}/disconnect")
	assert json.loads(receiver.wait_for(3)[2][1])["data"]["reason"] == "disconnect"
	assert "lastDisconnect" not in client.status(number)


def test_a_list_without_is_connected_page_after_page_until_told_otherwise(client):
	client.sandbox.add("ventas_1", phone_number="34600000001")
	client.sandbox.behave(list_shape="database")
	for _time in range(2):
		(row,) = client.get("/api/sessions").json()["data"]["sessions"]
		assert row["status"] == "connected" and "isConnected" not in row and "hasQR" not in row
	client.sandbox.fault("list", "variant", name="no_pagination")
	assert "isConnected" in client.get("/api/sessions").json()["data"]["sessions"][0]
	client.sandbox.behave(list_shape="sessions")
	assert client.get("/api/sessions").json()["data"]["sessions"][0]["isConnected"] is True


@pytest.mark.parametrize(
	"method, action, is_connected, code",
	[
		("GET", "status", False, "SESSION_NOT_CONNECTED"),
		("POST", "disconnect", False, "SESSION_NOT_CONNECTED"),
		("POST", "restart", False, "SESSION_NOT_CONNECTED"),
		("POST", "connect", True, "SESSION_ALREADY_CONNECTED"),
		("GET", "qr", True, "SESSION_ALREADY_CONNECTED"),
	],
)
def test_a_strict_server_refuses_what_the_state_does_not_allow(client, method, action, is_connected, code):
	number = client.sandbox.add("ventas_1", phone_number="34600000001" if is_connected else None)["id"]
	client.sandbox.behave(strict=True)
	answer = client.call(method, f"/api/sessions/{number}/{action}")
	assert (answer.status_code, answer.json()["code"]) == (400, code)
	assert client.sandbox.sessions()[0]["isConnected"] is is_connected
	client.sandbox.behave(strict=False)
	assert client.call(method, f"/api/sessions/{number}/{action}").json().get("code") != code


def test_a_strict_server_serves_what_the_state_allows(client):
	client.sandbox.behave(strict=True)
	number = client.connected()
	assert client.status(number)["isConnected"]
	assert client.post(f"/api/sessions/{number}/disconnect").status_code == 200


def test_one_number_in_two_sessions_stays_connected_in_both(client):
	client.sandbox.behave(exclusive_numbers=False)
	client.connected("ventas_1", "34600000001")
	client.connected("ventas_2", "34600000001")
	assert [row["isConnected"] for row in client.sandbox.sessions()] == [True, True]
	client.sandbox.behave(exclusive_numbers=True)
	client.connected("ventas_3", "34600000001")
	assert client.sandbox.sessions()[1]["disconnectCode"] == 440


@pytest.mark.parametrize("kind", [None, "http", "rate_limit"])
def test_a_server_that_does_not_say_how_many_requests_remain(client, kind):
	client.sandbox.behave(without_headers=["X-RateLimit-Remaining", "RateLimit-Remaining"])
	if kind:
		client.sandbox.fault("list", kind)
	headers = client.get("/api/sessions").headers
	assert "X-RateLimit-Remaining" not in headers and "RateLimit-Remaining" not in headers
	assert headers["X-RateLimit-Limit"] == "1000" and headers["X-RateLimit-Reset"]
	client.sandbox.behave(without_headers=[])
	assert "X-RateLimit-Remaining" in client.get("/api/sessions").headers


def test_a_server_that_does_not_say_what_time_it_is(client):
	client.sandbox.behave(without_headers=["date"])
	assert "Date" not in client.get("/api/sessions").headers
	client.sandbox.behave(without_headers=())
	assert "Date" in client.get("/api/sessions").headers


@pytest.mark.parametrize("offset", [-540.0, 420.0])
def test_a_server_whose_clock_is_minutes_off_is_consistent_in_itself(client_of, receiver, offset):
	with Sandbox(qr_delay=0, qr_lifetime=60, clock_offset=offset) as sandbox:
		client = client_of(sandbox)
		number = client.waiting(webhookUrl=receiver.url)
		answer = client.get(f"/api/sessions/{number}/qr")
		assert abs(date_of(answer) - time.time() - offset) < 5
		assert 50 < moment(answer.json()["data"]["expiresAt"]) - date_of(answer) <= 61
		assert 50 < int(answer.headers["X-RateLimit-Reset"]) - date_of(answer) <= 61
		headers, body = receiver.wait_for(1)[0]
		assert abs(int(headers["X-Webhook-Timestamp"]) / 1000 - time.time() - offset) < 5
		assert abs(moment(json.loads(body)["data"]["timestamp"]) - time.time() - offset) < 5


def test_setting_the_clock_hurries_nothing(client):
	number = client.waiting()
	before = client.get(f"/api/sessions/{number}/qr")
	client.sandbox.behave(clock_offset=600)
	after = client.get(f"/api/sessions/{number}/qr")
	assert after.json()["data"]["qrCode"] == before.json()["data"]["qrCode"]
	expiries = [moment(answer.json()["data"]["expiresAt"]) for answer in (before, after)]
	assert expiries[1] - expiries[0] == pytest.approx(600, abs=0.01)
	resets = [int(answer.headers["X-RateLimit-Reset"]) for answer in (before, after)]
	assert resets[1] - resets[0] in (599, 600, 601)
	assert int(after.headers["X-RateLimit-Remaining"]) == int(before.headers["X-RateLimit-Remaining"]) - 1
	client.sandbox.behave(clock_offset=-600)
	assert client.status(number)["status"] == "qr_code"
	client.sandbox.scan("ventas_1")


def test_a_clock_that_was_set_back_does_not_hold_up_what_is_due(client, until):
	number = client.create()
	client.sandbox.fault("connect", "late_qr", seconds=0.2)
	client.post(f"/api/sessions/{number}/connect")
	client.sandbox.behave(clock_offset=-3600)
	until(lambda: client.status(number)["hasQR"])


def test_health_names_the_features(client):
	assert client.get("/health").json()["features"] == {
		"pairingCode": True,
		"webhookTest": "/api/webhooks/test/session",
		"sendText": True,
		"disconnectReason": True,
		"reconnects": False,
		"unlinksOnDelete": True,
	}


@pytest.mark.parametrize(
	"feature, path, body",
	[
		("pairingCode", "/api/sessions/{number}/pairing-code", {"phoneNumber": "34600000001"}),
		("sendText", "/api/messages/ventas_1/send", {"to": "34600000002", "message": "Hola"}),
		("webhookTest", "/api/webhooks/test/session", {"sessionId": "ventas_1"}),
	],
)
def test_a_feature_that_is_off_is_announced_as_off_and_not_found(client, receiver, feature, path, body):
	number = client.sandbox.add("ventas_1", phone_number="34600000001")["id"]
	client.put(f"/api/sessions/{number}/webhook", {"webhookUrl": receiver.url})
	client.sandbox.behave(features={feature: False})
	assert client.get("/health").json()["features"][feature] is False
	path = path.format(number=number)
	assert client.post(path, body).json()["code"] == "NOT_FOUND"
	client.sandbox.behave(features={})
	assert client.post(path, body).json().get("code") != "NOT_FOUND"


def test_a_feature_that_is_claimed_and_not_there(client):
	number = client.waiting()
	client.sandbox.fault("pairing_code", "http", times=None, status=404, code="NOT_FOUND")
	assert client.get("/health").json()["features"]["pairingCode"]
	path = f"/api/sessions/{number}/pairing-code"
	assert client.post(path, {"phoneNumber": "34600000001"}).status_code == 404
	client.sandbox.clear_faults()
	assert client.post(path, {"phoneNumber": "34600000001"}).status_code == 200


def test_a_server_that_says_nothing_of_features_still_sends(client):
	client.connected()
	client.sandbox.behave(features=None)
	assert "features" not in client.get("/health").json()
	body = {"to": "34600000002", "message": "Hola"}
	assert client.post("/api/messages/ventas_1/send", body).status_code == 200
	number = client.sandbox.sessions()[0]["id"]
	answer = client.post(f"/api/sessions/{number}/pairing-code", {"phoneNumber": "34600000001"})
	assert answer.json()["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
	"habits",
	[
		{"reasons": "shouted"},
		{"list_shape": "circle"},
		{"strict": "yes"},
		{"features": {"teleport": True}},
		{"without_headers": "X-RateLimit-Remaining"},
		{"clock_offset": "soon"},
		{"manners": "good"},
	],
)
def test_a_habit_that_makes_no_sense_is_refused_and_changes_nothing(client, habits):
	before = dict(vars(client.sandbox.habits))
	assert client.control("POST", "habits", habits).status_code == 400
	with pytest.raises((ValueError, TypeError)):
		client.sandbox.behave(**habits)
	assert vars(client.sandbox.habits) == before


def test_habits_over_http(client):
	changed = client.control("POST", "habits", {"reasons": "nested", "clock_offset": 90}).json()["data"]
	assert changed == client.control("GET", "habits").json()["data"]
	assert (changed["habits"]["reasons"], changed["habits"]["clock_offset"]) == ("nested", 90)
	assert client.sandbox.habits.reasons == "nested"
