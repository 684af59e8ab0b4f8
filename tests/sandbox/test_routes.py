"""Every route of the contract; the client holds each answer against the OpenAPI file."""

from __future__ import annotations

import base64
import io

import pytest
import requests
import zxingcpp
from PIL import Image

from xappiens_whatsapp.sandbox.routes import ROUTES

NUMERIC_ROUTES = (
	("GET", "status"),
	("GET", "qr"),
	("GET", "contacts"),
	("GET", "frappe/status"),
	("POST", "connect"),
	("POST", "disconnect"),
	("POST", "restart"),
	("POST", "frappe/configure"),
	("PUT", "webhook"),
)


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
	"fields, wrong",
	[
		({"sessionId": None}, "sessionId"),
		({"sessionId": "ab"}, "sessionId"),
		({"sessionId": "a" * 101}, "sessionId"),
		({"sessionId": "con espacio"}, "sessionId"),
		({"sessionId": "año_nuevo"}, "sessionId"),
		({"sessionId": 42}, "sessionId"),
		({"sessionName": ""}, "sessionName"),
		({"sessionName": "   "}, "sessionName"),
		({"sessionName": "n" * 256}, "sessionName"),
		({"phoneNumber": ""}, "phoneNumber"),
		({"phoneNumber": "+34 600"}, "phoneNumber"),
		({"webhookUrl": "ftp://erp.example/hook"}, "webhookUrl"),
		({"webhookUrl": "http://erp.example/hook"}, "webhookUrl"),
		({"webhookUrl": "https://[::1"}, "webhookUrl"),
		({"webhookUrl": "https://erp.example:port/"}, "webhookUrl"),
		({"webhookUrl": ""}, "webhookUrl"),
		({"webhookSecret": "fifteen-letters"}, "webhookSecret"),
		({"webhookEvents": "session.qr"}, "webhookEvents"),
		({"fromFrappe": "true"}, "fromFrappe"),
	],
)
def test_create_names_the_field_it_refuses(client, fields, wrong):
	body = {"sessionId": "ventas_1", "sessionName": "Ventas"} | fields
	answer = client.post("/api/sessions", body)
	assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
	assert list(answer.json()["details"]) == [wrong]
	assert client.create()


def test_create_needs_both_names(client):
	answer = client.post("/api/sessions", {})
	assert answer.json()["details"] == {"sessionId": "obligatorio", "sessionName": "obligatorio"}


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


@pytest.mark.parametrize("content", [b"{broken", b"[1]", b'"text"'])
def test_a_body_that_is_no_object_is_refused(client, content):
	headers = client.headers | {"Content-Type": "application/json"}
	answer = client.call("POST", "/api/sessions", data=content, headers=headers)
	assert (answer.status_code, list(answer.json()["details"])) == (400, ["body"])


def test_an_oversize_body_is_refused(client):
	answer = client.post("/api/sessions", {"sessionName": "x" * 1_000_001})
	assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


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


@pytest.mark.parametrize(
	"query, wrong",
	[
		("limit=101", "limit"),
		("limit=0", "limit"),
		("limit=x", "limit"),
		("page=0", "page"),
		("status=pending", "status"),
	],
)
def test_list_refuses_what_is_out_of_contract(client, query, wrong):
	answer = client.get(f"/api/sessions?{query}")
	assert (answer.status_code, list(answer.json()["details"])) == (400, [wrong])


def test_details_are_found_by_either_id(client):
	number = client.connected()
	for name in (str(number), "ventas_1"):
		session = client.get(f"/api/sessions/{name}").json()["data"]["session"]
		assert (session["id"], session["profile"]["name"]) == (number, "Ventas")
		assert session["phoneNumberId"].partition(":")[0] == session["phoneNumber"] == "34600000001"


@pytest.mark.parametrize("method, action", NUMERIC_ROUTES)
def test_a_string_id_is_refused_where_the_number_is_wanted(client, method, action):
	client.create()
	answer = client.call(method, f"/api/sessions/ventas_1/{action}", json={})
	assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
	assert answer.json()["details"] == {"id": "requires numeric id"}


def test_delete_by_string_id_is_refused_and_deletes_nothing(client):
	client.create()
	assert client.delete("/api/sessions/ventas_1").status_code == 400
	assert len(client.sandbox.sessions()) == 1


@pytest.mark.parametrize(
	"method, action", [*NUMERIC_ROUTES, ("POST", "sync"), ("POST", "repair-conversations")]
)
def test_an_unknown_session_is_not_found(client, method, action):
	other = client.create()
	answer = client.call(method, f"/api/sessions/{other + 1000}/{action}", json={})
	assert (answer.status_code, answer.json()["code"]) == (404, "SESSION_NOT_FOUND")
	assert answer.json()["timestamp"]


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


@pytest.mark.parametrize(
	"body, wrong",
	[
		({}, "webhookUrl"),
		({"webhookUrl": "javascript:alert(1)"}, "webhookUrl"),
		({"webhookUrl": "http://erp.example/"}, "webhookUrl"),
		({"webhookSecret": "short"}, "webhookSecret"),
	],
)
def test_a_webhook_update_names_what_it_refuses(client, body, wrong):
	number = client.create(webhookUrl="https://erp.example/a")
	answer = client.put(f"/api/sessions/{number}/webhook", body)
	assert (answer.status_code, list(answer.json()["details"])) == (400, [wrong])
	assert client.sandbox.registry.by_id(number).webhook.url == "https://erp.example/a"


@pytest.mark.parametrize(
	"headers, code", [({}, "MISSING_API_KEY"), ({"X-API-Key": "wrong"}, "INVALID_API_KEY")]
)
def test_every_session_route_asks_for_the_key(client, headers, code):
	number = client.create()
	for route in ROUTES:
		path = route.path.replace("<id>", str(number)).replace("<sessionId>", "ventas_1")
		if route.needs_key:
			answer = client.call(route.method, path, headers=headers)
			assert (answer.status_code, answer.json()["code"]) == (401, code)
	assert client.status(number)["status"] == "disconnected"


def test_a_bearer_key_is_no_key(client):
	answer = client.get("/api/sessions", headers={"Authorization": f"Bearer {client.sandbox.api_key}"})
	assert answer.json()["code"] == "MISSING_API_KEY"


@pytest.mark.parametrize(
	"method, path",
	[
		("GET", "/"),
		("GET", "/api"),
		("PATCH", "/api/sessions"),
		("GET", "/api/sessions/a%2Fb/status"),
		("GET", "/api/sessions//status"),
		("GET", "/api/sessions/"),
	],
)
def test_what_is_no_route_is_not_found(client, method, path):
	answer = client.call(method, path, in_contract=False)
	assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_the_webhook_test_routes_ask_for_no_key(client):
	answer = requests.get(f"{client.sandbox.url}/api/webhooks/test/connectivity", timeout=5).json()
	assert answer["success"] and {"timestamp", "server", "version"} <= answer.keys()
