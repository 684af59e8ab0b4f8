from __future__ import annotations

import hashlib
import hmac
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xappiens_whatsapp.baileys import parse_event, replay_id, sign, verify
from xappiens_whatsapp.baileys.webhooks import signature_of

quick = settings(max_examples=40, deadline=None)

BODY = b'{"event":"session.connected","sessionId":"ventas_demo_0001"}'


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
	event = parse_event(payload, {})
	assert (event.event, event.session_id) == ("session.connected", "ventas_demo_0001")


def test_what_is_signed_goes_before_the_headers_which_are_not():
	headers = {"X-Webhook-Event": "session.qr", "X-Webhook-Session": "otra"}
	event = parse_event({"event": "session.connected", "sessionId": "ventas_demo_0001"}, headers)
	assert (event.event, event.session_id) == ("session.connected", "ventas_demo_0001")


def test_headers_fill_in_what_the_payload_does_not_say():
	event = parse_event({}, {"x-webhook-event": "Session.QR", "X-WEBHOOK-SESSION": "ventas_demo_0001"})
	assert (event.event, event.session_id) == ("session.qr", "ventas_demo_0001")


@quick
@given(st.binary(min_size=1, max_size=200), st.binary(min_size=1, max_size=200))
def test_two_deliveries_are_the_same_call_when_their_signed_bytes_are_and_only_then(body, other):
	assert (replay_id(body) == replay_id(other)) == (body == other)
	assert re.fullmatch("[0-9a-f]{64}", replay_id(body))


@pytest.mark.parametrize(
	("payload", "status"),
	[
		({"event": "message.ack", "data": {"messageId": "3EB0FAKE01", "ack": 0}}, "pending"),
		({"event": "message.ack", "data": {"messageId": "3EB0FAKE01", "ack": 1}}, "sent"),
		({"event": "message.ack", "data": {"messageId": "3EB0FAKE01", "ack": "2"}}, "delivered"),
		({"event": "message.ack", "data": {"messageId": "3EB0FAKE01", "ack": 3}}, "read"),
		({"event": "message.ack", "data": {"messageId": "3EB0FAKE01", "ack": 4}}, "played"),
		({"event": "message.ack", "data": {"messageId": "3EB0FAKE01", "ack": -1}}, "failed"),
		({"event": "message_ack", "data": {"messageId": "3EB0FAKE01", "ack": 2}}, "delivered"),
		({"event": "message.ack", "data": {"id": "3EB0FAKE01", "status": "Delivered"}}, "delivered"),
		({"event": "message.ack", "data": {"messageId": "3EB0FAKE01", "status": "READ"}}, "read"),
		(
			{"event": "message.ack", "data": {"messageId": "3EB0FAKE01", "status": "DELIVERY_ACK"}},
			"delivered",
		),
		({"event": "message.ack", "data": {"messageId": "3EB0FAKE01", "status": 4}}, "read"),
		({"event": "message.delivered", "data": {"messageId": "3EB0FAKE01"}}, "delivered"),
		({"event": "message.ack", "messageId": "3EB0FAKE01", "ack": 3, "id": "902"}, "read"),
		(
			{"event": "message.read", "data": {"message": {"whatsappMessageId": "3EB0FAKE01", "id": 7}}},
			"read",
		),
		({"event": "message.failed", "data": {"id": "3EB0FAKE01", "status": "failed"}}, "failed"),
		({"event": "message_status", "data": {"id": "3EB0FAKE01", "status": "sent"}}, "sent"),
		({"event": "message.ack", "data": {"messageId": "3EB0FAKE01"}}, ""),
		({"event": "message.ack", "data": {"messageId": "3EB0FAKE01", "ack": 9}}, "9"),
	],
)
def test_an_acknowledgement_names_its_message_and_what_became_of_it(payload, status):
	event = parse_event({"sessionId": "ventas_demo_0001"} | payload, {})
	assert (event.event, event.session_id) == ("message.ack", "ventas_demo_0001")
	assert (event.message_id, event.message_status) == ("3EB0FAKE01", status)


def test_the_row_number_of_a_message_is_not_taken_for_its_id():
	event = parse_event({"event": "message.ack", "data": {"id": 902, "message": {"id": 901}, "ack": 2}}, {})
	assert (event.message_id, event.message_status) == ("", "delivered")


def test_other_events_have_no_message():
	event = parse_event(
		{"event": "session.connected", "data": {"id": "3EB0FAKE01", "status": "connected"}}, {}
	)
	assert (event.message_id, event.message_status) == ("", "")


@pytest.mark.parametrize(
	("name", "event"),
	[
		("message_ack", "message.ack"),
		("message_status", "message.ack"),
		("session_status", "session.status"),
		("message.received", "message.received"),
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


@quick
@given(
	st.dictionaries(
		st.sampled_from(["event", "sessionId", "timestamp", "data", "reason", "lastDisconnect"]),
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
	assert isinstance(event.message_id, str) and isinstance(event.message_status, str)
	assert event.disconnect_code is None or event.disconnect_code > 0


@pytest.mark.parametrize(
	("payload", "seconds"),
	[
		({"event": "message.ack", "data": {"timestamp": 1735690400}}, 1735690400),
		({"event": "message.ack", "data": {"timestamp": "2025-01-01T00:13:20.000Z"}}, 1735690400),
		(
			{"event": "message.ack", "timestamp": "2025-01-01T00:13:20.000Z", "data": {"timestamp": "soon"}},
			1735690400,
		),
		({"event": "message.ack", "data": {}}, None),
		({"event": "session.qr", "timestamp": 1735690400, "data": {}}, None),
	],
)
def test_when_something_became_of_a_message_is_what_the_event_says(payload, seconds):
	moment = parse_event(payload, {}).message_at
	assert (moment and moment.timestamp()) == seconds


def test_why_a_message_failed_is_the_reason_of_the_event():
	payload = {"event": "message.ack", "data": {"messageId": "3EB0", "ack": -1, "reason": "restricted"}}
	event = parse_event(payload, {})
	assert (event.message_status, event.disconnect_reason) == ("failed", "restricted")
