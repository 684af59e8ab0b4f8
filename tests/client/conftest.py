from __future__ import annotations

import ipaddress
import json
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import BaileysError
from xappiens_whatsapp.sandbox import Sandbox

Connection = Any
Script = Callable[[Connection], None]


class RawServer:
	"""Plays to each connection what a test wrote, byte by byte: for what no HTTP server would ever send."""

	def __init__(self, script: Script, certificate: Path | None = None) -> None:
		self.script = script
		self.requests: list[bytes] = []
		self.listener = socket.create_server(("127.0.0.1", 0), backlog=32)
		self.port = self.listener.getsockname()[1]
		self.context = tls_context(certificate) if certificate else None
		self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
		self.closing = threading.Event()
		threading.Thread(target=self.accept, daemon=True).start()

	def accept(self) -> None:
		while True:
			try:
				connection, _address = self.listener.accept()
			except OSError:
				return
			threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

	def serve(self, connection: Connection) -> None:
		try:
			if self.context:
				connection = self.context.wrap_socket(connection, server_side=True)
			with connection:
				self.requests.append(read_request(connection))
				self.script(connection)
		except OSError:
			connection.close()

	def stop(self) -> None:
		self.closing.set()
		self.listener.close()


def tls_context(certificate: Path) -> ssl.SSLContext:
	context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	context.load_cert_chain(certificate)
	return context


def read_request(connection: Connection) -> bytes:
	received = b""
	while b"\r\n\r\n" not in received:
		chunk = connection.recv(65536)
		if not chunk:
			return received
		received += chunk
	head, _blank, body = received.partition(b"\r\n\r\n")
	length = next(
		(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
	)
	while len(body) < length:
		body += connection.recv(65536)
	return head + b"\r\n\r\n" + body


def http_reply(status: int, body: Any = b"", **headers: str) -> bytes:
	if not isinstance(body, bytes):
		body = json.dumps(body).encode()
	lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
	lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
	return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def reply() -> Callable[..., bytes]:
	return http_reply


@pytest.fixture
def raw_server() -> Iterator[Callable[..., RawServer]]:
	"""Call it with a script, or with the bytes of each answer in turn; the last one repeats."""
	servers = []

	def start(*answers: bytes | Script, certificate: Path | None = None) -> RawServer:
		remaining = list(answers)

		def script(connection: Connection) -> None:
			answer = remaining.pop(0) if len(remaining) > 1 else remaining[0]
			if callable(answer):
				answer(connection)
			else:
				connection.sendall(answer)

		servers.append(RawServer(script, certificate))
		return servers[-1]

	yield start
	for server in servers:
		server.stop()


@pytest.fixture
def answering(
	raw_server: Callable[..., RawServer], reply: Callable[..., bytes]
) -> Iterator[Callable[..., BaileysClient]]:
	"""A client whose server gives these bodies, or pairs of status and body; the last one repeats. Its `server` has the requests."""
	clients = []

	def start(*answers: Any) -> BaileysClient:
		pairs = [answer if isinstance(answer, tuple) else (200, answer) for answer in answers]
		server = raw_server(*(reply(status, body) for status, body in pairs))
		clients.append(BaileysClient(server.url, "sandbox-key"))
		clients[-1].server = server
		return clients[-1]

	yield start
	for client in clients:
		client.close()


@pytest.fixture(scope="session")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
	key = ec.generate_private_key(ec.SECP256R1())
	name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
	now = datetime.now(timezone.utc)
	certificate = (
		x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
		.serial_number(x509.random_serial_number())
		.not_valid_before(now - timedelta(days=1))
		.not_valid_after(now + timedelta(days=1))
		.add_extension(
			x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
		)
		.sign(key, hashes.SHA256())
	)
	path = tmp_path_factory.mktemp("tls") / "self-signed.pem"
	pem = serialization.Encoding.PEM
	secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
	path.write_bytes(secret + certificate.public_bytes(pem))
	return path


@pytest.fixture
def closed_port() -> int:
	with socket.create_server(("127.0.0.1", 0)) as listener:
		return listener.getsockname()[1]


@pytest.fixture(scope="module")
def shared_sandbox() -> Iterator[Sandbox]:
	with Sandbox(qr_delay=0.0, scan_delay=0.0) as sandbox:
		yield sandbox


@pytest.fixture
def sandbox(shared_sandbox: Sandbox) -> Iterator[Sandbox]:
	shared_sandbox.clear_requests()
	yield shared_sandbox
	shared_sandbox.clear_faults()
	for session in shared_sandbox.sessions():
		shared_sandbox.forget(session["sessionId"])


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[BaileysClient]:
	with BaileysClient(sandbox.url, sandbox.api_key, timeout=5) as client:
		yield client


@pytest.fixture
def session(sandbox: Sandbox) -> SimpleNamespace:
	"""One session that the server has, disconnected."""
	return SimpleNamespace(**sandbox.add("ventas_demo_0001", session_name="Ventas demo"))


@pytest.fixture
def shown() -> Callable[[BaileysError], str]:
	"""Everything of an error that could reach a log: text, attributes, chain, and the locals of the client's frames."""

	def show(error: BaseException) -> str:
		frames = traceback.TracebackException.from_exception(error, capture_locals=True)
		inside = [frame for frame in frames.stack if "/tests/" not in frame.filename]
		assert inside, "the error did not come out of the client"
		texts = [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
		chained = [link for link in (error.__cause__, error.__context__) if link is not None]
		return "\n".join([*texts, *(str(frame.locals) for frame in inside), *map(show_link, chained)])

	def show_link(link: BaseException) -> str:
		request = getattr(link, "request", None)
		return f"{link!r} {vars(link)} {getattr(request, 'headers', '')}"

	return show


@pytest.fixture
def full_backlog() -> Iterator[int]:
	"""A port whose queue of waiting connections is full: the kernel leaves further ones without an answer."""
	with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
		waiting = [socket.socket() for _ in range(4)]
		for connection in waiting:
			connection.setblocking(False)
			connection.connect_ex(listener.getsockname())
		yield listener.getsockname()[1]
		for connection in waiting:
			connection.close()
