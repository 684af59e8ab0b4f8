"""Every route of the contract; the client holds each answer against the OpenAPI file."""

from __future__ import annotations

import base64
import io

import pytest
import requests
import zxingcpp
from PIL import Image

from xappiens_whatsapp.sandbox.routes import ROUTES


def decoded(data_url: str) -> str:
	picture = Image.open(io.BytesIO(base64.b64decode(data_url.removeprefix("data:image/png;base64,"))))
	return zxingcpp.read_barcodes(picture.convert("L"))[0].text


def test_no_session_route_of_the_contract_is_missing(contract):
	ours = {(route.method, route.path.replace("<", "{").replace(">", "}")) for route in ROUTES}
	wanted = {
		(method.upper(), path)
		for path, operations in contract.document["paths"].items()
		for method in operations
		if method != "parameters" and (path == "/health" or path.startswith("/api/sessions"))
	}
	assert wanted <= ours


def test_health_asks_for_no_key(client):
	answer = client.get("/health", headers={})
	assert (answer.status_code, answer.json()["success"]) == (200, True)


def test_create_answers_as_observed(client):
	body = {"sessionId": "ventas_1", "sessionName": "Ventas", "phoneNumber": "34600000001"}
	answer = client.post("/api/sessions", body, headers=client.headers | {"X-Frappe-Origin": "true"})
	assert answer.status_code == 201
	session = answer.json()["data"]["session"]
	assert session.pop("id") > 0 and session.pop("createdAt")
	assert session == body | {"status": "disconnected", "sendToFrappe": True}


@pytest.mark.parametrize(
	"url",
	[
		"https://erp.example/hook",
		"http://127.0.0.1:8000/hook",
		"http://localhost/",
		"http://crm.localhost:8000/",
	],
)
def test_webhook_addresses_that_are_accepted(client, url):
	number = client.create(webhookUrl=url, webhookSecret="not-a-real-secret-0000")
	session = client.get(f"/api/sessions/{number}").json()["data"]["session"]
	assert session["webhookUrl"] == url
	assert "not-a-real-secret" not in str(session)


def test_a_second_session_of_the_same_id_is_a_conflict(client):
	client.create()
	answer = client.post("/api/sessions", {"sessionId": "ventas_1", "sessionName": "Otra"})
	assert (answer.status_code, answer.json()["error"]) == (409, "Session already exists")
	assert len(client.sandbox.sessions()) == 1


def test_list_pages_through_all_sessions_ten_at_a_time(client):
	for number in range(23):
		client.sandbox.add(f"ventas_{number:02}")
	pages = [client.get(f"/api/sessions?page={page}").json()["data"] for page in (1, 2, 3, 4)]
	assert [len(page["sessions"]) for page in pages] == [10, 10, 3, 0]
	assert pages[0]["pagination"] == {"total": 23, "page": 1, "limit": 10, "pages": 3}
	assert len({session["id"] for page in pages for session in page["sessions"]}) == 23


def test_an_empty_list_has_no_pages(client):
	assert client.get("/api/sessions").json()["data"]["pagination"]["pages"] == 0


def test_list_filters_by_status(client):
	client.sandbox.add("ventas_1")
	client.sandbox.add("ventas_2", phone_number="34600000001")
	answer = client.get("/api/sessions?status=connected&limit=100").json()["data"]
	assert [session["sessionId"] for session in answer["sessions"]] == ["ventas_2"]


def test_details_are_found_by_either_id(client):
	number = client.connected()
	for name in (str(number), "ventas_1"):
		session = client.get(f"/api/sessions/{name}").json()["data"]["session"]
		assert (session["id"], session["profile"]["name"]) == (number, "Ventas")
		assert session["phoneNumberId"].partition(":")[0] == session["phoneNumber"] == "34600000001"


