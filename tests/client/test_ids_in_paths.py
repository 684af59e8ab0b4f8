from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xappiens_whatsapp.baileys.addresses import session_path
from xappiens_whatsapp.baileys.errors import BaileysError, RejectedError

quick = settings(max_examples=40, deadline=None)

STRANGE_IDS = {
	"../x": "..%2Fx",
	"..": "%2E%2E",
	".": "%2E",
	"@host/": "%40host%2F",
	"//evil.example/": "%2F%2Fevil.example%2F",
	"two words": "two%20words",
	"señal ☎": "se%C3%B1al%20%E2%98%8E",
	"%2e%2e": "%252e%252e",
	"a?limit=1#b": "a%3Flimit%3D1%23b",
	"a;b=c": "a%3Bb%3Dc",
	"a\\b": "a%5Cb",
	"line\r\nX-Injected: 1": "line%0D%0AX-Injected%3A%201",
	"4242": "4242",
	4242: "4242",
	2**63 - 1: "9223372036854775807",
}


@pytest.mark.parametrize("name", STRANGE_IDS)
def test_an_id_goes_over_the_wire_as_exactly_one_encoded_segment(client, sandbox, name):
	with pytest.raises(BaileysError):
		client.get_status(name)
	(request,) = sandbox.requests
	assert request.path == f"/api/sessions/{STRANGE_IDS[name]}/status"
	assert "X-Injected" not in request.headers


@pytest.mark.parametrize("name", ["..", "../x", "@host/", "two words"])
def test_delete_with_a_strange_id_touches_no_other_path(client, sandbox, session, name):
	with pytest.raises(BaileysError):
		client.delete_session(name)
	assert sandbox.requests[0].path == f"/api/sessions/{STRANGE_IDS[name]}"
	assert client.get_status(session.id).session_id == session.sessionId


@pytest.mark.parametrize("name", ["", " ", "stats", "frappe", "x" * 256, None, True, 0, -1, 1.0, b"x"])
def test_what_cannot_be_an_id_is_refused_before_anything_is_sent(client, sandbox, name):
	with pytest.raises(RejectedError) as caught:
		client.delete_session(name)
	assert caught.value.code == "invalid_id"
	assert sandbox.requests == []


@quick
@given(st.text(min_size=1, max_size=255))
def test_any_text_becomes_one_segment_that_decodes_to_itself(name):
	try:
		path = session_path(name, "status")
	except RejectedError:
		assert not name.strip() or name in ("stats", "frappe")
		return
	_empty, api, sessions, segment, last = path.split("/")
	assert (api, sessions, last) == ("api", "sessions", "status")
	assert unquote(segment) == name
	assert segment.strip(".")
	assert segment.isascii() and not set(segment) & set("?#@:\\ \r\n")


@quick
@given(st.integers(min_value=1, max_value=2**63 - 1))
def test_any_number_of_the_server_is_sent_as_its_digits(number):
	assert session_path(number) == f"/api/sessions/{number}" == session_path(str(number))
