from __future__ import annotations

import time

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import InvalidAddressError, TimedOutError, UnavailableError


def connect_error(url: str, **options) -> UnavailableError:
	with BaileysClient(url, "sandbox-key", **options) as client, pytest.raises(UnavailableError) as caught:
		client.connect(7)
	assert url in str(caught.value)
	return caught.value


def test_nobody_listening_is_refused_and_a_server_that_starts_there_is_reached(sandbox, session):
	with BaileysClient(sandbox.url, sandbox.api_key) as client:
		sandbox.stop()
		with pytest.raises(UnavailableError) as caught:
			client.get_status(session.id)
		sandbox.start()
		assert (type(caught.value), caught.value.cause) == (UnavailableError, "refused")
		assert client.get_status(session.id).session_id == session.sessionId


def test_a_refused_write_is_tried_once_and_named_refused(closed_port):
	assert connect_error(f"http://127.0.0.1:{closed_port}").cause == "refused"


def test_a_name_that_does_not_exist_is_a_dns_failure():
	error = connect_error("http://no-such-host.invalid:8084")
	assert (type(error), error.cause, error.status) == (UnavailableError, "dns", None)


def test_a_certificate_that_nobody_vouches_for_is_a_tls_failure_and_the_key_is_not_sent(
	raw_server, reply, self_signed
):
	server = raw_server(reply(200, {"success": True}), certificate=self_signed)
	assert connect_error(server.url).cause == "tls"
	assert server.requests == []


def test_a_tls_failure_of_a_read_is_not_tried_again(raw_server, reply, self_signed):
	attempts = []
	server = raw_server(reply(200, {"success": True}), certificate=self_signed)
	with BaileysClient(server.url, "sandbox-key", before_request=lambda: attempts.append(1)) as client:
		with pytest.raises(UnavailableError):
			client.get_status(7)
	assert len(attempts) == 1


def trusting(url: str, certificate, **options) -> BaileysClient:
	client = BaileysClient(url, "sandbox-key", **options)
	client._transport._session.verify = str(certificate)
	return client


def test_a_certificate_that_is_trusted_lets_the_request_through(raw_server, reply, self_signed):
	server = raw_server(reply(200, {"success": True}), certificate=self_signed)
	with trusting(server.url, self_signed) as client:
		client.delete_session(7)
	assert b"X-API-Key: sandbox-key\r\n" in server.requests[0]


@pytest.mark.parametrize(
	"first", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]
)
def test_an_answer_that_drips_over_tls_ends_with_the_two_timeouts_too(raw_server, self_signed, first):
	server = raw_server(drip(first, b" "), certificate=self_signed)
	started = time.monotonic()
	with trusting(server.url, self_signed, timeout=0.2, connect_timeout=0.2) as client:
		with pytest.raises(TimedOutError):
			client.connect(7)
	assert time.monotonic() - started < 1.0
	assert len(server.requests) == 1


def test_https_to_a_server_that_speaks_plain_http_is_a_tls_failure(sandbox):
	assert connect_error(sandbox.url.replace("http:", "https:")).cause == "tls"


def test_a_connection_that_ends_before_the_answer_is_a_reset(raw_server):
	assert connect_error(raw_server(b"").url).cause == "reset"


@pytest.mark.parametrize(
	"answer",
	[
		b'HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{"success": true}',
		b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n{"success": true}\r\n',
		b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		b"SSH-2.0-OpenSSH_9.2\r\n",
		b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde",
	],
	ids=["body", "chunks", "chunk-size", "not-http", "not-gzip"],
)
def test_an_answer_that_is_cut_or_not_http_at_all_is_a_reset(raw_server, answer):
	assert connect_error(raw_server(answer).url).cause == "reset"


@pytest.mark.parametrize("kind", ["reset", "cut"])
def test_a_connection_reset_by_the_server_is_a_reset_and_the_next_call_works(client, sandbox, session, kind):
	sandbox.fault("connect", kind)
	with pytest.raises(UnavailableError) as caught:
		client.connect(session.id)
	assert (type(caught.value), caught.value.cause) == (UnavailableError, "reset")
	assert client.connect(session.id).session_id == session.sessionId


def test_an_answer_that_does_not_come_is_a_time_out_and_the_next_call_works(sandbox, session):
	with BaileysClient(sandbox.url, sandbox.api_key, timeout=0.2) as client:
		sandbox.fault("connect", "slow", seconds=0.5)
		with pytest.raises(TimedOutError) as caught:
			client.connect(session.id)
		assert caught.value.cause == "timeout"
		assert client.connect(session.id).session_id == session.sessionId


