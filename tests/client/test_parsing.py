from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xappiens_whatsapp.baileys import parsing, reasons, rows
from xappiens_whatsapp.baileys.envelope import failure_of, read_reply
from xappiens_whatsapp.baileys.errors import BaileysError
from xappiens_whatsapp.baileys.models import RemoteSession

quick = settings(max_examples=40, deadline=None)

MOMENT = datetime(2025, 1, 1, 0, 0, tzinfo=timezone.utc)
json_values = st.recursive(
	st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
	lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
	max_leaves=12,
)
field_names = [
	*(
		"id",
		"sessionId",
		"sessionName",
		"name",
		"status",
		"isConnected",
		"hasQR",
		"phoneNumber",
		"phoneNumberId",
	),
	*(
		"lastActivity",
		"qrCode",
		"qr_data",
		"expiresAt",
		"qrCodeExpiresAt",
		*reasons.KEYS,
		"lastDisconnect",
	),
]
session_rows = st.dictionaries(st.sampled_from(field_names), json_values)


@pytest.mark.parametrize(
	("value", "number"),
	[
		(1, 1),
		("1", 1),
		(" 42 ", 42),
		("007", 7),
		(2**53 + 1, 2**53 + 1),
		(2**63 - 1, 2**63 - 1),
		(str(2**63 - 1), 2**63 - 1),
		(2**63, None),
		(str(2**63), None),
		("9" * 5000, None),
		(0, None),
		("0", None),
		(-1, None),
		("-1", None),
		("+1", None),
		("1.0", None),
		("1e3", None),
		("0x1f", None),
		("١٢", None),
		("1\n2", None),
		("", None),
		("ventas", None),
		(1.0, None),
		(float("nan"), None),
		(True, None),
		(None, None),
		([1], None),
	],
)
def test_an_id_is_a_positive_whole_number_of_at_most_64_bits_or_its_digits(value, number):
	assert parsing.parse_id(value) == number


@quick
@given(st.integers(1, 2**63 - 1))
def test_every_number_of_64_bits_survives_as_number_and_as_text(number):
	assert parsing.parse_id(number) == number == parsing.parse_id(str(number))
	assert parsing.parse_id(json.loads(json.dumps({"id": number}))["id"]) == number


@quick
@given(json_values)
def test_whatever_is_taken_for_an_id_fits_the_database(value):
	number = parsing.parse_id(value)
	assert number is None or (type(number) is int and 0 < number < 2**63)


@pytest.mark.parametrize(
	("value", "count"), [(0, 0), ("0", 0), ("00", 0), (7, 7), (False, None), (0.0, None), ("", None)]
)
def test_a_count_may_be_zero_where_an_id_may_not(value, count):
	assert parsing.parse_count(value) == count


@pytest.mark.parametrize(
	"value",
	[
		"2025-01-01T00:00:00.000Z",
		"2025-01-01T00:00:00Z",
		"2025-01-01t00:00:00z".upper(),
		" 2025-01-01T00:00:00.0Z ",
		"2025-01-01T00:00:00.000000000Z",
		"2025-01-01T00:00Z",
		"2025-01-01",
		"20250101T000000Z",
		"2025-01-01T01:00:00+01",
		"2025-01-01T00:00:00",
		"2025-01-01 00:00:00",
		"2025-01-01T02:00:00+02:00",
		"2024-12-31T19:00:00.000-05:00",
		1735689600,
		1735689600.0,
		1735689600000,
		"1735689600",
		"1735689600000",
	],
)
def test_a_moment_is_read_from_iso_seconds_and_milliseconds_as_utc(value):
	moment = parsing.parse_datetime(value)
	assert (moment, moment.utcoffset()) == (MOMENT, timedelta(0))


@pytest.mark.parametrize(
	"value",
	[
		*(
			None,
			"",
			"   ",
			"soon",
			"2025-13-01T00:00:00Z",
			"2025-01-01T25:00:00Z",
			"0001-01-01T00:00:00+14:00",
		),
		*(0, -1, "0", "-5", True, False, [], {}, [1735689600], 1e308, float("inf"), float("nan"), 10**400),
		*("9" * 400, "Z", "2025-01-01T00:00:00ZZ", "\x00", "\ud800", "9999-12-31T23:59:59-14:00"),
	],
)
def test_what_is_no_moment_is_none(value):
	assert parsing.parse_datetime(value) is None


