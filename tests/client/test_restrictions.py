"""Accounts that WhatsApp lets begin no conversations."""

from __future__ import annotations

import pytest

from xappiens_whatsapp.baileys.errors import AccountRestrictedError

from .envelopes import data

ID = "3EB0FAKE000000000001"


@pytest.mark.parametrize(
	("status", "body", "until"),
	[
		(409, {"code": "ACCOUNT_RESTRICTED", "restrictedUntil": "2030-01-02T00:00:00.000Z"}, 1893542400),
		(409, {"code": "ACCOUNT_RESTRICTED", "restrictedUntil": None}, None),
		(400, {"code": "463", "restrictedUntil": "soon"}, None),
		(463, {"error": "reach-out time lock"}, None),
	],
)
def test_a_restricted_account_is_told_from_other_refusals_with_its_end(answering, status, body, until):
	client = answering((status, {"success": False} | body), (200, data(messageId=ID)))
	with pytest.raises(AccountRestrictedError) as caught:
		client.send_text("ventas_demo_0001", "34600000001", "hola")
	assert (caught.value.restricted_until and caught.value.restricted_until.timestamp()) == until
	assert not caught.value.outcome_unknown
	assert client.send_text("ventas_demo_0001", "34600000001", "hola") == ID


@pytest.mark.parametrize(
	("row", "restriction"),
	[
		({"until": "2030-01-02T00:00:00.000Z", "reason": "DEFAULT"}, (1893542400, "DEFAULT")),
		({"until": None, "reason": "WEB_COMPANION_ONLY"}, (None, "WEB_COMPANION_ONLY")),
		({}, (None, "")),
		(None, None),
		("yes", None),
	],
)
def test_a_restriction_in_the_status_is_read_and_no_other_word_is_taken_for_one(answering, row, restriction):
	client = answering((200, data(id=7, status="connected", isConnected=True, restriction=row)))
	found = client.get_status(7).restriction
	assert (found and (found.until and found.until.timestamp(), found.reason)) == restriction
