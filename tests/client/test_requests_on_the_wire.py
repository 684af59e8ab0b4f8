from __future__ import annotations

import pytest

from xappiens_whatsapp.baileys import BaileysClient

EVERY_OPERATION = {
	"create": (
		lambda client, number: client.create_session("otra_demo_0002", "Otra"),
		"POST",
		"/api/sessions",
	),
	"list": (lambda client, number: client.list_sessions(), "GET", "/api/sessions"),
	"get": (lambda client, number: client.get_session(number), "GET", "/api/sessions/{}"),
	"status": (lambda client, number: client.get_status(number), "GET", "/api/sessions/{}/status"),
	"connect": (lambda client, number: client.connect(number), "POST", "/api/sessions/{}/connect"),
	"disconnect": (lambda client, number: client.disconnect(number), "POST", "/api/sessions/{}/disconnect"),
	"restart": (lambda client, number: client.restart(number), "POST", "/api/sessions/{}/restart"),
	"delete": (lambda client, number: client.delete_session(number), "DELETE", "/api/sessions/{}"),
	"webhook": (
		lambda client, number: client.update_webhook(number, "https://crm.example/hook", "s" * 20),
		"PUT",
		"/api/sessions/{}/webhook",
	),
}


@pytest.mark.parametrize("name", EVERY_OPERATION)
def test_each_operation_is_one_request_with_its_verb_its_path_and_the_key_in_its_header(
	client, sandbox, session, name
):
	operation, method, path = EVERY_OPERATION[name]
	operation(client, session.id)
	(request,) = sandbox.requests
	assert (request.method, request.path) == (method, path.format(session.id))
	assert request.headers["X-API-Key"] == sandbox.api_key
	assert request.headers["Accept"] == "application/json"


def test_the_key_is_in_no_part_of_the_request_but_its_header(client, sandbox, session):
	client.create_session("otra_demo_0002", "Otra", phone_number="34600000002")
	client.get_status(session.id)
	for request in sandbox.requests:
		others = [value for name, value in request.headers.items() if name.lower() != "x-api-key"]
		assert sandbox.api_key not in f"{request.path}{request.query}{request.body!r}{others}"


def test_features_are_asked_without_the_key(client, sandbox):
	client.get_features()
	(request,) = sandbox.requests
	assert request.path == "/health"
	assert "X-API-Key" not in request.headers


def test_create_sends_the_fields_of_the_contract_and_marks_its_origin(client, sandbox):
	client.create_session(
		"ventas_demo_0001",
		"Ventas",
		phone_number="34600000001",
		webhook_url="https://crm.example/hook",
		webhook_secret="not-a-real-secret-0000",
		webhook_events=("session.connected", "session.qr"),
	)
	(request,) = sandbox.requests
	assert request.headers["X-Frappe-Origin"] == "true"
	assert request.headers["Content-Type"] == "application/json"
	assert request.json == {
		"sessionId": "ventas_demo_0001",
		"sessionName": "Ventas",
		"phoneNumber": "34600000001",
		"webhookUrl": "https://crm.example/hook",
		"webhookSecret": "not-a-real-secret-0000",
		"webhookEvents": ["session.connected", "session.qr"],
	}


@pytest.mark.parametrize("blank", [None, ""])
def test_create_leaves_out_what_is_not_known_because_the_server_refuses_blanks(client, sandbox, blank):
	client.create_session(
		"ventas_demo_0001", "Ventas", phone_number=blank, webhook_url=blank, webhook_secret=blank
	)
	assert sandbox.requests[0].json == {"sessionId": "ventas_demo_0001", "sessionName": "Ventas"}


def test_only_create_marks_its_origin(client, sandbox, session):
	client.connect(session.id)
	assert "X-Frappe-Origin" not in sandbox.requests[0].headers


def test_update_webhook_sends_url_and_secret(client, sandbox, session):
	client.update_webhook(session.id, "https://crm.example/hook", "not-a-real-secret-0000")
	sent = {"webhookUrl": "https://crm.example/hook", "webhookSecret": "not-a-real-secret-0000"}
	assert sandbox.requests[0].json == sent


