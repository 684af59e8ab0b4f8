"""Whole situations of servers in trouble, as people met them, and the way out of each."""

from __future__ import annotations

import base64
import json
import time

import pytest
import requests

from xappiens_whatsapp.sandbox import Sandbox
from xappiens_whatsapp.sandbox.answers import REFUSALS

ACTIONS = (
	("create", "POST", "/api/sessions"),
	("connect", "POST", "/api/sessions/{number}/connect"),
	("disconnect", "POST", "/api/sessions/{number}/disconnect"),
	("restart", "POST", "/api/sessions/{number}/restart"),
	("delete", "DELETE", "/api/sessions/{number}"),
	("webhook", "PUT", "/api/sessions/{number}/webhook"),
)
CREATE_BODY = {"sessionId": "ventas_2", "sessionName": "Ventas", "webhookUrl": "https://erp.example/new"}


def listed(client):
	return [row["id"] for row in client.get("/api/sessions?limit=100").json()["data"]["sessions"]]


@pytest.mark.parametrize("name", REFUSALS)
@pytest.mark.parametrize("route, method", [("status", "GET"), ("connect", "POST"), ("disconnect", "POST")])
def test_a_refusal_that_states_a_state_and_has_done_nothing(client, name, route, method):
	number = client.sandbox.add("ventas_1")["id"]
	client.sandbox.fault(route, "refusal", name=name)
	answer = client.call(method, f"/api/sessions/{number}/{route}")
	status, code, text = REFUSALS[name]
	body = answer.json()
	assert (answer.status_code, body.get("code", ""), body["error"]) == (status, code, text)
	assert "X-RateLimit-Remaining" in answer.headers
	assert client.status(number)["status"] == "disconnected"


def test_a_refusal_after_the_deed(client):
	number = client.connected()
	client.sandbox.fault("disconnect", "refusal", name="not_connected", performed=True)
	assert client.post(f"/api/sessions/{number}/disconnect").json()["code"] == "SESSION_NOT_CONNECTED"
	assert client.status(number)["status"] == "disconnected"


@pytest.mark.parametrize("kind", ["http", "html", "reset"])
@pytest.mark.parametrize("route, method, path", ACTIONS, ids=[row[0] for row in ACTIONS])
def test_done_and_answered_as_if_it_had_failed(client, until, kind, route, method, path):
	number = client.sandbox.add("ventas_1")["id"]
	if route in ("disconnect", "delete"):
		client.post(f"/api/sessions/{number}/connect")
	status = {} if kind == "reset" else {"status": 500}
	client.sandbox.fault(route, kind, performed=True, **status)
	try:
		answer = client.call(method, path.format(number=number), json=CREATE_BODY, in_contract=kind == "http")
		assert answer.status_code == 500
	except requests.ConnectionError:
		assert kind == "reset"
	rows = {row["sessionId"]: row for row in client.sandbox.sessions()}
	assert {
		"create": lambda: "ventas_2" in rows,
		"connect": lambda: rows["ventas_1"]["status"] in ("connecting", "qr_code"),
		"disconnect": lambda: rows["ventas_1"]["status"] == "disconnected",
		"restart": lambda: rows["ventas_1"]["status"] in ("connecting", "qr_code"),
		"delete": lambda: "ventas_1" not in rows,
		"webhook": lambda: rows["ventas_1"]["webhookUrl"] == "https://erp.example/new",
	}[route]()


def test_the_first_webhook_update_is_reset_and_the_others_go_on(client):
	numbers = [client.create(f"ventas_{number}") for number in range(3)]
	client.sandbox.fault("webhook", "reset")
	outcomes = []
	for number in numbers:
		try:
			body = {"webhookUrl": "https://erp.example/b"}
			outcomes.append(client.put(f"/api/sessions/{number}/webhook", body).status_code)
		except requests.ConnectionError:
			outcomes.append("reset")
	assert outcomes == ["reset", 200, 200]
	assert [row["webhookUrl"] for row in client.sandbox.sessions()] == [None, *["https://erp.example/b"] * 2]


@pytest.mark.parametrize("status", [401, 403, 503])
@pytest.mark.parametrize("form", ["html", "json", "text", "empty"])
def test_a_challenge_stands_in_front_of_the_server(client, status, form):
	client.sandbox.fault("list", "challenge", status=status, form=form)
	answer = client.get("/api/sessions", in_contract=False)
	assert answer.status_code == status
	assert "success" not in answer.text and "X-RateLimit-Limit" not in answer.headers
	assert ("<title>Just a moment" in answer.text) is (form == "html")
	assert client.get("/api/sessions").status_code == 200