@quick
@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(timezone.utc)))
def test_every_moment_comes_back_from_each_way_of_writing_it(moment):
	moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
	assert parsing.parse_datetime(moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")) == moment
	whole = moment.replace(microsecond=0)
	assert parsing.parse_datetime(int(whole.timestamp())) == whole
	if whole.timestamp() * 1000 >= parsing.FIRST_MILLISECONDS:
		assert parsing.parse_datetime(int(whole.timestamp()) * 1000) == whole


@quick
@given(json_values)
def test_no_value_at_all_makes_the_reading_of_a_moment_fail(value):
	moment = parsing.parse_datetime(value)
	assert moment is None or moment.utcoffset() == timedelta(0)


@quick
@given(json_values)
def test_a_phone_number_is_digits_or_nothing(value):
	phone = parsing.parse_phone(value)
	assert phone is None or (phone.isascii() and phone.isdigit() and 7 <= len(phone) <= 15)


@pytest.mark.parametrize(
	("value", "phone"),
	[
		("34600000001", "34600000001"),
		("+34 600 00 00 01", "34600000001"),
		("0034600000001", "34600000001"),
		("+34 600-00-00-01", "34600000001"),
		("\u202a+34 600-00-00-01\u202c", "34600000001"),
		("+\u200e34\u00a0600\u2011000\u2011001", "34600000001"),
		("+３４６０００００００１", "34600000001"),
		("+٣٤٦٠٠٠٠٠٠٠١", "34600000001"),
		("34600000001@s.whatsapp.net", "34600000001"),
		("34600000001:5@s.whatsapp.net", "34600000001"),
		("34600000001_1:5@s.whatsapp.net", "34600000001"),
		("\u200e34600000001:12@s.whatsapp.net\u200e", "34600000001"),
		("5215512345678@s.whatsapp.net", "5215512345678"),
		("5491123456789@c.us", "5491123456789"),
		("123456789012345@lid", None),
		("34600000001:5@lid", None),
		("34600000001@hosted.lid", None),
		("34600000001-1600000000@g.us", None),
		("status@broadcast", None),
		("34600000001@s.whatsapp.net.evil.example", None),
		("12345", None),
		("000000000", None),
		("99999999999999999999", None),
		("not a number", None),
	],
)
def test_a_phone_number_is_read_as_its_digits_with_country_code(value, phone):
	assert parsing.parse_phone(value) == phone


@quick
@given(st.integers(600_000_000, 699_999_999), st.none() | st.integers(0, 99))
def test_the_device_is_taken_off_a_jid(number, device):
	suffix = "" if device is None else f":{device}"
	assert parsing.parse_phone(f"34{number}{suffix}@s.whatsapp.net") == f"34{number}"


@quick
@given(st.text() | json_values)
def test_a_text_is_one_bounded_line_that_a_database_takes(value):
	text = parsing.parse_text(value)
	assert len(text) <= 255
	assert text == text.strip()
	assert not set(text) & set("\x00\r\n\t\x1b\u2028\u2029")
	text.encode("utf-8")


def test_a_text_keeps_letters_and_joined_emoji_and_loses_broken_characters():
	assert parsing.parse_text(" Señal 👨‍👩‍👧 \ud800 x\r\ny ") == "Señal 👨‍👩‍👧 x y"


@quick
@given(session_rows)
def test_any_row_becomes_a_session_whose_fields_have_their_types(row):
	session = rows.parse_session(row)
	assert session.is_connected in (None, True, False) and session.has_qr in (None, True, False)
	assert all(isinstance(text, str) for text in (session.session_id, session.name, session.status))
	assert session.qr_code is None or session.qr_code.startswith("data:image/png;base64,")
	assert session.disconnect_code is None or 400 <= session.disconnect_code < 10_000
	assert session.disconnect_reason is None or 0 < len(session.disconnect_reason) <= 100
	assert hash(session) == hash(rows.parse_session(row))


def test_an_empty_row_says_nothing():
	assert rows.parse_session({}) == RemoteSession()


@quick
@given(json_values, st.integers(1, 1000))
def test_any_answer_is_a_page_or_is_none(data, requested):
	page = rows.parse_page({"success": True, "data": data}, requested)
	if page is not None:
		assert page.page >= 1
		assert page.pages is None or page.pages >= 0
		assert all(session.id or session.session_id for session in page.sessions)


@quick
@given(
	status=st.integers(200, 599),
	body=json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60),
	method=st.sampled_from(["GET", "POST", "DELETE"]),
)
def test_any_answer_is_a_success_with_an_envelope_or_one_typed_error_with_short_words(status, body, method):
	reply = read_reply(method, status, {}, body)
	failure = failure_of(reply, lambda text: text)
	if failure is None:
		assert 200 <= status < 300 and reply.payload["success"] is True
		return
	assert isinstance(failure, BaileysError) and type(failure) is not BaileysError
	assert failure.status == status
	assert 0 < len(str(failure)) <= 100
	assert "<html" not in str(failure)


@quick
@given(st.text(max_size=300), st.sampled_from(["error", "message", "details"]))
def test_no_markup_of_the_server_ever_comes_out(text, key):
	body = json.dumps({"success": False, key: f"{text}<script>alert(1)</script>"}).encode()
	assert "<script" not in str(failure_of(read_reply("GET", 400, {}, body), str))
