"""Case 53 with real Baileys: another phone scans than the expected one, is unlinked, and the expected one follows."""

from __future__ import annotations

import pytest

from ..waiting import waited_for
from .conftest import Way

pytestmark = pytest.mark.needs_site

EXPECTED, OTHER = "34600000031", "34600000032"


def test_another_phone_is_seen_logged_out_by_unlink_and_the_expected_one_takes_its_place(way: Way) -> None:
	way.api.create_session(way.name, "Ventas", phone_number=f"+{EXPECTED}")
	waited_for(lambda: way.api.get_qr_code(way.name)["ready"])
	assert not way.record().phone_number
	way.scan(OTHER)
	linked = way.record()
	assert (linked.phone_number, linked.wrong_phone, linked.needs_attention) == (OTHER, 1, 1)
	assert len(way.devices(OTHER)) == 1
	way.phone_api.unlink_phone(way.name, OTHER)
	waited_for(lambda: not way.devices(OTHER))
	after = way.record()
	assert after.session_db_id != linked.session_db_id
	assert (after.phone_number or None, after.wrong_phone) == (None, 0)
	way.scan(EXPECTED)
	right = way.record()
	assert (right.phone_number, right.wrong_phone, right.needs_attention) == (EXPECTED, 0, 0)
	assert len(way.devices(EXPECTED)) == 1


def test_another_phone_that_is_kept_is_the_expected_one(way: Way) -> None:
	way.api.create_session(way.name, "Ventas", phone_number=f"+{EXPECTED}")
	way.scan(OTHER)
	way.phone_api.keep_phone(way.name)
	way.becomes("Connected")
	kept = way.record()
	assert (kept.expected_number, kept.wrong_phone, kept.needs_attention) == (f"+{OTHER}", 0, 0)
