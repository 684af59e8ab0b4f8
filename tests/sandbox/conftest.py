"""A client that holds every answer against the OpenAPI file, a receiver for webhooks, and waiting."""

from __future__ import annotations

import http.server
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from xappiens_whatsapp.sandbox import Sandbox

OPENAPI = Path(__file__).parents[1] / "contract" / "openapi.yaml"
CONTRACT = "urn:contract"
UTC_MILLISECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
FORMATS = FormatChecker(formats=())


@FORMATS.checks("date-time")
def is_utc_with_milliseconds(value: object) -> bool:
	return not isinstance(value, str) or bool(UTC_MILLISECONDS.fullmatch(value))


class Contract:
	def __init__(self) -> None:
		loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
		self.document = yaml.load(OPENAPI.read_text(encoding="utf-8"), Loader=loader)
		resource = Resource(contents=self.document, specification=DRAFT202012)
		self.registry = Registry().with_resource(CONTRACT, resource)
		self.validated: set[tuple[str, str, int]] = set()

	def check_answer(self, method: str, path: str, answer: requests.Response) -> None:
		template = self.template_of(path)
		responses = ("paths", template, method.lower(), "responses")
		status = str(answer.status_code)
		status = status if status in self.at(*responses) else "default"
		pointer = self.followed(*responses, status)
		self.validated.add((method, template, answer.status_code))
		if "content" in self.at(*pointer):
			self.check(answer.json(), *pointer, "content", "application/json", "schema")
		else:
			assert answer.content == b""

	def template_of(self, path: str) -> str:
		"""Literal siblings of an id come first in the file, as they do on the server."""
		for template in self.document["paths"]:
			if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
				return template
		raise AssertionError(f"{path} is not in the contract")

	def followed(self, *pointer: str) -> tuple[str, ...]:
		reference = self.at(*pointer).get("$ref")
		return tuple(reference.removeprefix("#/").split("/")) if reference else pointer

	def at(self, *pointer: str) -> Any:
		node = self.document
		for step in pointer:
			node = node[step]
		return node

	def check(self, value: Any, *pointer: str) -> None:
		steps = (
			step.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
			for step in pointer
		)
		schema = {"$ref": f"{CONTRACT}#/" + "/".join(steps)}
		Draft202012Validator(schema, registry=self.registry, format_checker=FORMATS).validate(value)


class Client:
	def __init__(self, sandbox: Sandbox, contract: Contract) -> None:
		self.sandbox = sandbox
		self.contract = contract
		self.headers = {"X-API-Key": sandbox.api_key}

	def call(self, method: str, path: str, *, in_contract: bool = True, **options: Any) -> requests.Response:
		options = {"headers": self.headers, "timeout": 5, "allow_redirects": False} | options
		answer = requests.request(method, self.sandbox.url + path, **options)
		if in_contract:
			self.contract.check_answer(method, path.partition("?")[0], answer)
		return answer

	def get(self, path: str, **options: Any) -> requests.Response:
		return self.call("GET", path, **options)

	def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
		return self.call("POST", path, json={} if body is None else body, **options)

	def put(self, path: str, body: Any, **options: Any) -> requests.Response:
		return self.call("PUT", path, json=body, **options)

	def delete(self, path: str, **options: Any) -> requests.Response:
		return self.call("DELETE", path, **options)

	def create(self, session_id: str = "ventas_1", **fields: Any) -> int:
		answer = self.post("/api/sessions", {"sessionId": session_id, "sessionName": "Ventas"} | fields)
		assert answer.status_code == 201
		return answer.json()["data"]["session"]["id"]

	def status(self, number: int) -> dict[str, Any]:
		return self.get(f"/api/sessions/{number}/status").json()["data"]

	def waiting(self, session_id: str = "ventas_1", **fields: Any) -> int:
		number = self.create(session_id, **fields)
		self.post(f"/api/sessions/{number}/connect")
		wait_until(lambda: self.status(number)["status"] == "qr_code")
		return number

	def connected(
		self, session_id: str = "ventas_1", phone_number: str = "34600000001", **fields: Any
	) -> int:
		number = self.waiting(session_id, **fields)
		self.sandbox.scan(session_id, phone_number)
		wait_until(lambda: self.status(number)["status"] == "connected")
		return number

	def control(self, method: str, path: str, body: Any = None) -> requests.Response:
		return requests.request(method, f"{self.sandbox.url}/sandbox/{path}", json=body, timeout=5)


def wait_until(condition: Callable[[], Any], seconds: float = 3.0) -> Any:
	deadline = time.monotonic() + seconds
	while not (value := condition()):
		assert time.monotonic() < deadline, "waited in vain"
		time.sleep(0.005)
	return value


class Receiver:
	"""Answers webhooks with the statuses it is told, then 200, and keeps what came."""

	def __init__(self) -> None:
		self.received: list[tuple[dict[str, str], bytes]] = []
		self.statuses: list[int] = []
		receiver = self

		class Handler(http.server.BaseHTTPRequestHandler):
			def do_POST(self) -> None:
				body = self.rfile.read(int(self.headers["Content-Length"]))
				receiver.received.append((dict(self.headers), body))
				self.send_response(receiver.statuses.pop(0) if receiver.statuses else 200)
				self.end_headers()

			def log_message(self, *_arguments: object) -> None:
				pass

		self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
		threading.Thread(target=self.server.serve_forever, args=[0.02], daemon=True).start()

	def events(self) -> list[str]:
		return [json.loads(body)["event"] for _headers, body in self.received]

	def wait_for(self, count: int) -> list[tuple[dict[str, str], bytes]]:
		return wait_until(lambda: len(self.received) >= count and self.received)

	def close(self) -> None:
		self.server.shutdown()
		self.server.server_close()


@pytest.fixture(scope="session")
def contract() -> Contract:
	return Contract()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
	with Sandbox(qr_delay=0.02, scan_delay=0.02, webhook_retry_delay=0.02) as sandbox:
		yield sandbox


@pytest.fixture
def client(sandbox: Sandbox, contract: Contract) -> Client:
	return Client(sandbox, contract)


@pytest.fixture
def client_of(contract: Contract) -> Callable[[Sandbox], Client]:
	return lambda sandbox: Client(sandbox, contract)


@pytest.fixture
def until() -> Callable[..., Any]:
	return wait_until


@pytest.fixture
def receiver() -> Iterator[Receiver]:
	receiver = Receiver()
	yield receiver
	receiver.close()
