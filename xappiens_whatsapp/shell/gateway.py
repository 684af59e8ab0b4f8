"""Runs the gateway of `gateway/` beside a site, until it is asked to end.

Knows no site. Whoever calls it writes the address and the key where they belong.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from frappe import _

from xappiens_whatsapp.shell.node import GatewayNotStarted, Stopped, Tell, find_or_fetch, install

START_SECONDS = 30.0
LOOK_EVERY = 0.05
HOST = "127.0.0.1"
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


@dataclass
class RunningGateway:
	process: subprocess.Popen[bytes]
	words: Path
	key_file: Path
	url: str = ""

	@property
	def api_key(self) -> str:
		return self.key_file.read_text(encoding="utf-8").strip()

	def __enter__(self) -> RunningGateway:
		return self

	def __exit__(self, *_details: object) -> None:
		self.stop()

	def wait(self, stopping: threading.Event) -> None:
		"""Until it is to stop. @raises GatewayNotStarted: it ended by itself, and cannot be said to run.

		Not by `stopping.wait`: it holds for a moment the lock that a signal's handler needs in this very thread.
		"""
		while self.process.poll() is None:
			if stopping.is_set():
				return
			time.sleep(LOOK_EVERY)
		if not stopping.is_set():
			raise GatewayNotStarted(_("The gateway ended by itself: see {0}").format(self.words))

	def stop(self, seconds: float = 15.0) -> None:
		"""Sessions stay linked; a gateway that does not end by itself is killed, which loses nothing either."""
		self.process.terminate()
		try:
			self.process.wait(seconds)
		except subprocess.TimeoutExpired:
			self.process.kill()
			self.process.wait()


def serve(data: Path, port: int, started: Callable[[RunningGateway], None], tell: Tell) -> None:
	"""From the first look for Node to the end that a signal asks for: no way out leaves a process behind."""
	with ended_by_signals() as stopping, run(data, port, stopping, tell) as running:
		started(running)
		running.wait(stopping)


@contextmanager
def ended_by_signals() -> Iterator[threading.Event]:
	"""Signals set an event instead of raising wherever the program is just now; one that is ignored stays ignored.

	Python hands them to the main thread only, so a command that runs in another is ended by that one.
	"""
	stopping = threading.Event()
	is_heard = threading.current_thread() is threading.main_thread()
	heard = [number for number in SIGNALS if is_heard and signal.getsignal(number) is not signal.SIG_IGN]
	before = {number: signal.signal(number, lambda *_details: stopping.set()) for number in heard}
	try:
		yield stopping
	finally:
		for number, handler in before.items():
			signal.signal(number, handler)


def run(
	data: Path, port: int = 8084, stopping: threading.Event | None = None, tell: Tell = lambda _words: None
) -> RunningGateway:
	"""All of it: find, install once, start. @raises GatewayNotStarted"""
	stopping = stopping or threading.Event()
	source = folder()
	executable = find_or_fetch(source, tell, stopping)
	install(source, executable, tell, stopping)
	return start(source, executable, data, port, stopping)


def folder(app: Path | None = None) -> Path:
	"""Where the gateway's source is: beside the app's package, in a checkout."""
	found = (app or Path(__file__).parents[2]) / "gateway"
	if not (found / "main.js").is_file():
		message = _(
			"The gateway is not part of this installation: {0} has no main.js. It comes with the app's repository, as `bench get-app` fetches it."
		)
		raise GatewayNotStarted(message.format(found))
	return found


def start(source: Path, executable: Path, data: Path, port: int, stopping: threading.Event) -> RunningGateway:
	"""Starts it in `data`, whose key it makes itself, and returns when it answers. Port 0: a free one."""
	gateway = _spawned(source, executable, data, port)
	try:
		gateway.url = _address(gateway, port, stopping)
		_wait_for_health(gateway)
	except BaseException:
		gateway.stop()
		raise
	return gateway


def _spawned(source: Path, executable: Path, data: Path, port: int) -> RunningGateway:
	own = {"GATEWAY_HOST": HOST, "GATEWAY_PORT": str(port), "GATEWAY_DATA": str(data)}
	command = [str(executable), "--max-semi-space-size=4", str(source / "main.js")]
	words = data / "start.log"
	with _private_file(words) as log:
		process = subprocess.Popen(
			command, env=_foreign() | own, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
		)
	return RunningGateway(process, words, data / "api-key")


def _private_file(path: Path) -> BinaryIO:
	try:
		path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
		file = path.open("wb")
	except OSError as error:
		message = _("The gateway cannot keep its data in {0}: {1}")
		raise GatewayNotStarted(message.format(path.parent, error.strerror)) from None
	path.chmod(0o600)
	return file


def _foreign() -> dict[str, str]:
	"""Settings of the shell hold, but not a key of its own: the one in the data folder is written into the site."""
	keys = ("GATEWAY_API_KEY", "GATEWAY_API_KEYS", "GATEWAY_API_KEY_FILE")
	return {name: value for name, value in os.environ.items() if name not in keys}


def _address(gateway: RunningGateway, port: int, stopping: threading.Event) -> str:
	deadline = time.monotonic() + START_SECONDS
	while time.monotonic() < deadline:
		ended = gateway.process.poll() is not None
		text = gateway.words.read_text(encoding="utf-8", errors="replace")
		if ready := re.search(r"^ready (\S+)$", text, re.MULTILINE):
			return ready[1]
		if stopping.is_set():
			raise Stopped
		if ended:
			raise GatewayNotStarted(_reason(text, gateway, port))
		time.sleep(LOOK_EVERY)
	message = _("The gateway did not start within {0} seconds: see {1}")
	raise GatewayNotStarted(message.format(int(START_SECONDS), gateway.words))


def _reason(text: str, gateway: RunningGateway, port: int) -> str:
	"""The gateway says why in a line of its log, and in a sentence in English."""
	sentences = {
		"PORT_IN_USE": _("Port {0} is in use: name another one with --port.").format(port),
		"FOLDER_IN_USE": _("Another gateway runs for this site already: it uses {0}.").format(
			gateway.words.parent
		),
	}
	codes = re.findall(r'"event":"gateway\.refused","code":"(\w+)"', text)
	if codes and codes[-1] in sentences:
		return sentences[codes[-1]]
	lines = [line for line in text.splitlines() if line and not line.startswith(("{", "API key"))]
	said = lines[-1] if lines else _("it ended at once")
	return _("The gateway did not start: {0}").format(said)


def _wait_for_health(gateway: RunningGateway) -> None:
	opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
	try:
		with opener.open(f"{gateway.url}/health", timeout=10) as answer:
			json.load(answer)
	except (urllib.error.URLError, ValueError, TimeoutError) as error:
		message = _("The gateway at {0} does not answer: {1}")
		raise GatewayNotStarted(message.format(gateway.url, error)) from None
