from __future__ import annotations

import json

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import ServerError


def rows(first: int, last: int) -> list[dict]:
	return [{"id": number, "sessionId": f"sesion_{number}"} for number in range(first, last + 1)]


@pytest.fixture
def pages(raw_server, reply):
	"""A client whose server answers with these payloads, one per request."""

	def start(*payloads: dict) -> BaileysClient:
		server = raw_server(*(reply(200, {"success": True} | payload) for payload in payloads))
		client = BaileysClient(server.url, "sandbox-key")
		client.server = server
		return client

	return start


@pytest.mark.parametrize("variant", ["sessions", "items", "data", "array", "top", "no_pagination"])
def test_the_list_is_found_in_every_place_where_a_server_may_put_it(client, sandbox, session, variant):
	sandbox.fault("list", "variant", name=variant)
	page = client.list_sessions()
	assert [(found.id, found.session_id) for found in page.sessions] == [(session.id, "ventas_demo_0001")]
	assert page.total == 1
	sandbox.fault("list", "variant", name=variant)
	assert [found.id for found in client.iter_sessions()] == [session.id]


def test_an_empty_list_is_no_sessions_in_one_request(client, sandbox):
	assert list(client.iter_sessions()) == []
	assert client.list_sessions().total == 0
	assert len(sandbox.requests) == 2


@pytest.mark.parametrize(
	"payload", [{}, {"data": {}}, {"data": None}, {"data": {"sessions": None}}, {"sessions": {}}]
)
def test_an_answer_without_a_list_is_an_error_and_not_an_empty_list(pages, payload):
	with pytest.raises(ServerError) as caught:
		list(pages(payload).iter_sessions())
	assert caught.value.code == "not_envelope"


def test_all_pages_are_read_with_one_request_each(client, sandbox):
	for number in range(205):
		sandbox.add(f"sesion_{number:04}")
	found = list(client.iter_sessions())
	assert {session.session_id for session in found} == {f"sesion_{number:04}" for number in range(205)}
	assert [request.query for request in sandbox.requests] == [f"page={page}&limit=100" for page in (1, 2, 3)]


def test_find_stops_at_the_page_that_has_the_session_and_knows_when_there_is_none(client, sandbox):
	for number in range(105):
		sandbox.add(f"sesion_{number:04}")
	assert client.find_session("sesion_0003").session_id == "sesion_0003"
	assert len(sandbox.requests) == 1
	assert client.find_session("sesion_0104").session_id == "sesion_0104"
	assert client.find_session("SESION_0003") is None
	assert client.find_session("sesion") is None


@pytest.mark.parametrize(
	"paging",
	[
		{"pagination": {"total": 5, "page": 1, "limit": 2, "pages": 3}},
		{"pagination": {"pages": 3}},
		{"pagination": {"total": 5}},
		{"total": 5},
		{"total": 5, "limit": 2},
		{"pages": "3"},
		{"pagination": {"total": "5", "pages": "3"}},
		{"pagination": None},
		{"pagination": "none"},
		{},
	],
)
def test_pages_are_followed_to_the_end_by_whatever_the_server_says_about_them(pages, paging):
	parts = [rows(1, 2), rows(3, 4), rows(5, 5), []]
	client = pages(*({"data": {"sessions": part} | paging} for part in parts))
	assert [session.id for session in client.iter_sessions()] == [1, 2, 3, 4, 5]
	assert len(client.server.requests) <= 4


def test_a_server_that_ignores_the_page_and_tells_no_total_is_asked_twice_and_no_more(pages):
	client = pages({"data": rows(1, 100)})
	assert len(list(client.iter_sessions())) == 100
	assert len(client.server.requests) == 2


def test_a_server_that_ignores_the_page_but_has_more_is_an_error_because_the_rest_would_seem_gone(pages):
	client = pages({"data": rows(1, 100), "pagination": {"total": 250, "pages": 3}})
	with pytest.raises(ServerError) as caught:
		list(client.iter_sessions())
	assert caught.value.code == "incomplete_list"
	assert len(client.server.requests) == 2


def test_a_session_that_appears_on_two_pages_is_given_once(pages):
	paging = {"pagination": {"total": 4, "pages": 2}}
	client = pages({"data": rows(1, 2)} | paging, {"data": rows(2, 4)} | paging)
	assert [session.id for session in client.iter_sessions()] == [1, 2, 3, 4]


@pytest.mark.parametrize("ids", [(7, 8), (7, None), (None, None)])
def test_two_rows_of_one_session_id_are_both_given(pages, ids):
	twins = [
		{"id": id, "sessionId": "ventas_demo_0001", "status": word}
		for id, word in zip(ids, "ab", strict=True)
	]
	listed = list(pages({"data": twins, "pagination": {"total": 2, "pages": 1}}).iter_sessions())
	assert [(session.id, session.status) for session in listed] == [(ids[0], "a"), (ids[1], "b")]


def test_a_session_deleted_while_the_pages_are_read_ends_the_list_quietly(pages):
	paging = {"pagination": {"total": 4, "pages": 2}}
	client = pages({"data": rows(1, 2)} | paging, {"data": rows(3, 3)} | paging, {"data": []} | paging)
	assert [session.id for session in client.iter_sessions()] == [1, 2, 3]


def test_a_list_without_an_end_is_given_up(raw_server, reply, monkeypatch):
	monkeypatch.setattr("xappiens_whatsapp.baileys.client.MOST_PAGES", 5)
	numbers = iter(range(1, 100))

	def next_page(connection):
		connection.sendall(reply(200, {"success": True, "data": rows(number := next(numbers), number)}))

	server = raw_server(next_page)
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(ServerError, match="end"):
		list(client.iter_sessions())
	assert len(server.requests) == 5


def test_entries_that_are_no_sessions_are_passed_over(pages):
	entries = [None, 7, "x", [], {}, {"id": True}, {"id": "x"}, {"status": "connected"}, *rows(9, 9)]
	assert [session.id for session in pages({"data": entries}).list_sessions().sessions] == [9]


def test_a_row_that_does_not_say_whether_it_is_connected_says_neither(pages):
	(session,) = pages({"data": [{"id": 1, "status": "connected"}]}).list_sessions().sessions
	assert (session.status, session.is_connected) == ("connected", None)


def test_a_list_with_a_number_in_text_is_read_as_the_number(pages):
	(session,) = pages({"data": [{"id": "9007199254740993", "sessionId": "x"}]}).list_sessions().sessions
	assert session.id == 9007199254740993


def test_the_first_page_is_handed_out_before_the_second_is_asked_for(client, sandbox):
	for number in range(101):
		sandbox.add(f"sesion_{number:04}")
	next(client.iter_sessions())
	assert len(sandbox.requests) == 1


def test_a_failure_on_a_later_page_comes_out_and_the_next_reading_is_whole(client, sandbox):
	for number in range(101):
		sandbox.add(f"sesion_{number:04}")
	reading = client.iter_sessions()
	next(reading)
	sandbox.fault("list", "http", status=500)
	with pytest.raises(ServerError):
		list(reading)
	assert len(list(client.iter_sessions())) == 101


def test_a_list_in_another_unicode_encoding_is_still_json(raw_server, reply):
	body = json.dumps({"success": True, "data": [{"id": 1, "sessionName": "Señal"}]}, ensure_ascii=False)
	for encoding in ("utf-8", "utf-8-sig", "utf-16"):
		server = raw_server(reply(200, body.encode(encoding)))
		with BaileysClient(server.url, "sandbox-key") as client:
			assert client.list_sessions().sessions[0].name == "Señal"
