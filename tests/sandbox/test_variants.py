"""Every shape that the contract's contradictions allow, scripted one request at a time."""

from __future__ import annotations

import base64

import pytest

from xappiens_whatsapp.sandbox.shapes import VARIANTS

SESSION = ("components", "schemas", "Session")
FLAT_LISTS = {
	"items": lambda body: body["data"]["items"],
	"data": lambda body: body["data"]["data"],
	"array": lambda body: body["data"],
	"top": lambda body: body["sessions"],
}


def created(client, variant):
	client.sandbox.fault("create", "variant", name=variant)
	fields = {"sessionId": "ventas_1", "sessionName": "Ventas", "webhookUrl": "https://erp.example/hook"}
	answer = client.post("/api/sessions", fields)
	assert answer.status_code == 201
	return answer.json()["data"]


@pytest.mark.parametrize(
	"variant, keys, status",
	[
		(
			"flat",
			["id", "sessionId", "sessionName", "status", "phoneNumber", "qrCode", "createdAt"],
			"pending",
		),
		("flat_qr", ["id", "sessionId", "status", "qrCode"], "qr_code"),
		("webhook_echo", ["id", "sessionId", "webhookUrl", "status"], "pending"),
		("no_id", ["sessionId", "status", "qrCode", "phoneNumber", "createdAt"], "qr"),
	],
)
def test_create(client, variant, keys, status):
	data = created(client, variant)
	assert (list(data), data["status"]) == (keys, status)
	assert [row["sessionId"] for row in client.sandbox.sessions()] == ["ventas_1"]


def test_create_in_the_observed_shape_can_be_asked_for(client):
	assert created(client, "session")["session"]["status"] == "disconnected"


@pytest.mark.parametrize("variant", ["flat_qr", "no_id"])
def test_an_inline_qr_is_live(client, variant):
	assert created(client, variant)["qrCode"].startswith("data:image/png;base64,")
	row = client.sandbox.sessions()[0]
	assert (row["status"], row["hasQR"]) == ("qr_code", True)


@pytest.mark.parametrize("variant", FLAT_LISTS)
def test_list_in_shapes_outside_the_openapi_file(client, contract, variant):
	client.sandbox.add("ventas_1")
	client.sandbox.fault("list", "variant", name=variant)
	body = client.get("/api/sessions", in_contract=False).json()
	(row,) = FLAT_LISTS[variant](body)
	contract.check(row, *SESSION)
	assert row["sessionId"] == "ventas_1"


def test_list_without_pagination(client):
	client.sandbox.add("ventas_1")
	client.sandbox.fault("list", "variant", name="no_pagination")
	data = client.get("/api/sessions").json()["data"]
	assert "pagination" not in data and data["total"] == 1


def test_details_without_the_inner_envelope(client):
	number = client.create()
	client.sandbox.fault("get", "variant", name="flat")
	assert client.get(f"/api/sessions/{number}").json()["data"]["id"] == number


def test_status_without_the_number(client):
	number = client.create()
	client.sandbox.fault("status", "variant", name="no_id")
	assert "id" not in client.status(number)
	assert client.status(number)["id"] == number


def test_status_of_a_stale_row(client):
	number = client.connected()
	client.sandbox.fault("status", "variant", name="stale")
	row = client.status(number)
	assert (row["status"], row["isConnected"]) == ("connected", False)


@pytest.mark.parametrize(
	"details, word", [({}, "reconnected_failed"), ({"word": " CONNECTED "}, " CONNECTED ")]
)
def test_status_in_an_unknown_word(client, details, word):
	number = client.create()
	client.sandbox.fault("status", "variant", name="unknown_word", **details)
	assert client.status(number)["status"] == word


def test_qr_as_bare_base64(client):
	data = qr(client, "base64")["data"]
	assert base64.b64decode(data["qrCode"]).startswith(b"\x89PNG") and data["status"] == "pending"


def test_qr_as_raw_text(client):
	assert qr(client, "raw")["data"]["qrCode"] == client.sandbox.sessions()[0]["qr"]


def test_qr_as_the_old_server_sent_it(client):
	body = qr(client, "qr_data")
	assert body == {"success": True, "qr_data": client.sandbox.sessions()[0]["qr"]}


@pytest.mark.parametrize("kind, details", [("variant", {"name": "empty"}), ("empty_qr", {})])
def test_an_empty_qr(client, kind, details):
	number = client.waiting()
	client.sandbox.fault("qr", kind, **details)
	assert client.get(f"/api/sessions/{number}/qr").json()["data"]["qrCode"] == ""
	assert client.get(f"/api/sessions/{number}/qr").json()["data"]["qrCode"]


def test_qr_without_expiry(client):
	data = qr(client, "no_expiry")["data"]
	assert data["expiresAt"] is None and data["qrCode"].startswith("data:image/png")


def qr(client, variant):
	number = client.waiting()
	client.sandbox.fault("qr", "variant", name=variant)
	return client.get(f"/api/sessions/{number}/qr").json()


@pytest.mark.parametrize("route", ["connect", "restart"])
@pytest.mark.parametrize("word", ["pending", "qr"])
def test_older_words_for_connecting(client, route, word):
	number = client.create()
	client.sandbox.fault(route, "variant", name=word)
	assert client.post(f"/api/sessions/{number}/{route}").json()["data"]["status"] == word


def test_success_without_content(client):
	number = client.create()
	client.sandbox.fault("webhook", "variant", name="no_content")
	client.sandbox.fault("delete", "variant", name="no_content")
	changed = client.put(f"/api/sessions/{number}/webhook", {"webhookUrl": "https://erp.example/b"})
	assert (changed.status_code, changed.content) == (204, b"")
	assert client.sandbox.sessions()[0]["webhookUrl"] == "https://erp.example/b"
	assert client.delete(f"/api/sessions/{number}").status_code == 204
	assert client.sandbox.sessions() == []


@pytest.mark.parametrize("route", VARIANTS)
def test_an_unknown_variant_is_refused_and_the_known_ones_named(sandbox, route):
	with pytest.raises(ValueError, match=VARIANTS[route][0]):
		sandbox.fault(route, "variant", name="no_such_shape")