def test_the_way_from_create_to_connected_and_away(client, sandbox, until):
	number = client.create()
	path = f"/api/sessions/{number}"
	assert client.status(number)["status"] == "disconnected"
	assert client.get(f"{path}/qr").json()["code"] == "QR_GENERATION_ERROR"
	assert client.post(f"{path}/connect").json()["data"] == {"sessionId": "ventas_1", "status": "connecting"}
	until(lambda: client.status(number)["hasQR"])
	shown = client.get(f"{path}/qr").json()["data"]
	assert shown["status"] == "qr_code"
	sandbox.scan(decoded(shown["qrCode"]), "34600000001")
	until(lambda: client.status(number)["isConnected"])
	assert client.status(number)["phoneNumber"] == "34600000001"
	assert client.get(f"{path}/qr").status_code == 500
	assert client.post(f"{path}/disconnect").json()["data"]["status"] == "disconnected"
	assert client.post(f"{path}/restart").json()["data"]["status"] == "connecting"
	until(lambda: client.status(number)["isConnected"])
	assert client.delete(path).status_code == 200
	assert client.get(path).status_code == 404
	assert client.create() != number


def test_status_tells_why_a_session_dropped_until_it_connects_again(client, sandbox):
	number = client.connected()
	sandbox.drop("ventas_1", 428)
	row = client.status(number)
	assert (row["status"], row["disconnectCode"], row["disconnectReason"]) == (
		"disconnected",
		428,
		"connection_closed",
	)
	client.post(f"/api/sessions/{number}/connect")
	assert "disconnectCode" not in client.status(number)


def test_the_list_carries_the_live_qr(client):
	client.waiting()
	row = client.get("/api/sessions").json()["data"]["sessions"][0]
	assert row["hasQR"] and decoded(row["qrCode"]).split(",")[1] == "ventas_1"


def test_the_frappe_toggle_is_stored_and_listed(client):
	number = client.create()
	toggled = client.post(f"/api/sessions/{number}/frappe/configure", {"sendToFrappe": True}).json()["data"]
	assert toggled == {"sessionId": "ventas_1", "sendToFrappe": True}
	assert client.get(f"/api/sessions/{number}/frappe/status").json()["data"]["sendToFrappe"] is True
	assert len(client.get("/api/sessions/frappe/sessions").json()["data"]["sessions"]) == 1
	assert client.post(f"/api/sessions/{number}/frappe/configure", {"sendToFrappe": 1}).status_code == 400


def test_sync_wants_the_string_id_of_a_connected_session(client):
	number = client.create()
	refused = client.post("/api/sessions/ventas_1/sync")
	assert (refused.status_code, refused.json()["code"]) == (400, "SESSION_NOT_CONNECTED")
	assert client.post(f"/api/sessions/{number}/sync").status_code == 404
	client.delete(f"/api/sessions/{number}")
	client.connected()
	assert client.post("/api/sessions/ventas_1/sync").json()["data"]["sessionId"] == "ventas_1"
	assert client.post("/api/sessions/ventas_1/repair-conversations").json()["data"]["totalRepaired"] == 0


def test_contacts_come_from_the_database_until_connected(client):
	number = client.create()
	assert client.get(f"/api/sessions/{number}/contacts").json()["data"]["source"] == "database"
	client.delete(f"/api/sessions/{number}")
	number = client.connected()
	assert client.get(f"/api/sessions/{number}/contacts").json()["data"]["source"] == "whatsapp"


def test_stats_count_the_sessions(client):
	client.connected()
	assert client.get("/api/sessions/stats").json()["data"]["stats"] == {"total": 1, "connected": 1}


def test_a_webhook_update_changes_what_it_names_and_nothing_else(client):
	number = client.create(webhookUrl="https://erp.example/a", webhookSecret="not-a-real-secret-0000")
	assert (
		client.put(f"/api/sessions/{number}/webhook", {"webhookUrl": "https://erp.example/b"}).status_code
		== 200
	)
	webhook = client.sandbox.registry.by_id(number).webhook
	assert (webhook.url, webhook.secret) == ("https://erp.example/b", "not-a-real-secret-0000")


def test_the_webhook_test_routes_ask_for_no_key(client):
	answer = requests.get(f"{client.sandbox.url}/api/webhooks/test/connectivity", timeout=5).json()
	assert answer["success"] and {"timestamp", "server", "version"} <= answer.keys()
