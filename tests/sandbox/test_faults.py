"""Each fault does what it says, as often as it says, and the next request is well again."""

from __future__ import annotations

import time

import pytest
import requests

SPOILED = (
	("http", {"status": 503, "code": "WHATSAPP_ERROR"}),
	("html", {"status": 504}),
	("not_json", {}),
	("redirect", {"location": "http://elsewhere.example/"}),
	("reset", {}),
	("rate_limit", {"reset": 7}),
	("huge", {"megabytes": 1}),
	("cut", {}),
	("truncated", {}),
	("wrong_session", {}),
	("slow", {"seconds": 0.01}),
)


def attempt(client, method, path, **options):
	try:
		return client.call(method, path, in_contract=False, **options)
	except requests.ConnectionError as error:
		return error
	except requests.exceptions.ChunkedEncodingError as error:
		return error


@pytest.mark.parametrize("kind, details", SPOILED)
def test_a_fault_strikes_once_and_the_next_request_recovers(client, kind, details):
	number = client.create()
	client.sandbox.fault("status", kind, **details)
	attempt(client, "GET", f"/api/sessions/{number}/status")
	assert client.sandbox.faults.pending() == []
	assert client.status(number)["id"] == number


def test_http_errors_carry_what_was_asked_for(client):
	number = client.create()
	details = {"qr": "agotado"}
	client.sandbox.fault("qr", "http", status=422, code="SOME_CODE", error="Algo falló", details=details)
	answer = client.get(f"/api/sessions/{number}/qr")
	body = answer.json()
	assert (answer.status_code, body["code"], body["error"], body["details"]) == (
		422,
		"SOME_CODE",
		"Algo falló",
		details,
	)
	assert answer.headers["X-RateLimit-Limit"] == "1000"


@pytest.mark.parametrize(
	"status, code",
	[
		(401, "INVALID_API_KEY"),
		(404, "SESSION_NOT_FOUND"),
		(429, "RATE_LIMIT_EXCEEDED"),
		(500, "INTERNAL_ERROR"),
	],
)
def test_http_errors_have_the_usual_code_unless_told(client, status, code):
	client.sandbox.fault("list", "http", status=status)
	answer = client.get("/api/sessions")
	assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_http_errors_may_put_their_text_under_message(client):
	client.sandbox.fault("list", "http", status=500, text_key="message", error="Texto")
	body = client.get("/api/sessions").json()
	assert body["message"] == "Texto" and "error" not in body


def test_success_false_with_status_200(client):
	client.sandbox.fault("list", "http", status=200, error="No se pudo")
	answer = client.get("/api/sessions", in_contract=False)
	assert (answer.status_code, answer.json()["success"]) == (200, False)


@pytest.mark.parametrize(
	"status, title", [(502, "502 Bad Gateway"), (504, "504 Gateway Time-out"), (404, "404 ")]
)
def test_html_pages_look_like_the_proxy_s(client, status, title):
	client.sandbox.fault("list", "html", status=status)
	answer = client.get("/api/sessions", in_contract=False)
	assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
	assert f"<h1>{title}" in answer.text and "X-RateLimit-Limit" not in answer.headers


def test_a_redirect_goes_where_it_is_told(client):
	client.sandbox.fault("health", "redirect", location="http://elsewhere.example/x")
	answer = client.get("/health", in_contract=False)
	assert (answer.status_code, answer.headers["Location"]) == (302, "http://elsewhere.example/x")


def test_a_huge_body_is_as_long_as_it_says(client):
	client.sandbox.fault("list", "huge")
	answer = client.get("/api/sessions", in_contract=False)
	assert len(answer.content) == int(answer.headers["Content-Length"]) > 10_000_000
	assert answer.json()["success"]


def test_truncated_json_arrives_whole_and_does_not_parse(client):
	client.sandbox.fault("list", "truncated")
	answer = client.get("/api/sessions", in_contract=False)
	assert (answer.status_code, answer.text.startswith('{"success"')) == (200, True)
	with pytest.raises(ValueError):
		answer.json()


def test_cut_and_reset_break_the_connection(client, capfd):
	client.sandbox.fault("list", "cut")
	client.sandbox.fault("list", "reset")
	assert "IncompleteRead" in str(attempt(client, "GET", "/api/sessions"))
	assert "reset by peer" in str(attempt(client, "GET", "/api/sessions"))
	assert client.get("/api/sessions").status_code == 200
	assert capfd.readouterr().err == ""


def test_the_answer_of_another_session(client):
	number = client.create()
	client.sandbox.fault("status", "wrong_session")
	row = client.status(number)
	assert (row["id"], row["sessionId"]) == (1, "otra_sesion_0001")


