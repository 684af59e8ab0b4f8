"""The sandbox's own routes, which scripts and the phone page use."""

from __future__ import annotations

import pytest
import requests


def test_scanning_by_text_and_by_session_id(client, until):
	first, second = client.waiting("ventas_1"), client.waiting("ventas_2")
	text = client.sandbox.sessions()[0]["qr"]
	assert client.control("POST", "scan", {"qr": text, "phoneNumber": "34600000001"}).status_code == 200
	assert (
		client.control("POST", "scan", {"sessionId": "ventas_2", "phoneNumber": "34600000002"}).status_code
		== 200
	)
	until(lambda: client.status(first)["isConnected"] and client.status(second)["isConnected"])
	assert client.status(second)["phoneNumber"] == "34600000002"


def test_a_code_of_another_server_is_refused(client):
	client.waiting()
	answer = client.control("POST", "scan", {"qr": "2@elsewhere,ventas_1,0000"})
	assert (answer.status_code, answer.json()["code"]) == (409, "SCAN_REFUSED")
	assert client.control("POST", "scan", {"sessionId": "ventas_1"}).status_code == 200


def test_drop_forget_and_renumber(client):
	number = client.connected()
	assert client.control("POST", "drop", {"sessionId": "ventas_1", "code": 440}).status_code == 200
	assert client.status(number)["disconnectCode"] == 440
	renumbered = client.control("POST", "renumber", {"sessionId": "ventas_1"}).json()["data"]["id"]
	assert client.get(f"/api/sessions/{number}").status_code == 404
	assert client.status(renumbered)["sessionId"] == "ventas_1"
	assert client.control("POST", "forget", {"sessionId": "ventas_1"}).status_code == 200
	assert client.get("/api/sessions").json()["data"]["sessions"] == []


def test_faults_over_http(client):
	script = {
		"route": "list",
		"kind": "http",
		"times": 2,
		"status": 418,
		"details": {"error": "Soy una tetera"},
	}
	listed = client.control("POST", "faults", script).json()["data"]["faults"]
	assert listed == [
		{"route": "list", "kind": "http", "times": 2, "details": {"error": "Soy una tetera", "status": 418}}
	]
	assert client.get("/api/sessions").json()["error"] == "Soy una tetera"
	assert client.control("GET", "faults").json()["data"]["faults"][0]["times"] == 1
	assert client.control("DELETE", "faults").json()["data"]["faults"] == []
	assert client.get("/api/sessions").status_code == 200


def test_recorded_requests_can_be_read_and_do_not_show_the_key(client):
	client.create()
	client.get("/api/sessions?limit=100&page=1")
	answer = client.control("GET", "requests")
	created, listed = answer.json()["data"]["requests"]
	assert (created["method"], created["path"]) == ("POST", "/api/sessions")
	assert '"sessionId": "ventas_1"' in created["body"]
	assert (listed["path"], listed["query"]) == ("/api/sessions", "limit=100&page=1")
	assert listed["headers"]["X-Api-Key"] == "***" and client.sandbox.api_key not in answer.text
	assert client.control("DELETE", "requests").json()["data"]["requests"] == []


def test_recorded_requests_in_python_are_as_sent(client):
	client.post("/api/sessions", {"sessionId": "ventas_1", "sessionName": "Ñandú"})
	client.get("/api/sessions/a%2Fb%20c", in_contract=False)
	created, odd = client.sandbox.requests
	assert created.json == {"sessionId": "ventas_1", "sessionName": "Ñandú"}
	assert created.headers["x-api-key"] == client.sandbox.api_key
	assert odd.path == "/api/sessions/a%2Fb%20c"
	client.sandbox.clear_requests()
	assert client.sandbox.requests == []


def test_deliveries_over_http(client, receiver):
	client.create(webhookUrl=receiver.url)
	client.control("POST", "webhook-test", {"sessionId": "ventas_1"})
	(delivery,) = client.control("GET", "deliveries").json()["data"]["deliveries"]
	assert (delivery["url"], delivery["event"], delivery["status"]) == (receiver.url, "webhook.test", 200)


@pytest.mark.parametrize("route", ["scan", "drop", "forget", "renumber", "webhook-test"])
def test_an_unknown_session_is_named(client, route):
	answer = client.control("POST", route, {"sessionId": "nobody_1"})
	assert answer.status_code == 404 and "nobody_1" in answer.json()["error"]


@pytest.mark.parametrize(
	"route, body",
	[
		("scan", {}),
		("scan", {"sessionId": "ventas_1", "phoneNumber": "+34 600"}),
		("drop", {"sessionId": 7}),
		("drop", {"sessionId": "ventas_1", "code": "x"}),
		("faults", {"route": "list"}),
		("faults", {"route": "list", "kind": "variant", "name": "no_such_shape"}),
		("faults", {"route": "list", "kind": "http", "details": []}),
	],
)
def test_a_body_that_makes_no_sense_is_refused(client, route, body):
	client.create()
	assert client.control("POST", route, body).status_code == 400
	assert client.sandbox.faults.pending() == []


def test_only_json_is_taken_so_that_no_foreign_page_can_post(client):
	client.waiting()
	url = f"{client.sandbox.url}/sandbox/scan"
	assert requests.post(url, data='{"sessionId": "ventas_1"}', timeout=5).status_code == 400
	assert client.sandbox.sessions()[0]["status"] == "qr_code"


def test_what_is_no_route_is_not_found(client):
	assert client.control("GET", "nothing").json()["code"] == "NOT_FOUND"
	assert client.control("POST", "sessions", {}).status_code == 404


def test_sessions_of_other_clients_can_be_added(client):
	client.sandbox.add("soporte_1", session_name="Soporte", phone_number="34600000007")
	client.sandbox.add("almacen_1")
	rows = client.get("/api/sessions").json()["data"]["sessions"]
	assert [(row["sessionName"], row["status"], row["phoneNumber"]) for row in rows] == [
		("Soporte", "connected", "34600000007"),
		("almacen_1", "disconnected", None),
	]
