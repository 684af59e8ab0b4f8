from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xappiens_whatsapp.baileys import BaileysClient, probe
from xappiens_whatsapp.baileys.errors import BaileysError
from xappiens_whatsapp.baileys.redaction import Secret, redact

quick = settings(max_examples=40, deadline=None)

KEY = "k-3f9a1c77e0b2"
HOOK_SECRET = "w-8d21aa90c4e7-5566"
OPERATIONS = {
	"get_status": lambda client: client.get_status(7),
	"get_qr": lambda client: client.get_qr(7),
	"iter_sessions": lambda client: list(client.iter_sessions()),
	"connect": lambda client: client.connect(7),
	"delete_session": lambda client: client.delete_session(7),
	"create_session": lambda client: client.create_session(
		"ventas_demo_0001", "Ventas", webhook_url="https://crm.example", webhook_secret=HOOK_SECRET
	),
	"update_webhook": lambda client: client.update_webhook(7, "https://crm.example", HOOK_SECRET),
	"request_pairing_code": lambda client: client.request_pairing_code(7, "34600000001"),
	"send_text": lambda client: client.send_text("ventas_demo_0001", "34600000001", "hola"),
	"get_features": lambda client: client.get_features(),
}
ECHO = f"la clave {KEY} o {HOOK_SECRET} no vale".encode()
ECHOING_BODIES = {
	"error text": {"success": False, "error": ECHO.decode(), "code": KEY},
	"details": {"success": False, "details": {KEY: HOOK_SECRET, "webhookSecret": f"{HOOK_SECRET} es corta"}},
	"long text": {"success": False, "message": "x" * 90 + KEY + HOOK_SECRET},
	"plain text": ECHO,
	"html": b"<html>" + ECHO + b"</html>",
	"broken json": b'{"success": false, "error": "' + ECHO,
	"strange data": {"success": True, "data": {"session": [KEY, HOOK_SECRET], "sessions": KEY}},
}


def assert_hidden(text: str) -> None:
	for secret in (KEY, HOOK_SECRET):
		for length in (len(secret), 8):
			assert secret[:length] not in text


def fail(url: str, operation: str, **options) -> BaileysError:
	with BaileysClient(url, KEY, timeout=0.3, connect_timeout=0.3, retries=0, **options) as client:
		with pytest.raises(BaileysError) as caught:
			OPERATIONS[operation](client)
	return caught.value


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_secret_is_in_the_error_when_nothing_listens(shown, closed_port, operation):
	assert_hidden(shown(fail(f"http://127.0.0.1:{closed_port}", operation)))


@pytest.mark.parametrize("operation", ["get_status", "create_session"])
@pytest.mark.parametrize(
	"answer",
	[b"", b"SSH-2.0\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", None],
	ids=["nothing", "not-http", "cut", "silence"],
)
def test_no_secret_is_in_the_error_when_the_connection_fails(shown, raw_server, operation, answer):
	server = raw_server(answer if answer is not None else lambda connection: connection.recv(1))
	assert_hidden(shown(fail(server.url, operation)))


def test_no_secret_is_in_the_error_when_the_certificate_is_not_accepted(shown, raw_server, self_signed):
	assert_hidden(shown(fail(raw_server(b"", certificate=self_signed).url, "create_session")))


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 409, 422, 429, 500, 502])
@pytest.mark.parametrize("body", ECHOING_BODIES)
def test_no_secret_is_in_the_error_when_the_server_repeats_it(shown, raw_server, reply, status, body):
	server = raw_server(reply(status, ECHOING_BODIES[body], Location=f"http://{KEY}.example/{KEY}"))
	assert_hidden(shown(fail(server.url, "create_session")))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_error_brings_no_chain_of_exceptions_that_could_carry_the_request(raw_server, operation):
	error = fail(raw_server(b"").url, operation)
	assert error.__cause__ is None
	assert error.__context__ is None


@pytest.mark.parametrize(
	("base_url", "key"), [("ftp://x.example", KEY), ("http://x.example", f"{KEY} {KEY}")]
)
def test_no_secret_is_in_the_error_of_a_client_that_cannot_be_made(shown, base_url, key):
	with pytest.raises(BaileysError) as caught:
		BaileysClient(base_url, key)
	assert_hidden(shown(caught.value))


def test_no_secret_is_in_what_the_hooks_raise(shown, sandbox):
	def refuse() -> None:
		raise BaileysError("budget is used up")

	assert_hidden(shown(fail(sandbox.url, "create_session", before_request=refuse)))


def test_no_secret_is_in_the_repr_of_a_client_or_of_anything_in_it():
	client = BaileysClient("https://api.example", KEY)
	seen = [client, *vars(client).values(), *vars(client._transport).values()]
	for thing in seen:
		assert_hidden(f"{thing!r} {thing} {thing!s}")
	assert repr(client) == "BaileysClient('https://api.example')"


def test_no_secret_is_in_a_check_of_the_diagnosis(raw_server, reply):
	bad = reply(401, {"success": False, "error": ECHO.decode()})
	server = raw_server(b"", reply(200, {"success": True, "message": "vivo"}), bad)
	checks = list(probe(server.url, KEY, timeout=1))
	assert not checks[-1].ok
	for check in checks:
		assert KEY not in f"{check!r}{check.detail}"


def test_a_qr_code_is_a_credential_and_is_in_no_repr(client, sandbox, session):
	client.connect(session.id)
	code = client.get_qr(session.id)
	listed = client.find_session("ventas_demo_0001")
	assert listed.qr_code
	assert "base64" not in repr(code) + repr(listed)


secrets = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="*"), min_size=4)


@quick
@given(before=st.text(), secret=secrets, after=st.text(), again=st.integers(0, 3))
def test_a_secret_is_gone_from_any_text_however_often_it_stands_there(before, secret, after, again):
	text = redact(before + secret + after + secret * again, [Secret(""), Secret(secret)])
	assert secret not in text


@quick
@given(text=st.text(), secret=secrets)
def test_a_text_without_the_secret_stays_as_it_is(text, secret):
	if secret not in text:
		assert redact(text, [Secret(secret), Secret(None)]) == text


@quick
@given(secrets)
def test_a_secret_shows_itself_only_when_asked(text):
	secret = Secret(text)
	assert secret.reveal() == text
	assert (
		f"{secret!r}{secret}{[secret]}{copy.copy(secret)}" == "Secret(***)Secret(***)[Secret(***)]Secret(***)"
	)
