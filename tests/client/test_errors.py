from __future__ import annotations

import pickle

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import (
	AuthenticationError,
	BaileysError,
	ConflictError,
	NotFoundError,
	NotReadyError,
	RateLimitedError,
	RefusedByState,
	RejectedError,
	ServerError,
	TimedOutError,
	UnavailableError,
)

BY_STATUS = {
	400: RejectedError,
	401: AuthenticationError,
	403: AuthenticationError,
	404: NotFoundError,
	405: RejectedError,
	409: ConflictError,
	410: RejectedError,
	422: RejectedError,
	429: RateLimitedError,
	500: ServerError,
	501: ServerError,
	502: ServerError,
	503: ServerError,
	504: ServerError,
}


@pytest.mark.parametrize("status", BY_STATUS)
def test_each_status_with_an_error_envelope_has_its_class_and_the_next_good_call_works(
	client, sandbox, session, status
):
	sandbox.fault("connect", "http", status=status, code="SOME_CODE", error="Algo ha fallado")
	with pytest.raises(BaileysError) as caught:
		client.connect(session.id)
	assert type(caught.value) is BY_STATUS[status]
	assert (caught.value.status, caught.value.code) == (status, "SOME_CODE")
	assert str(caught.value) == "Algo ha fallado"
	assert client.connect(session.id).session_id == session.sessionId


@pytest.mark.parametrize(
	("code", "kind"),
	[
		("SESSION_NOT_FOUND", NotFoundError),
		("INVALID_API_KEY", AuthenticationError),
		("MISSING_API_KEY", AuthenticationError),
		("AUTHORIZATION_FAILED", AuthenticationError),
		("RATE_LIMIT_EXCEEDED", RateLimitedError),
		("VALIDATION_ERROR", RejectedError),
		("SESSION_NOT_CONNECTED", RefusedByState),
		("CONNECTION_ERROR", ServerError),
		("WHATSAPP_ERROR", ServerError),
		("INTERNAL_ERROR", ServerError),
		("", RejectedError),
	],
)
@pytest.mark.parametrize("status", [200, 400])
def test_a_vague_status_leaves_the_class_to_the_code(raw_server, reply, status, code, kind):
	server = raw_server(reply(status, {"success": False, "error": "Algo", "code": code}), ok(reply))
	with BaileysClient(server.url, "sandbox-key") as client:
		with pytest.raises(BaileysError) as caught:
			client.connect(7)
		assert type(caught.value) is kind
		assert (caught.value.status, caught.value.code) == (status, code)
		assert client.connect(7).status == "connecting"


def ok(reply):
	return reply(200, {"success": True, "data": {"sessionId": "ventas_demo_0001", "status": "connecting"}})


@pytest.mark.parametrize(
	("status", "text"),
	[
		(409, "ocupado"),
		(400, "Session already exists"),
		(422, "sessionId already in use"),
		(200, "La sesión ya existe"),
		(400, "Duplicate entry"),
	],
)
def test_a_409_or_words_that_say_it_exists_are_a_conflict(raw_server, reply, status, text):
	server = raw_server(reply(status, {"success": False, "error": text, "code": "VALIDATION_ERROR"}))
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(ConflictError) as caught:
		client.create_session("ventas_demo_0001", "Ventas")
	assert isinstance(caught.value, RejectedError)


@pytest.mark.parametrize(
	("code", "kind"),
	[
		("SESSION_EXISTS", ConflictError),
		("", ConflictError),
		("LIMIT_REACHED", RejectedError),
		("SESSION_NOT_WAITING", RejectedError),
		("CONNECTION_ERROR", ServerError),
	],
)
def test_a_409_is_a_conflict_unless_its_code_says_that_it_is_something_else(answering, code, kind):
	with pytest.raises(BaileysError) as caught:
		answering((409, {"success": False, "code": code})).create_session("ventas_demo_0001", "Ventas")
	assert type(caught.value) is kind


