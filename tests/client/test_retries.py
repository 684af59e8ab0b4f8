from __future__ import annotations

import time

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import (
	BaileysError,
	RateLimitedError,
	ServerError,
	TimedOutError,
	UnavailableError,
)

READS = {
	"list": lambda client, number: client.list_sessions(),
	"get": lambda client, number: client.get_session(number),
	"status": lambda client, number: client.get_status(number),
	"qr": lambda client, number: client.get_qr(number),
	"health": lambda client, number: client.get_features(),
}
WRITES = {
	"create": lambda client, number: client.create_session("otra_demo_0002", "Otra"),
	"connect": lambda client, number: client.connect(number),
	"disconnect": lambda client, number: client.disconnect(number),
	"restart": lambda client, number: client.restart(number),
	"delete": lambda client, number: client.delete_session(number),
	"webhook": lambda client, number: client.update_webhook(number, "https://crm.example/hook", "s" * 20),
}
PASSING_TROUBLE = {
	"reset": {},
	"cut": {},
	"html": {"status": 502},
	"http": {"status": 503},
}


@pytest.fixture
def impatient(sandbox):
	with BaileysClient(sandbox.url, sandbox.api_key, timeout=0.3) as client:
		yield client


@pytest.mark.parametrize(
	("route", "trouble"),
	[*((route, "html") for route in READS), *(("status", trouble) for trouble in PASSING_TROUBLE)],
)
def test_a_read_is_sent_again_after_passing_trouble_and_succeeds(client, sandbox, session, route, trouble):
	client.connect(session.id)
	sandbox.clear_requests()
	sandbox.fault(route, trouble, **PASSING_TROUBLE[trouble])
	assert READS[route](client, session.id)
	assert len(sandbox.requests) == 2


@pytest.mark.parametrize("trouble", PASSING_TROUBLE)
@pytest.mark.parametrize("route", WRITES)
def test_a_write_is_never_sent_twice_whatever_went_wrong(client, sandbox, session, route, trouble):
	sandbox.fault(route, trouble, **PASSING_TROUBLE[trouble])
	with pytest.raises(BaileysError):
		WRITES[route](client, session.id)
	assert len(sandbox.requests) == 1


@pytest.mark.parametrize("route", WRITES)
def test_a_write_that_times_out_is_not_sent_again_because_it_may_have_happened(sandbox, session, route):
	sandbox.fault(route, "slow", seconds=0.4)
	with BaileysClient(sandbox.url, sandbox.api_key, timeout=0.15) as client, pytest.raises(TimedOutError):
		WRITES[route](client, session.id)
	assert len(sandbox.requests) == 1


def test_a_read_that_times_out_once_is_sent_again(impatient, sandbox, session):
	sandbox.fault("status", "slow", seconds=0.6)
	assert impatient.get_status(session.id).session_id == session.sessionId
	assert len(sandbox.requests) == 2


@pytest.mark.parametrize(
	("retries", "requests"),
	[(0, 1), (1, 2), (2, 3)],
)
def test_a_read_gives_up_after_its_retries_and_works_again_later(sandbox, session, retries, requests):
	sandbox.fault("status", "http", times=requests, status=503)
	with BaileysClient(sandbox.url, sandbox.api_key, retries=retries) as client:
		with pytest.raises(ServerError) as caught:
			client.get_status(session.id)
		assert (caught.value.status, len(sandbox.requests)) == (503, requests)
		assert client.get_status(session.id).session_id == session.sessionId


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500, 501])
def test_a_read_is_not_sent_again_after_an_answer_that_will_not_change(client, sandbox, session, status):
	sandbox.fault("status", "http", status=status)
	with pytest.raises(BaileysError):
		client.get_status(session.id)
	assert len(sandbox.requests) == 1


@pytest.mark.parametrize("kind", ["redirect", "truncated", "not_json", "huge", "wrong_session"])
def test_a_read_is_not_sent_again_after_an_answer_that_makes_no_sense(client, sandbox, session, kind):
	sandbox.fault("status", kind)
	with pytest.raises(ServerError):
		client.get_status(session.id)
	assert len(sandbox.requests) == 1


