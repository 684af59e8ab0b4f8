"""With real Baileys: another phone scans than the expected one, is unlinked, and the expected one follows."""

from __future__ import annotations

import pytest

from ..waiting import waited_for
from .conftest import AppSession

pytestmark = pytest.mark.needs_site

EXPECTED, OTHER = "34600000031", "34600000032"


def test_another_phone_is_seen_logged_out_by_unlink_and_the_expected_one_takes_its_place(
	session: AppSession,
) -> None:
	session.api.create_session(session.name, "Ventas", phone_number=f"+{EXPECTED}")
	waited_for(lambda: session.api.get_qr_code(session.name)["ready"])
	assert not session.record().phone_number
	session.scan(OTHER)
	linked = session.record()
	assert (linked.phone_number, linked.wrong_phone, linked.needs_attention) == (OTHER, 1, 1)
	assert len(session.devices(OTHER)) == 1
	session.phone_api.unlink_phone(session.name, OTHER)
	waited_for(lambda: not session.devices(OTHER))
	after = session.record()
	assert after.session_db_id != linked.session_db_id
	assert (after.phone_number or None, after.wrong_phone) == (None, 0)
	session.scan(EXPECTED)
	right = session.record()
	assert (right.phone_number, right.wrong_phone, right.needs_attention) == (EXPECTED, 0, 0)
	assert len(session.devices(EXPECTED)) == 1


def test_another_phone_that_is_kept_is_the_expected_one(session: AppSession) -> None:
	session.api.create_session(session.name, "Ventas", phone_number=f"+{EXPECTED}")
	session.scan(OTHER)
	session.phone_api.keep_phone(session.name)
	session.becomes("Connected")
	kept = session.record()
	assert (kept.expected_number, kept.wrong_phone, kept.needs_attention) == (f"+{OTHER}", 0, 0)