def test_words_that_say_it_exists_do_not_turn_a_refused_key_or_a_server_failure_into_a_conflict(
	raw_server, reply
):
	for status, kind in ((401, AuthenticationError), (500, ServerError)):
		server = raw_server(reply(status, {"success": False, "error": "already exists"}))
		with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(BaileysError) as caught:
			client.create_session("ventas_demo_0001", "Ventas")
		assert type(caught.value) is kind


@pytest.mark.parametrize(
	("body", "text"),
	[
		({"error": "uno", "message": "dos", "details": {"a": "tres"}}, "uno"),
		({"error": "", "message": "dos", "details": {"a": "tres"}}, "dos"),
		({"error": {"nested": 1}, "message": "dos"}, "dos"),
		({"message": None, "details": {"phone": "no vale", "name": "falta"}}, "phone: no vale; name: falta"),
		({"details": "tres"}, "tres"),
		({"error": "<b>uno</b>", "message": "dos"}, "dos"),
		({"error": "uno\r\n\x00  dos"}, "uno dos"),
		({"error": "á" * 150}, "á" * 100),
		({}, "HTTP 400 without an explanation"),
		({"error": True, "message": ["x"], "details": [1]}, "HTTP 400 without an explanation"),
	],
)
def test_the_text_is_error_then_message_then_details_on_one_line_of_at_most_100_characters(
	raw_server, reply, body, text
):
	server = raw_server(reply(400, {"success": False} | body))
	with BaileysClient(server.url, "sandbox-key") as client, pytest.raises(RejectedError) as caught:
		client.connect(7)
	assert str(caught.value) == text


def test_a_refused_key_is_an_authentication_error_with_the_servers_code(sandbox, session):
	with BaileysClient(sandbox.url, "another-key") as client, pytest.raises(AuthenticationError) as caught:
		client.get_status(session.id)
	assert (caught.value.status, caught.value.code) == (401, "INVALID_API_KEY")


@pytest.mark.parametrize("key", ["", "  ", None])
def test_a_missing_key_is_refused_before_anything_is_sent(sandbox, key):
	with pytest.raises(AuthenticationError) as caught:
		BaileysClient(sandbox.url, key)
	assert caught.value.code == "missing_key"


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "clé", "\x7fkey"])
def test_a_key_that_no_header_can_carry_is_refused_before_anything_is_sent(sandbox, key):
	with pytest.raises(AuthenticationError) as caught:
		BaileysClient(sandbox.url, key)
	assert caught.value.code == "invalid_key"
	assert key not in str(caught.value)


@pytest.mark.parametrize(
	"error",
	[
		RejectedError("a", code="B", status=400),
		RefusedByState("a", code="B", status=400, state="connected"),
		ServerError("a", code="B", status=500, outcome_unknown=True),
		RateLimitedError("a", status=429, retry_after=3.5),
		NotReadyError("a", status=404, retry_after=2.0),
		TimedOutError("a", cause="timeout", outcome_unknown=True),
	],
)
def test_errors_survive_being_pickled_for_a_job_queue(error):
	copy = pickle.loads(pickle.dumps(error))
	assert type(copy) is type(error)
	assert (str(copy), vars(copy)) == (str(error), vars(error))


def test_every_error_is_a_baileys_error_and_a_time_out_is_a_kind_of_unavailable():
	kinds = (AuthenticationError, NotFoundError, RejectedError, RateLimitedError, NotReadyError, ServerError)
	assert all(issubclass(kind, BaileysError) for kind in (*kinds, UnavailableError))
	assert issubclass(TimedOutError, UnavailableError)


def test_an_error_has_the_fields_of_its_class_and_no_others():
	assert (RateLimitedError("a").retry_after, UnavailableError("a").cause, ServerError("a").status) == (
		60.0,
		"reset",
		None,
	)
	with pytest.raises(TypeError):
		ServerError("a", retry_after=3)
