"""Case 53 with real Baileys: another phone scans than the expected one, is unlinked, and the expected one follows."""

from __future__ import annotations

import base64
import io

import pytest
import zxingcpp
from PIL import Image

from .test_whole_way import Way, fresh
from .test_whole_way import way as way
from .waiting import waited_for

pytestmark = pytest.mark.needs_site

EXPECTED, OTHER = "34600000031", "34600000032"


def scan(way: Way, number: str) -> None:
	code = waited_for(lambda: way.api.get_qr_code(way.name)["qr_code"])
	picture = Image.open(io.BytesIO(base64.b64decode(code.partition(",")[2])))
	way.whatsapp.tell("scan", number=number, text=zxingcpp.read_barcodes(picture)[0].text)
	way.becomes("Connected")


def devices_of(way: Way, number: str) -> list[str]:
	"""What the phone lists under *Linked devices*."""
	phones = way.whatsapp.tell("state")["phones"]
	return [
		device["platform"] for phone in phones if phone["number"] == number for device in phone["devices"]
	]


def test_another_phone_is_seen_logged_out_by_unlink_and_the_expected_one_takes_its_place(way: Way) -> None:
	way.api.create_session(way.name, "Ventas", phone_number=f"+{EXPECTED}")
	waited_for(lambda: way.api.get_qr_code(way.name)["ready"])
	assert not fresh(way).phone_number
	scan(way, OTHER)
	linked = fresh(way)
	assert (linked.phone_number, linked.wrong_phone, linked.needs_attention) == (OTHER, 1, 1)
	assert len(devices_of(way, OTHER)) == 1
	way.phone_api.unlink_phone(way.name, OTHER)
	waited_for(lambda: not devices_of(way, OTHER))
	after = fresh(way)
	assert after.session_db_id != linked.session_db_id
	assert (after.phone_number or None, after.wrong_phone) == (None, 0)
	scan(way, EXPECTED)
	right = fresh(way)
	assert (right.phone_number, right.wrong_phone, right.needs_attention) == (EXPECTED, 0, 0)
	assert len(devices_of(way, EXPECTED)) == 1


def test_another_phone_that_is_kept_is_the_expected_one(way: Way) -> None:
	way.api.create_session(way.name, "Ventas", phone_number=f"+{EXPECTED}")
	scan(way, OTHER)
	way.phone_api.keep_phone(way.name)
	way.becomes("Connected")
	kept = fresh(way)
	assert (kept.expected_number, kept.wrong_phone, kept.needs_attention) == (f"+{OTHER}", 0, 0)