def test_rate_limit_tells_when_to_come_back_without_retry_after(client):
	client.sandbox.fault("list", "rate_limit", reset=7)
	answer = client.get("/api/sessions")
	assert (
		answer.status_code,
		answer.headers["X-RateLimit-Remaining"],
		answer.headers["RateLimit-Reset"],
	) == (429, "0", "7")
	assert 6 <= int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 8
	assert "Retry-After" not in answer.headers


def test_rate_limit_with_retry_after_when_asked(client):
	client.sandbox.fault("list", "rate_limit", retry_after=3)
	assert client.get("/api/sessions").headers["Retry-After"] == "3"


@pytest.mark.parametrize("kind, details", SPOILED[:6])
def test_a_replaced_answer_means_that_nothing_was_done_unless_told(client, kind, details):
	body = {"sessionId": "ventas_1", "sessionName": "Ventas"}
	client.sandbox.fault("create", kind, **details)
	attempt(client, "POST", "/api/sessions", json=body)
	assert client.sandbox.sessions() == []
	client.sandbox.fault("create", kind, performed=True, **details)
	attempt(client, "POST", "/api/sessions", json=body)
	assert len(client.sandbox.sessions()) == 1


@pytest.mark.parametrize("kind", ["cut", "truncated"])
def test_a_spoiled_answer_means_that_it_was_done(client, kind):
	client.sandbox.fault("create", kind)
	attempt(client, "POST", "/api/sessions", json={"sessionId": "ventas_1", "sessionName": "Ventas"})
	assert len(client.sandbox.sessions()) == 1


def test_a_slow_create_that_times_out_has_created(client):
	client.sandbox.fault("create", "slow", seconds=30)
	with pytest.raises(requests.Timeout):
		client.post("/api/sessions", {"sessionId": "ventas_1", "sessionName": "Ventas"}, timeout=0.1)
	assert len(client.sandbox.sessions()) == 1


def test_a_slow_request_holds_up_no_other_and_not_the_stop(client):
	client.sandbox.fault("list", "slow", seconds=30)
	with pytest.raises(requests.Timeout):
		client.get("/api/sessions", timeout=0.05)
	assert client.get("/api/sessions").elapsed.total_seconds() < 1
	started = time.monotonic()
	client.sandbox.stop()
	assert time.monotonic() - started < 1


def test_a_late_qr_is_late_from_connect(client, until):
	number = client.create()
	client.sandbox.fault("connect", "late_qr", seconds=0.6)
	client.post(f"/api/sessions/{number}/connect")
	time.sleep(0.1)
	assert client.status(number)["status"] == "connecting"
	until(lambda: client.status(number)["hasQR"])


def test_a_late_qr_takes_the_shown_one_back(client, until):
	number = client.waiting()
	client.sandbox.fault("qr", "late_qr", seconds=0.1)
	assert client.get(f"/api/sessions/{number}/qr").json()["code"] == "QR_GENERATION_ERROR"
	until(lambda: client.status(number)["hasQR"])
	assert client.get(f"/api/sessions/{number}/qr").status_code == 200


def test_faults_are_counted_per_route_and_used_in_order(client):
	number = client.create()
	client.sandbox.fault("status", "http", times=2, status=404)
	client.sandbox.fault("status", "http", status=500)
	assert client.get("/api/sessions").status_code == 200
	answers = [client.get(f"/api/sessions/{number}/status").status_code for _attempt in range(4)]
	assert answers == [404, 404, 500, 200]


def test_a_star_strikes_any_route_and_lasts_until_cleared(client):
	client.sandbox.fault("*", "http", times=None, status=503)
	assert client.get("/health", in_contract=False).status_code == 503
	assert [client.get("/api/sessions").status_code for _attempt in range(3)] == [503] * 3
	client.sandbox.clear_faults()
	assert client.get("/api/sessions").status_code == 200


@pytest.mark.parametrize(
	"route, kind, times, details",
	[
		("nowhere", "http", 1, {}),
		("list", "explode", 1, {}),
		("list", "twice", 1, {}),
		("delivery", "http", 1, {}),
		("status", "empty_qr", 1, {}),
		("create", "late_qr", 1, {}),
		("list", "slow", 1, {"second": 5}),
		("list", "http", 0, {}),
		("list", "http", True, {}),
	],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox, route, kind, times, details):
	with pytest.raises(ValueError):
		sandbox.fault(route, kind, times=times, **details)
	assert sandbox.faults.pending() == []
