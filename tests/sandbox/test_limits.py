"""The windows per key, and what their headers say."""

from __future__ import annotations

import pytest

from xappiens_whatsapp.sandbox import Sandbox
from xappiens_whatsapp.sandbox.limits import RateLimiter

START = 1_735_689_600.0


class Clock:
	def __init__(self) -> None:
		self.now = START

	def __call__(self) -> float:
		return self.now


@pytest.fixture
def clock():
	return Clock()


@pytest.fixture
def limited(clock, client_of):
	with Sandbox(rate_limit=3, clock=clock) as sandbox:
		yield client_of(sandbox)


def test_headers_count_down_and_the_window_is_fixed(limited, clock):
	answers = []
	for _request in range(3):
		answers.append(limited.get("/api/sessions").headers)
		clock.now += 10
	assert [headers["X-RateLimit-Remaining"] for headers in answers] == ["2", "1", "0"]
	assert {headers["X-RateLimit-Reset"] for headers in answers} == {"1735689660"}
	assert [headers["RateLimit-Reset"] for headers in answers] == ["900", "890", "880"]
	assert answers[0]["RateLimit-Policy"] == "1000;w=900"


def test_one_request_too_many_is_refused_until_the_window_closes(limited, clock):
	assert [limited.get("/api/sessions").status_code for _request in range(4)] == [200, 200, 200, 429]
	clock.now += 59.9
	answer = limited.get("/api/sessions")
	assert (answer.status_code, answer.json()["code"]) == (429, "RATE_LIMIT_EXCEEDED")
	assert answer.headers["X-RateLimit-Remaining"] == "0" and "Retry-After" not in answer.headers
	clock.now = float(answer.headers["X-RateLimit-Reset"])
	assert limited.get("/api/sessions").status_code == 200


def test_a_refused_create_has_created_nothing(limited):
	for _request in range(3):
		limited.get("/api/sessions")
	body = {"sessionId": "ventas_1", "sessionName": "Ventas"}
	assert limited.post("/api/sessions", body).status_code == 429
	assert limited.sandbox.sessions() == []


def test_each_key_has_its_own_window_and_open_routes_have_none(limited):
	for _request in range(3):
		limited.get("/api/sessions", headers={"X-API-Key": "somebody-else"})
		assert "X-RateLimit-Limit" not in limited.get("/health").headers
	assert limited.get("/api/sessions").headers["X-RateLimit-Remaining"] == "2"


def test_the_sandbox_s_own_routes_are_free(limited):
	for _request in range(5):
		assert limited.control("GET", "sessions").status_code == 200
	assert limited.get("/api/sessions").headers["X-RateLimit-Remaining"] == "2"


def test_the_general_bucket_holds_what_the_minutes_allow():
	limiter = RateLimiter(200)
	_allowed, headers = limiter.count("key", START)
	assert (headers["RateLimit-Limit"], headers["RateLimit-Remaining"]) == ("3000", "2999")
