"""Codes that a person types on the phone instead of scanning."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from xappiens_whatsapp.baileys.errors import (
	NotFoundError,
	RateLimitedError,
	RefusedByState,
	RejectedError,
	ServerError,
)

from .envelopes import data, sent

CODE = data(code="ABCD1234", expiresAt="2026-01-01T00:01:00.000Z")


def test_a_pairing_code_is_asked_for_with_the_digits_of_the_phone(answering):
	client = answering((200, CODE))
	code = client.request_pairing_code(7, "+34 600 000 001")
	assert code.code == "ABCD1234"
	assert code.expires_at == datetime(2026, 1, 1, 0, 1, tzinfo=timezone.utc)
	assert sent(client) == (
		"POST /api/sessions/7/pairing-code HTTP/1.1",
		{"phoneNumber": "34600000001"},
	)


@pytest.mark.parametrize("written", ["ABCD-1234", "abcd1234", " ABCD 1234 ", "ABCD‑1234".replace("‑", "-")])
def test_a_pairing_code_comes_without_dashes_and_in_capitals(answering, written):
	code = answering((200, data(code=written))).request_pairing_code(7, "34600000001")
	assert code.code == "ABCD1234"
	assert 55 < (code.expires_at - datetime.now(timezone.utc)).total_seconds() <= 60


@pytest.mark.parametrize("written", [None, "", "ABC", "ABCD12345", 12345678.5, "ÁBCD1234", ["ABCD1234"]])
def test_what_is_no_pairing_code_is_a_server_error_whose_outcome_is_open(answering, written):
	client = answering((200, data(code=written)), (200, CODE))
	with pytest.raises(ServerError) as caught:
		client.request_pairing_code(7, "34600000001")
	assert caught.value.outcome_unknown
	assert client.request_pairing_code(7, "34600000001").code == "ABCD1234"


def test_a_pairing_code_is_a_credential_and_is_in_no_repr(answering):
	assert "ABCD1234" not in repr(answering((200, CODE)).request_pairing_code(7, "34600000001"))


@pytest.mark.parametrize(
	("status", "body", "kind"),
	[
		(409, {"success": False, "error": "Session already connected"}, RefusedByState),
		(409, {"success": False, "code": "SESSION_DISCONNECTED"}, RefusedByState),
		(400, {"success": False, "code": "VALIDATION_ERROR"}, RejectedError),
		(409, {"success": False, "code": "SESSION_NOT_WAITING"}, RejectedError),
		(404, {"success": False, "code": "SESSION_NOT_FOUND"}, NotFoundError),
		(404, {"message": "Cannot POST /api/sessions/7/pairing-code"}, ServerError),
		(429, {"success": False}, RateLimitedError),
		(503, {"success": False}, ServerError),
	],
)
def test_a_pairing_code_that_is_refused_is_asked_for_once_and_the_next_one_comes(
	answering, status, body, kind
):
	client = answering((status, body), (200, CODE))
	with pytest.raises(kind):
		client.request_pairing_code(7, "34600000001")
	assert len(client.server.requests) == 1
	assert client.request_pairing_code(7, "34600000001").code == "ABCD1234"