def test_a_server_set_up_anew_counts_from_the_beginning(client_of):
	with Sandbox(first_id=1, qr_delay=0.02, scan_delay=0.02) as sandbox:
		client = client_of(sandbox)
		assert [client.create("ventas_1"), client.create("ventas_2")] == [1, 2]
		sandbox.start_over()
		assert listed(client) == [] and client.get("/api/sessions/1/status").status_code == 404
		assert client.connected("extrana_1") == 1
		assert client.create("ventas_1") == 2
		assert client.status(1)["sessionId"] == "extrana_1"


def test_starting_over_drops_what_was_due(client, until):
	number = client.create()
	client.post(f"/api/sessions/{number}/connect")
	client.sandbox.start_over(number)
	again = client.create()
	time.sleep(0.1)
	assert again == number and client.status(again)["status"] == "disconnected"


@pytest.mark.parametrize("first", [False, True])
def test_two_rows_of_one_session_id(client, first):
	number = client.connected()
	twin = client.sandbox.duplicate("ventas_1", first=first)
	rows = client.get("/api/sessions").json()["data"]["sessions"]
	expected = [(number, "connected"), (twin, "disconnected")]
	assert [(row["id"], row["status"]) for row in rows] == (expected[::-1] if first else expected)
	assert {row["sessionId"] for row in rows} == {"ventas_1"}
	assert client.status(twin)["sessionId"] == "ventas_1"
	assert client.get("/api/sessions/ventas_1").json()["data"]["session"]["id"] == number


def test_deleting_the_second_row_leaves_the_first(client):
	number = client.connected()
	twin = client.sandbox.duplicate("ventas_1")
	client.delete(f"/api/sessions/{twin}")
	assert listed(client) == [number] and client.status(number)["isConnected"]
	body = {"sessionId": "ventas_1", "sessionName": "Ventas"}
	assert client.post("/api/sessions", body).status_code == 409


def test_a_list_that_lacks_a_session_which_its_own_route_knows(client):
	number = client.connected()
	client.sandbox.hide("ventas_1")
	body = client.get("/api/sessions").json()["data"]
	assert (body["sessions"], body["pagination"]["total"]) == ([], 0)
	assert client.status(number)["isConnected"]
	client.sandbox.hide("ventas_1", False)
	assert listed(client) == [number]


@pytest.mark.parametrize("action", ["connect", "restart"])
def test_broken_credentials_fail_until_the_session_is_created_again(client, until, action):
	number = client.connected()
	client.sandbox.drop("ventas_1", 500)
	client.sandbox.break_credentials("ventas_1")
	for _attempt in range(3):
		answer = client.post(f"/api/sessions/{number}/{action}")
		assert (answer.status_code, answer.json()["code"]) == (500, "CONNECTION_ERROR")
		assert client.status(number)["status"] == "disconnected"
	client.delete(f"/api/sessions/{number}")
	assert client.status(client.connected())["isConnected"]


def test_a_paired_session_reconnects_by_itself_and_says_why(client, receiver, until):
	number = client.connected(webhookUrl=receiver.url)
	client.sandbox.drop("ventas_1", 428, back_after=0.8)
	row = client.status(number)
	assert (row["status"], row["isConnected"], row["hasQR"]) == ("connecting", False, False)
	assert row["phoneNumber"] == "34600000001"
	assert (row["disconnectCode"], row["disconnectReason"]) == (428, "connection_closed")
	until(lambda: client.status(number)["isConnected"])
	assert "disconnectCode" not in client.status(number)
	assert receiver.wait_for(4) and receiver.events()[2:] == ["session.disconnected", "session.connected"]
	assert json.loads(receiver.received[2][1])["data"]["willReconnect"] is True


def test_connecting_again_does_not_disturb_a_session_that_reconnects(client, until):
	number = client.connected()
	client.sandbox.drop("ventas_1", 503, back_after=30)
	client.post(f"/api/sessions/{number}/connect")
	assert client.status(number)["disconnectCode"] == 503
	client.post(f"/api/sessions/{number}/disconnect")
	assert client.status(number)["status"] == "disconnected"
	client.post(f"/api/sessions/{number}/connect")
	until(lambda: client.status(number)["isConnected"])


def test_a_session_without_a_phone_comes_back_with_a_code(client, until):
	number = client.waiting()
	client.sandbox.drop("ventas_1", 408, "whatsapp_unreachable", back_after=0.05)
	assert client.status(number)["disconnectReason"] == "whatsapp_unreachable"
	until(lambda: client.status(number)["hasQR"])
	assert "disconnectCode" not in client.status(number)


