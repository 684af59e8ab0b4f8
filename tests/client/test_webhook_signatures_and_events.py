from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xappiens_whatsapp.baileys import parse_event, sign, verify
from xappiens_whatsapp.baileys.webhooks import signature_of

quick = settings(max_examples=40, deadline=None)

BODY = b'{"event":"session.connected","sessionId":"ventas_demo_0001"}'
MOMENT = datetime(2025, 1, 1, tzinfo=timezone.utc)


def test_a_signature_is_the_hmac_sha256_of_the_raw_bytes_with_its_prefix():
	expected = hmac.new(b"not-a-real-secret", BODY, hashlib.sha256).hexdigest()
	assert sign(BODY, "not-a-real-secret") == f"sha256={expected}"


def test_a_known_signature_from_rfc_4231_is_reproduced():
	digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
	assert sign(b"what do ya want for nothing?", "Jefe") == f"sha256={digest}"


def test_an_empty_secret_signs_nothing():
	with pytest.raises(ValueError):
		sign(BODY, "")


@quick
@given(st.binary(max_size=200), st.text(min_size=1), st.lists(st.text(), max_size=3))
def test_what_one_of_the_secrets_signed_is_accepted_wherever_it_stands(body, secret, others):
	signature = sign(body, secret)
	assert verify(body, signature, [secret, *others])
	assert verify(body, signature, [*others, secret])
	assert verify(body, signature.removeprefix("sha256=").upper(), iter([*others, secret]))


@quick
@given(st.binary(max_size=200), st.text(min_size=1), st.text(min_size=1))
def test_another_secret_is_not_accepted(body, secret, other):
	assert verify(body, sign(body, secret), [other]) == (secret == other)


@quick
@given(st.binary(min_size=1, max_size=200), st.integers(0, 10_000), st.integers(1, 255))
def test_one_changed_byte_is_not_accepted(body, place, change):
	changed = bytearray(body)
	changed[place % len(body)] ^= change
	assert not verify(bytes(changed), sign(body, "not-a-real-secret"), ["not-a-real-secret"])


@quick
@given(st.binary(max_size=50), st.text() | st.none())
def test_no_header_at_all_makes_the_check_fail_or_pass(body, header):
	assert verify(body, header, ["not-a-real-secret"]) is False


@pytest.mark.parametrize("secrets", [[], [""], ["", ""], [None]])
def test_without_a_secret_nothing_is_accepted_not_even_the_signature_of_the_empty_one(secrets):
	empty = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
	assert verify(BODY, f"sha256={empty}", secrets) is False
	assert verify(BODY, "", secrets) is False


@pytest.mark.parametrize(
	"alter",
	[
		lambda signature: signature[:-1],
		lambda signature: signature + "0",
		lambda signature: signature.replace("sha256=", "sha1="),
		lambda signature: signature.replace("sha256=", "sha256=sha256="),
		lambda signature: signature + "\n0",
		lambda signature: signature.replace("=", "= "),
		lambda signature: "sha256=",
		lambda signature: "é" * 64,
		lambda signature: "٠" * 64,
	],
)
def test_a_signature_in_another_form_is_not_accepted(alter):
	assert verify(BODY, alter(sign(BODY, "not-a-real-secret")), ["not-a-real-secret"]) is False


@pytest.mark.parametrize(
	("headers", "signature"),
	[
		({"X-Webhook-Signature": "a"}, "a"),
		({"x-webhook-signature": "a", "X-Signature": "b"}, "a"),
		({"x-signature": "b"}, "b"),
		({"X-Webhook-Signature": "", "X-Signature": "b"}, "b"),
		({}, ""),
	],
)
def test_the_signature_is_found_under_both_of_its_names(headers, signature):
	assert signature_of(headers) == signature


@pytest.mark.parametrize(
	"payload",
	[
		{"event": "session.connected", "data": {"sessionId": "ventas_demo_0001", "session_db_id": 101}},
		{
			"event": "session.connected",
			"sessionId": "ventas_demo_0001",
			"session_db_id": "101",
			"data": {"phoneNumber": "34600000001"},
		},
		{
			"event": "session.connected",
			"sessionId": "ventas_demo_0001",
			"session_db_id": 101,
			"phoneNumber": "3460",
		},
	],
	ids=["nested", "top_level", "flat"],
)
def test_event_and_session_are_read_from_all_three_envelopes(payload):
	event = parse_event(payload | {"timestamp": "2025-01-01T00:00:00.000Z"}, {})
	assert (event.event, event.session_id, event.session_db_id, event.timestamp) == (
		"session.connected",
		"ventas_demo_0001",
		101,
		MOMENT,
	)


def test_what_is_signed_goes_before_the_headers_which_are_not():
	headers = {"X-Webhook-Event": "session.qr", "X-Webhook-Session": "otra", "X-Webhook-Timestamp": "1"}
	payload = {"event": "session.connected", "sessionId": "ventas_demo_0001", "timestamp": 1735689600}
	event = parse_event(payload, headers)
	assert (event.event, event.session_id, event.timestamp) == (
		"session.connected",
		"ventas_demo_0001",
		MOMENT,
	)


def test_headers_fill_in_what_the_payload_does_not_say():
	headers = {
		"x-webhook-event": "session.qr",
		"X-WEBHOOK-SESSION": "ventas_demo_0001",
		"X-Webhook-Timestamp": "1735689600000",
	}
	event = parse_event({}, headers)
	assert (event.event, event.session_id, event.timestamp) == ("session.qr", "ventas_demo_0001", MOMENT)


@pytest.mark.parametrize(
	("name", "event"),
	[
		("message", "message.received"),
		("message_ack", "message.ack"),
		("message_status", "message.ack"),
		("session_status", "session.status"),
		("contact_update", "contact.updated"),
		("session.disconnected", "session.disconnected"),
		(" Session.QR ", "session.qr"),
		("something.new", "something.new"),
		(None, ""),
		(7.5, ""),
		({"event": "x"}, ""),
	],
)
def test_older_names_of_events_mean_the_dotted_ones_and_unknown_names_stay(name, event):
	assert parse_event({"event": name}, {}).event == event


def test_the_id_of_a_message_is_never_taken_for_the_number_of_the_session():
	payload = {"event": "message.received", "data": {"id": 900, "message": {"id": 901}}, "id": 902}
	assert parse_event(payload, {}).session_db_id is None


@quick
@given(
	st.dictionaries(
		st.sampled_from(["event", "sessionId", "session_db_id", "timestamp", "data"]),
		st.none()
		| st.booleans()
		| st.integers()
		| st.floats()
		| st.text()
		| st.dictionaries(st.text(), st.text()),
	),
	st.dictionaries(
		st.sampled_from(["X-Webhook-Event", "X-Webhook-Session", "X-Webhook-Timestamp"]), st.text()
	),
)
def test_no_payload_at_all_makes_the_reading_fail(payload, headers):
	event = parse_event(payload, headers)
	assert isinstance(event.event, str) and isinstance(event.session_id, str)
	assert event.session_db_id is None or event.session_db_id > 0
	assert event.timestamp is None or event.timestamp.tzinfo is timezone.utc