def test_a_rate_limited_read_waits_for_a_short_retry_after_and_is_sent_again(client, sandbox, session):
	sandbox.fault("status", "rate_limit", reset=30, retry_after=1)
	started = time.monotonic()
	assert client.get_status(session.id).session_id == session.sessionId
	assert 1.0 <= time.monotonic() - started < 2.0
	assert len(sandbox.requests) == 2


def test_a_rate_limited_read_does_not_wait_for_a_long_reset_but_says_how_long_it_is(client, sandbox, session):
	sandbox.fault("status", "rate_limit", reset=30)
	started = time.monotonic()
	with pytest.raises(RateLimitedError) as caught:
		client.get_status(session.id)
	assert time.monotonic() - started < 1.0
	assert 28 <= caught.value.retry_after <= 31
	assert len(sandbox.requests) == 1
	assert client.get_status(session.id).session_id == session.sessionId


def test_a_rate_limited_read_that_is_not_told_how_long_is_not_sent_again(raw_server, reply):
	server = raw_server(reply(429, {"success": False, "error": "Demasiadas solicitudes"}))
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(RateLimitedError) as caught:
		client.get_status(7)
	assert caught.value.retry_after == 60.0
	assert len(server.requests) == 1


def test_a_rate_limited_write_is_not_sent_again_however_short_the_wait(client, sandbox, session):
	sandbox.fault("connect", "rate_limit", reset=1, retry_after=0)
	with pytest.raises(RateLimitedError):
		client.connect(session.id)
	assert len(sandbox.requests) == 1


def test_a_503_that_asks_for_a_long_wait_is_not_sent_again(raw_server, reply):
	server = raw_server(reply(503, {"success": False, "error": "mantenimiento"}, Retry_After="120"))
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(ServerError):
		client.get_status(7)
	assert len(server.requests) == 1


def test_a_503_is_sent_again_although_its_bucket_is_refilled_only_much_later(raw_server, reply):
	good = reply(200, {"success": True, "data": {"id": 7, "status": "connected"}})
	server = raw_server(reply(503, {"success": False}, RateLimit_Reset="600"), good)
	with BaileysClient(server.url, "sandbox-key") as client:
		assert client.get_status(7).status == "connected"


def test_the_waits_between_attempts_grow_and_are_not_all_alike(raw_server):
	arrivals = []
	server = raw_server(lambda connection: arrivals.append(time.monotonic()))
	first, second = [], []
	with BaileysClient(server.url, "sandbox-key", retries=2) as client:
		for _ in range(6):
			with pytest.raises(UnavailableError):
				client.get_status(7)
			one, two, three = arrivals[-3:]
			first.append(two - one)
			second.append(three - two)
	assert 0.09 < min(first) < 0.2 < min(second) < 0.4
	assert max(first) - min(first) > 0.01


def test_each_attempt_asks_for_leave_and_reports_its_answer(sandbox, session):
	asked, answered = [], []
	sandbox.fault("status", "http", status=502)
	with BaileysClient(
		sandbox.url,
		sandbox.api_key,
		before_request=lambda: asked.append(1),
		after_response=answered.append,
	) as client:
		client.get_status(session.id)
	assert (len(asked), len(answered), len(sandbox.requests)) == (2, 2, 2)


def test_a_budget_that_runs_out_between_attempts_stops_the_retry(sandbox, session):
	sandbox.fault("status", "http", times=None, status=502)
	leave = iter([None])

	def spend() -> None:
		if next(leave, "empty"):
			raise RateLimitedError("budget is used up", retry_after=12.0)

	with BaileysClient(sandbox.url, sandbox.api_key, before_request=spend) as client:
		with pytest.raises(RateLimitedError, match="budget"):
			client.get_status(session.id)
	assert len(sandbox.requests) == 1