def test_codes_as_real_baileys_gives_them_follow_without_overlap():
	now = [1_000_000.0]
	options = {"qr_first": 60, "qr_lifetime": 20, "qr_rotation": 20, "qr_attempts": 3, "qr_delay": 0}
	sandbox = Sandbox(clock=lambda: now[0], **options)
	with sandbox.registry.current():
		session = sandbox.registry.create("ventas_1", "Ventas")
		session.connect(now[0])
	lives = []
	for moment in (0, 59.9, 60, 79.9, 80, 99.9):
		now[0] = 1_000_000.0 + moment
		with sandbox.registry.current():
			lives.append((session.code.generated_at - 1_000_000, session.code.expires_at - 1_000_000))
			assert len([code for code in session.codes if session.accepts(code.text, now[0])]) == 1
	assert lives == [(0, 60), (0, 60), (60, 80), (60, 80), (80, 100), (80, 100)]
	now[0] += 0.1
	assert sandbox.sessions()[0]["disconnectReason"] == "qr_timeout"


@pytest.mark.parametrize(
	"name, starts",
	[
		("jpeg", "data:image/jpeg;base64,"),
		("undefined", "data:image/png;base64,undefined"),
		("blank", "data:image/png;base64,"),
		("null_word", "null"),
		("object", None),
	],
)
def test_what_servers_put_where_a_picture_belongs(client, name, starts):
	client.sandbox.fault("create", "variant", name=f"{name}_qr")
	body = {"sessionId": "ventas_1", "sessionName": "Ventas"}
	created = client.post("/api/sessions", body, in_contract=starts is not None).json()["data"]["session"]
	client.sandbox.fault("qr", "variant", name=name)
	asked = client.get(f"/api/sessions/{created['id']}/qr", in_contract=starts is not None).json()["data"]
	for picture in (created["qrCode"], asked["qrCode"]):
		assert picture.startswith(starts) if starts else isinstance(picture, dict)
	if name == "jpeg":
		assert base64.b64decode(created["qrCode"].partition(",")[2]).startswith(b"\xff\xd8\xff")
	answer = client.get(f"/api/sessions/{created['id']}/qr")
	assert answer.json()["data"]["qrCode"].startswith("data:image/png;base64,iVBOR")


@pytest.mark.parametrize(
	"route, body",
	[
		("hide", {"sessionId": "nobody_1"}),
		("break", {"sessionId": "nobody_1"}),
		("duplicate", {"sessionId": "nobody_1"}),
	],
)
def test_trouble_for_nobody_is_refused(client, route, body):
	answer = client.control("POST", route, body)
	assert answer.status_code == 404 and "nobody_1" in answer.json()["error"]


def test_trouble_over_http(client):
	number = client.connected()
	assert client.control("POST", "hide", {"sessionId": "ventas_1"}).status_code == 200
	assert listed(client) == []
	client.control("POST", "hide", {"sessionId": "ventas_1", "hidden": False})
	twin = client.control("POST", "duplicate", {"sessionId": "ventas_1", "first": True}).json()["data"]["id"]
	assert listed(client) == [twin, number]
	drop = {"sessionId": "ventas_1", "code": 408, "reason": "whatsapp_unreachable", "backAfter": 30}
	row = client.control("POST", "drop", drop).json()["data"]
	assert (row["status"], row["disconnectReason"]) == ("connecting", "whatsapp_unreachable")
	assert client.control("POST", "break", {"sessionId": "ventas_1"}).status_code == 200
	assert client.post(f"/api/sessions/{number}/restart").json()["code"] == "CONNECTION_ERROR"
	assert client.control("POST", "start-over", {"firstId": 7}).status_code == 200
	assert client.create() == 7


@pytest.mark.parametrize(
	"route, body",
	[
		("start-over", {"firstId": "x"}),
		("start-over", {"firstId": 0}),
		("drop", {"sessionId": "ventas_1", "backAfter": "soon"}),
		("drop", {"sessionId": "ventas_1", "backAfter": -1}),
		("faults", {"route": "list", "kind": "refusal", "name": "no_such"}),
		("faults", {"route": "list", "kind": "challenge", "form": "riddle"}),
	],
)
def test_trouble_that_makes_no_sense_is_refused(client, route, body):
	number = client.connected()
	assert client.control("POST", route, body).status_code == 400
	assert client.status(number)["isConnected"]


@pytest.mark.parametrize("is_running", [True, False])
def test_deleting_says_whether_the_phone_was_unlinked(client, is_running):
	number = client.connected()
	if not is_running:
		client.post(f"/api/sessions/{number}/disconnect")
	data = client.delete(f"/api/sessions/{number}").json()["data"]
	assert (data["wasLinked"], data["unlinked"]) == (True, is_running)
	assert client.delete(f"/api/sessions/{client.create()}").json()["data"]["wasLinked"] is False
