from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xappiens_whatsapp.baileys import BaileysClient, RateLimit
from xappiens_whatsapp.baileys.errors import RateLimitedError
from xappiens_whatsapp.baileys.ratelimits import read_rate_limit, stated_wait

quick = settings(max_examples=40, deadline=None)

WHATSAPP = {"X-RateLimit-Limit": "30", "X-RateLimit-Remaining": "12"}
GENERAL = {"RateLimit-Limit": "1000", "RateLimit-Remaining": "990", "RateLimit-Reset": "600"}


def iso_in(seconds: float) -> str:
	return (datetime.now(timezone.utc) + timedelta(seconds=seconds)).isoformat()


def in_seconds(seconds: float) -> str:
	return str(int(time.time() + seconds))


@pytest.mark.parametrize(
	("headers", "wait"),
	[
		(lambda: {"Retry-After": "7"}, 7),
		(lambda: {"Retry-After": "7", "X-RateLimit-Reset": in_seconds(40)}, 7),
		(lambda: {"Retry-After": formatdate(time.time() + 20, usegmt=True)}, 20),
		(lambda: {"Retry-After": formatdate(time.time() - 20, usegmt=True)}, 0),
		(lambda: {"X-RateLimit-Reset": in_seconds(40), "RateLimit-Reset": "600"}, 40),
		(lambda: {"X-RateLimit-Reset": in_seconds(-40)}, 0),
		(lambda: {"X-RateLimit-Reset": "40"}, 40),
		(lambda: {"X-RateLimit-Reset": str(int((time.time() + 40) * 1000))}, 40),
		(lambda: {"X-RateLimit-Reset": iso_in(40)}, 40),
		(lambda: {"X-RateLimit-Reset": formatdate(time.time() + 40, usegmt=True)}, 40),
		(lambda: {"X-RateLimit-Reset": "39.5"}, 39.5),
		(lambda: {"Retry-After": "12.25"}, 12.25),
		(lambda: {"Retry-After": iso_in(20)}, 20),
		(lambda: {"RateLimit-Reset": "50"}, 50),
		(lambda: {"RateLimit-Reset": in_seconds(50)}, 50),
		(lambda: {"Retry-After": "soon", "RateLimit-Reset": "50"}, 50),
		(lambda: {"Retry-After": "-3"}, 60),
		(lambda: {"X-RateLimit-Reset": "tomorrow"}, 60),
		(lambda: {"Retry-After": "99999999"}, 3600),
		(lambda: {"X-RateLimit-Reset": "99999999999"}, 3600),
		(lambda: {}, 60),
	],
)
def test_a_rate_limited_call_says_how_many_seconds_to_wait(raw_server, reply, headers, wait):
	named = {name.replace("-", "_"): value for name, value in headers().items()}
	server = raw_server(reply(429, {"success": False, "code": "RATE_LIMIT_EXCEEDED"}, **named))
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(RateLimitedError) as caught:
		client.connect(7)
	assert wait - 2 <= caught.value.retry_after <= wait + 0.5
	assert isinstance(caught.value.retry_after, float)


def test_the_bucket_of_the_key_goes_before_the_general_one():
	reset = time.time() + 40
	rate = read_rate_limit(WHATSAPP | GENERAL | {"X-RateLimit-Reset": str(int(reset))})
	assert (rate.limit, rate.remaining) == (30, 12)
	assert abs(rate.reset_at - reset) < 2


def test_an_empty_general_bucket_counts_although_the_key_has_some_left():
	rate = read_rate_limit(WHATSAPP | GENERAL | {"RateLimit-Remaining": "0"})
	assert (rate.limit, rate.remaining) == (1000, 0)
	assert 599 < rate.reset_at - time.time() <= 600


def test_the_general_bucket_stands_in_where_there_is_no_other():
	assert read_rate_limit(GENERAL).limit == 1000


@pytest.mark.parametrize("prefix", ["X-RateLimit", "RateLimit"])
@pytest.mark.parametrize("remaining", [None, "", "-1", "many", "0x0"])
def test_a_server_that_does_not_say_how_many_remain_has_not_said_none(raw_server, reply, prefix, remaining):
	headers = {f"{prefix}-Limit": "30", f"{prefix}-Reset": "40"}
	if remaining is not None:
		headers[f"{prefix}-Remaining"] = remaining
	named = {name.replace("-", "_"): value for name, value in headers.items()}
	server = raw_server(reply(200, {"success": True, "data": {"id": 7, "status": "connected"}}, **named))
	learned = []
	with BaileysClient(server.url, "sandbox-key", after_response=learned.append) as client:
		assert client.get_status(7).status == client.get_status(7).status == "connected"
	assert [(rate.limit, rate.remaining) for rate in learned] == [(30, None), (30, None)]
	assert all(38 < rate.reset_at - time.time() <= 40 for rate in learned)


def test_no_headers_are_no_knowledge():
	assert read_rate_limit({}) == RateLimit(None, None, None)


@pytest.mark.parametrize("skew", [-7200, -60, 60, 7200])
def test_a_server_whose_clock_is_wrong_still_means_the_same_wait(skew):
	headers = {
		"X-RateLimit-Reset": in_seconds(skew + 40),
		"Date": formatdate(time.time() + skew, usegmt=True),
	}
	assert 38 < stated_wait(headers) < 42


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 2025 99:99:99 GMT"])
def test_an_unreadable_date_is_passed_over(date):
	assert 38 < stated_wait({"X-RateLimit-Reset": in_seconds(40), "Date": date}) <= 40


header_values = st.text(st.characters(max_codepoint=255), max_size=12) | st.integers().map(str)
names = ["Retry-After", "Date", *GENERAL, *WHATSAPP, "X-RateLimit-Reset"]


@quick
@given(st.dictionaries(st.sampled_from(names), header_values))
def test_no_header_at_all_makes_the_reading_fail_or_the_wait_endless(headers):
	rate = read_rate_limit(headers)
	assert rate.reset_at is None or rate.reset_at <= time.time() + 3600
	wait = stated_wait(headers)
	assert wait is None or 0 <= wait <= 3600


def test_after_response_gets_what_the_headers_of_each_answer_said(sandbox, session):
	learned = []
	with BaileysClient(sandbox.url, sandbox.api_key, after_response=learned.append) as client:
		client.get_status(session.id)
		client.get_status(session.id)
	assert [rate.limit for rate in learned] == [1000, 1000]
	assert learned[0].remaining - learned[1].remaining == 1
	assert 0 <= learned[0].reset_at - time.time() <= 61


def test_after_response_is_told_of_refusals_too(sandbox, session):
	learned = []
	sandbox.fault("status", "rate_limit", reset=30)
	with BaileysClient(sandbox.url, sandbox.api_key, after_response=learned.append) as client:
		with pytest.raises(RateLimitedError):
			client.get_status(session.id)
		client.get_status(session.id)
	assert learned[0].remaining == 0
	assert 28 < learned[0].reset_at - time.time() < 32
	assert learned[1].remaining > 0
