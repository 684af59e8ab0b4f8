"""Every shape in which the contract says that an answer about sessions may come."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import NotFoundError, ServerError
from xappiens_whatsapp.baileys.models import RemoteSession

from ..waiting import waited_for
from .envelopes import data


def with_code(status: RemoteSession) -> RemoteSession | None:
	return status if status.has_qr else None


@pytest.mark.parametrize("variant", ["session", "flat", "webhook_echo", "flat_qr"])
def test_create_finds_the_number_in_every_shape_that_has_one(client, sandbox, variant):
	sandbox.fault("create", "variant", name=variant)
	created = client.create_session("ventas_demo_0001", "Ventas")
	assert created.id == sandbox.sessions()[0]["id"]
	assert created.session_id == "ventas_demo_0001"
	assert client.get_status(created.id).session_id == "ventas_demo_0001"


def test_create_without_a_number_leaves_it_open_and_the_list_tells_it(client, sandbox):
	sandbox.fault("create", "variant", name="no_id")
	created = client.create_session("ventas_demo_0001", "Ventas")
	assert (created.id, created.session_id, created.status) == (None, "ventas_demo_0001", "qr")
	assert client.find_session("ventas_demo_0001").id == sandbox.sessions()[0]["id"]


@pytest.mark.parametrize("variant", ["flat_qr", "no_id"])
def test_create_hands_on_a_qr_code_that_came_with_the_answer(client, sandbox, variant):
	sandbox.fault("create", "variant", name=variant)
	assert client.create_session("ventas_demo_0001", "Ventas").qr_code.startswith("data:image/png;base64,")


def test_create_accepts_200_as_well_as_201(answering):
	client = answering(data(session={"id": 7, "sessionId": "ventas_demo_0001", "status": "disconnected"}))
	assert client.create_session("ventas_demo_0001", "Ventas").id == 7


@pytest.mark.parametrize("variant", ["session", "flat"])
def test_details_are_read_from_both_shapes(client, sandbox, session, variant):
	sandbox.fault("get", "variant", name=variant)
	found = client.get_session(session.id)
	assert (found.id, found.session_id, found.name) == (session.id, "ventas_demo_0001", "Ventas demo")


def test_status_of_a_session_that_waits_for_the_scan(client, sandbox, session):
	client.connect(session.id)
	status = waited_for(lambda: with_code(client.get_status(session.id)))
	assert (status.status, status.is_connected, status.has_qr) == ("qr_code", False, True)
	assert (status.phone_number, status.last_activity) == (None, None)
	assert (status.disconnect_code, status.disconnect_reason) == (None, None)


def test_status_of_a_linked_session_has_its_phone_and_its_last_activity(client, sandbox):
	linked = sandbox.add("ventas_demo_0001", phone_number="34600000001")
	status = client.get_status(linked["id"])
	assert (status.status, status.is_connected, status.has_qr) == ("connected", True, False)
	assert status.phone_number == "34600000001"
	assert abs(datetime.now(timezone.utc) - status.last_activity) < timedelta(minutes=1)


def test_status_without_a_number_keeps_the_name(client, sandbox, session):
	sandbox.fault("status", "variant", name="no_id")
	status = client.get_status(session.id)
	assert (status.id, status.session_id) == (None, "ventas_demo_0001")


def test_status_that_contradicts_itself_is_handed_on_as_it_is(client, sandbox, session):
	sandbox.fault("status", "variant", name="stale")
	status = client.get_status(session.id)
	assert (status.status, status.is_connected) == ("connected", False)


def test_status_words_are_handed_on_as_sent_but_trimmed(client, sandbox, session, answering):
	sandbox.fault("status", "variant", name="unknown_word")
	assert client.get_status(session.id).status == "reconnected_failed"
	assert answering(data(id=7, status="  CONNECTED \n")).get_status(7).status == "CONNECTED"


def test_status_tells_why_the_session_was_dropped(client, sandbox):
	linked = sandbox.add("ventas_demo_0001", phone_number="34600000001")
	sandbox.drop("ventas_demo_0001", code=401)
	status = client.get_status(linked["id"])
	assert (status.status, status.is_connected, status.disconnect_code) == ("disconnected", False, 401)


@pytest.mark.parametrize(
	("fields", "phone"),
	[
		({"phoneNumber": "34600000001"}, "34600000001"),
		({"phoneNumber": "+34 600 000-001"}, "34600000001"),
		({"phoneNumber": 34600000001}, "34600000001"),
		({"phoneNumberId": "34600000001:3@s.whatsapp.net"}, "34600000001"),
		({"phoneNumber": None, "phoneNumberId": "34600000001@c.us"}, "34600000001"),
		({"phoneNumber": "34600000001", "phoneNumberId": "34600000002@c.us"}, "34600000001"),
		(
			{"phoneNumber": "123456789012345@lid", "phoneNumberId": "34600000001:3@s.whatsapp.net"},
			"34600000001",
		),
		({"phoneNumber": "34600000001@lid"}, None),
		({"phoneNumber": "34600000001-1600000000@g.us"}, None),
		({"phoneNumber": ""}, None),
		({"phoneNumber": "desconocido"}, None),
		({"phoneNumber": False}, None),
		({}, None),
	],
)
def test_a_phone_number_comes_as_its_digits_or_not_at_all(answering, fields, phone):
	assert answering(data(id=7, status="connected", **fields)).get_status(7).phone_number == phone


@pytest.mark.parametrize("value", [0, 1, "true", "false", None, [], {}])
def test_flags_that_are_no_flags_are_unknown_rather_than_true_or_false(answering, value):
	status = answering(data(id=7, status="connected", isConnected=value, hasQR=value)).get_status(7)
	assert (status.is_connected, status.has_qr) == (None, None)


@pytest.mark.parametrize("operation", ["connect", "restart"])
@pytest.mark.parametrize("variant", ["pending", "qr"])
def test_connect_and_restart_hand_on_the_word_of_the_answer(client, sandbox, session, operation, variant):
	sandbox.fault(operation, "variant", name=variant)
	answer = getattr(client, operation)(session.id)
	assert (answer.session_id, answer.status) == ("ventas_demo_0001", variant)


@pytest.mark.parametrize("operation", ["connect", "disconnect", "restart"])
def test_an_action_whose_answer_has_no_data_has_worked(answering, operation):
	session = getattr(answering({"success": True, "message": "Hecho"}), operation)(7)
	assert (session.id, session.session_id, session.status) == (None, "", "")


def test_disconnect_keeps_the_session(client, sandbox):
	linked = sandbox.add("ventas_demo_0001", phone_number="34600000001")
	assert client.disconnect(linked["id"]).status == "disconnected"
	assert client.get_session(linked["id"]).session_id == "ventas_demo_0001"


@pytest.mark.parametrize("variant", [None, "no_content"])
def test_delete_works_with_200_and_with_204_and_the_session_is_gone(client, sandbox, session, variant):
	if variant:
		sandbox.fault("delete", "variant", name=variant)
	assert client.delete_session(session.id) is None
	with pytest.raises(NotFoundError):
		client.delete_session(session.id)


@pytest.mark.parametrize("variant", [None, "no_content"])
def test_update_webhook_works_with_200_and_with_204(client, sandbox, session, variant):
	if variant:
		sandbox.fault("webhook", "variant", name=variant)
	assert client.update_webhook(session.id, "https://crm.example/hook", "not-a-real-secret-0000") is None
	assert sandbox.sessions()[0]["webhookUrl"] == "https://crm.example/hook"


def test_delete_works_with_an_answer_that_declares_itself_empty(raw_server, reply):
	with BaileysClient(raw_server(reply(200)).url, "sandbox-key") as client:
		assert client.delete_session(7) is None


@pytest.mark.parametrize("operation", ["delete_session", "connect"])
def test_an_answer_cut_within_its_headers_is_not_taken_for_an_empty_success(raw_server, operation):
	server = raw_server(b"HTTP/1.1 200 OK\r\nContent-Len")
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(ServerError):
		getattr(client, operation)(7)


def test_the_whole_way_from_create_to_scan_to_connected(client, sandbox):
	number = client.create_session("ventas_demo_0001", "Ventas").id
	client.connect(number)
	assert waited_for(lambda: with_code(client.get_status(number)))
	assert client.get_qr(number).session_id == "ventas_demo_0001"
	sandbox.scan("ventas_demo_0001", phone_number="34600000003")
	assert waited_for(lambda: client.get_status(number).phone_number) == "34600000003"
