"""What the server refuses, with which code, and that nothing has happened then."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("content", [b"{broken", b"[1]", b'"text"'])
def test_a_body_that_is_no_object_is_refused(client, content):
	headers = client.headers | {"Content-Type": "application/json"}
	answer = client.call("POST", "/api/sessions", data=content, headers=headers)
	assert (answer.status_code, list(answer.json()["details"])) == (400, ["body"])


def test_an_oversize_body_is_refused(client):
	answer = client.post("/api/sessions", {"sessionName": "x" * 1_000_001})
	assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


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
@pytest.mark.parametrize(
	"route", [route for route in ROUTES if route.needs_key], ids=lambda route: f"{route.method} {route.path}"
)
def test_every_session_route_asks_for_the_key(client, headers, code, route):
	number = client.create()
	path = route.path.replace("<id>", str(number)).replace("<sessionId>", "ventas_1")
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