def test_list_always_sends_page_and_limit_because_the_default_page_size_is_unknown(client, sandbox):
	client.list_sessions()
	client.list_sessions(page=3, limit=7)
	assert [request.query for request in sandbox.requests] == ["page=1&limit=100", "page=3&limit=7"]


def test_a_limit_above_the_contract_is_lowered_to_a_hundred(client, sandbox):
	client.list_sessions(limit=1000)
	assert sandbox.requests[0].query == "page=1&limit=100"


@pytest.mark.parametrize("suffix", ["", "/", "//", "/api", "/api/"])
def test_the_base_url_may_end_in_a_slash_or_in_api(sandbox, session, suffix):
	with BaileysClient(sandbox.url + suffix, sandbox.api_key) as client:
		client.get_status(session.id)
	assert client.base_url == sandbox.url
	assert sandbox.requests[0].path == f"/api/sessions/{session.id}/status"


def test_a_prefix_in_the_base_url_stays_in_front_of_every_path(raw_server, reply):
	server = raw_server(reply(200, {"success": True}))
	with BaileysClient(f"{server.url}/whatsapp/api/", "sandbox-key") as client:
		client.delete_session(7)
	assert server.requests[0].startswith(b"DELETE /whatsapp/api/sessions/7 HTTP/1.1\r\n")


def test_a_proxy_and_a_netrc_of_the_environment_are_ignored(
	monkeypatch, tmp_path, sandbox, session, closed_port
):
	netrc = tmp_path / "netrc"
	netrc.write_text("machine 127.0.0.1 login someone password something\n")
	netrc.chmod(0o600)
	monkeypatch.setenv("NETRC", str(netrc))
	for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
		monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port}")
	monkeypatch.delenv("no_proxy", raising=False)
	monkeypatch.delenv("NO_PROXY", raising=False)
	with BaileysClient(sandbox.url, sandbox.api_key) as client:
		client.get_status(session.id)
		client.get_features()
	assert all("Authorization" not in request.headers for request in sandbox.requests)
	assert len(sandbox.requests) == 2


def test_cookies_that_the_server_sets_are_not_sent_back(raw_server, reply):
	server = raw_server(reply(200, {"success": True}, Set_Cookie="sid=1; Path=/"))
	with BaileysClient(server.url, "sandbox-key") as client:
		client.delete_session(7)
		client.delete_session(7)
	assert len(server.requests) == 2
	assert b"cookie" not in server.requests[1].lower()


def test_the_key_is_sent_without_the_line_break_that_came_with_pasting_it(sandbox, session):
	with BaileysClient(sandbox.url, f" {sandbox.api_key}\n") as client:
		assert client.get_status(session.id).session_id == session.sessionId


def test_before_request_runs_before_and_after_response_after_every_request(sandbox, session):
	order = []
	with BaileysClient(
		sandbox.url,
		sandbox.api_key,
		before_request=lambda: order.append(len(sandbox.requests)),
		after_response=lambda rate: order.append((len(sandbox.requests), rate.remaining is not None)),
	) as client:
		client.get_status(session.id)
		client.disconnect(session.id)
	assert order == [0, (1, True), 1, (2, True)]


def test_before_request_stops_the_request_by_raising_and_what_it_raised_comes_out(sandbox, session):
	def refuse() -> None:
		raise PermissionError("budget is used up")

	with BaileysClient(sandbox.url, sandbox.api_key, before_request=refuse) as client:
		with pytest.raises(PermissionError, match="budget is used up"):
			client.get_status(session.id)
	assert sandbox.requests == []


def test_one_connection_serves_several_requests(raw_server):
	answer = b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"success": true}'

	def twice(connection):
		connection.sendall(answer)
		connection.recv(65536)
		connection.sendall(answer)

	server = raw_server(twice)
	with BaileysClient(server.url, "sandbox-key") as client:
		client.delete_session(7)
		client.delete_session(7)
	assert len(server.requests) == 1