def test_a_host_that_does_not_even_answer_the_connection_is_a_time_out_after_the_connect_timeout(
	full_backlog,
):
	started = time.monotonic()
	error = connect_error(f"http://127.0.0.1:{full_backlog}", timeout=5, connect_timeout=0.3)
	assert (type(error), error.cause) == (TimedOutError, "timeout")
	assert 0.25 < time.monotonic() - started < 1.5


def drip(first: bytes, drop: bytes):
	def script(connection):
		connection.sendall(first)
		for _ in range(100):
			connection.sendall(drop)
			time.sleep(0.03)

	return script


@pytest.mark.parametrize(
	("first", "drop"),
	[
		(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b" "),
		(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
		(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
		(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
		(b"HTTP/1.1 200 ", b"O"),
		(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
	],
	ids=["length", "chunked", "until-close", "headers", "status-line", "continue"],
)
def test_an_answer_that_drips_ends_with_the_two_timeouts_although_each_drop_is_in_time(
	raw_server, first, drop
):
	server = raw_server(drip(first, drop))
	started = time.monotonic()
	with BaileysClient(server.url, "sandbox-key", timeout=0.15, connect_timeout=0.1) as client:
		with pytest.raises(TimedOutError):
			client.connect(7)
	assert 0.2 < time.monotonic() - started < 0.8


def test_a_read_that_drips_is_not_dripped_at_again_when_the_time_is_over(raw_server):
	server = raw_server(drip(b"HTTP/1.1 200 OK\r\n\r\n", b" "))
	with BaileysClient(server.url, "sandbox-key", timeout=0.15, connect_timeout=0.1) as client:
		with pytest.raises(TimedOutError):
			client.get_status(7)
	assert len(server.requests) == 1


def test_a_connection_stays_usable_after_the_deadline_of_an_earlier_request(sandbox, session):
	with BaileysClient(sandbox.url, sandbox.api_key, timeout=0.2, connect_timeout=0.1) as client:
		client.get_status(session.id)
		time.sleep(0.35)
		assert client.get_status(session.id).session_id == session.sessionId


def test_a_handshake_that_never_comes_is_a_time_out(raw_server):
	server = raw_server(lambda connection: time.sleep(1.0))
	url = server.url.replace("http:", "https:")
	started = time.monotonic()
	assert isinstance(connect_error(url, timeout=0.2, connect_timeout=0.2), TimedOutError)
	assert time.monotonic() - started < 0.9


def test_all_attempts_of_a_read_together_end_within_the_two_timeouts(raw_server):
	server = raw_server(lambda connection: time.sleep(2.0))
	started = time.monotonic()
	with BaileysClient(server.url, "sandbox-key", timeout=0.5, connect_timeout=0.1, retries=9) as client:
		with pytest.raises(TimedOutError):
			client.get_status(7)
	assert time.monotonic() - started < 0.8
	assert 1 <= len(server.requests) <= 2


@pytest.mark.parametrize(
	"base_url",
	[
		"",
		"   ",
		None,
		"api.example",
		"api.example:8084",
		"//api.example",
		"ftp://api.example",
		"file:///etc/passwd",
		"javascript:alert(1)",
		"http://",
		"http:///api",
		"http://:8084",
		"http://user@api.example",
		"http://user:pass-word@api.example",
		"http://api.example:99999",
		"http://api.example:port",
		"http://api.example:0",
		"http://api.example?key=1",
		"http://api.example/#top",
		"http://api.example/../x",
		"http://api .example",
		"http://api.example\\@evil.example",
		"http://api.example\r\nX-Header: 1",
		"http://[::1",
		"http://a..b",
		"http://*.example",
		"http://" + "a" * 70 + ".example",
	],
)
def test_an_address_that_cannot_be_used_is_refused_when_the_client_is_made(base_url):
	with pytest.raises(InvalidAddressError) as caught:
		BaileysClient(base_url, "sandbox-key")
	assert caught.value.code == "invalid_address"
	assert "pass-word" not in str(caught.value)


@pytest.mark.parametrize(
	("base_url", "normal"),
	[
		("https://api.example", "https://api.example"),
		("  https://api.example/ \n", "https://api.example"),
		("https://api.example/api", "https://api.example"),
		("https://api.example//api//", "https://api.example"),
		("https://api.example:8443/whatsapp/api/", "https://api.example:8443/whatsapp"),
		("https://api.example/apis", "https://api.example/apis"),
		("HTTPS://API.example", "https://API.example"),
		("http://[::1]:8084", "http://[::1]:8084"),
		("http://baileys_server:8084", "http://baileys_server:8084"),
		("https://señal.example", "https://señal.example"),
	],
)
def test_an_address_is_kept_without_its_ending(base_url, normal):
	assert BaileysClient(base_url, "sandbox-key").base_url == normal
