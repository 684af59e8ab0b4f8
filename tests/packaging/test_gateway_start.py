"""The gateway beside a site: started, answered by, refused with one sentence."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.waiting import waited_for
from xappiens_whatsapp.shell import gateway

pytestmark = pytest.mark.needs_site  # for the language of the sentences
SOURCE = Path(__file__).parents[2] / "gateway"
has_gateway = pytest.mark.skipif(
	not (SOURCE / "node_modules" / "baileys").exists(), reason="needs the gateway's packages: make gateway"
)


def test_an_installation_without_the_gateway_says_where_it_comes_from(tmp_path):
	with pytest.raises(gateway.GatewayNotStarted, match="not part of this installation"):
		gateway.folder(tmp_path)
	assert gateway.folder() == SOURCE


@has_gateway
def test_it_starts_keeps_its_key_for_its_owner_and_answers_to_it(tmp_path):
	started = gateway.run(tmp_path / "data", 0)
	try:
		assert requests.get(f"{started.url}/api/sessions", timeout=10).status_code == 401
		headers = {"X-API-Key": started.api_key}
		assert requests.get(f"{started.url}/api/sessions", headers=headers, timeout=10).status_code == 200
		assert started.key_file.stat().st_mode & 0o077 == 0
	finally:
		started.stop()
	assert started.process.returncode == 0


@has_gateway
def test_a_port_in_use_and_a_folder_in_use_are_told(tmp_path):
	with socket.create_server(("127.0.0.1", 0)) as taken:
		port = taken.getsockname()[1]
		with pytest.raises(
			gateway.GatewayNotStarted, match=f"Port {port} is in use: name another one with --port"
		):
			gateway.run(tmp_path / "data", port)
	with gateway.run(tmp_path / "data", port):
		with pytest.raises(gateway.GatewayNotStarted, match="Another gateway runs for this site already"):
			gateway.run(tmp_path / "data", 0)
	gateway.run(tmp_path / "data", 0).stop()


@has_gateway
@pytest.mark.parametrize("place", ["file", "file/below", "folder_with_a_folder"])
def test_a_data_folder_that_cannot_be_used_is_told_and_a_good_one_starts(tmp_path, place):
	(tmp_path / "file").touch()
	(tmp_path / "folder_with_a_folder" / "start.log").mkdir(parents=True)
	with pytest.raises(gateway.GatewayNotStarted, match=f"cannot keep its data in .*{place}: "):
		gateway.run(tmp_path / place, 0)
	gateway.run(tmp_path / "good", 0).stop()


@has_gateway
def test_a_setting_that_makes_no_sense_is_told_as_the_gateway_says_it(tmp_path, monkeypatch):
	monkeypatch.setenv("GATEWAY_RATE_LIMIT", "many")
	with pytest.raises(gateway.GatewayNotStarted, match="did not start: GATEWAY_RATE_LIMIT must be"):
		gateway.run(tmp_path / "data", 0)
	monkeypatch.setenv("GATEWAY_RATE_LIMIT", "100")
	gateway.run(tmp_path / "data", 0).stop()


SERVING = """
import sys
from pathlib import Path
import devsite
devsite.activate()
import frappe
frappe.local.lang = "en"
from xappiens_whatsapp.shell import gateway
try:
	gateway.serve(Path(sys.argv[1]), 0, lambda running: print(running.process.pid, flush=True), print)
except gateway.GatewayNotStarted as error:
	print(error)
	sys.exit(1)
"""

STOPPED = "The gateway was stopped before it had started.\n"


class Served:
	"""The command of the shell without its site."""

	def __init__(self, data: Path) -> None:
		self.data = data
		self.process = subprocess.Popen(
			[sys.executable, "-c", SERVING, str(data)],
			stdout=subprocess.PIPE,
			text=True,
			cwd=SOURCE.parent,
			preexec_fn=hear_signals,  # a gate that runs in the background, or by nohup, ignores some
		)

	def node(self) -> int:
		assert self.process.stdout
		return int(self.process.stdout.readline())

	def has_begun(self) -> bool:
		assert self.process.poll() is None, self.process.communicate()[0]
		return (self.data / "start.log").exists()

	def ended(self) -> tuple[int, str]:
		"""The exit code, and what was not read yet of what it said."""
		said, _nothing = self.process.communicate(timeout=30)
		return self.process.returncode, said

	def kill(self) -> None:
		self.process.kill()
		for process in nodes_in(self.data):
			with suppress(ProcessLookupError):
				os.kill(process, signal.SIGKILL)
		self.process.communicate()


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[[], Served]]:
	"""Starts the command in `tmp_path / "data"`; nothing of it is left, however the test ends."""
	begun: list[Served] = []

	def begin() -> Served:
		begun.append(Served(tmp_path / "data"))
		return begun[-1]

	yield begin
	for served in begun:
		served.kill()


def hear_signals() -> None:
	for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
		signal.signal(number, signal.SIG_DFL)


def is_running(process: int) -> bool:
	"""A process that has ended stays visible until its parent looks, and its parent has ended, too."""
	try:
		state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
	except (FileNotFoundError, ProcessLookupError):
		return False
	return state != "Z"


def nodes_in(data: Path) -> list[int]:
	found = subprocess.run(["pgrep", "-f", "gateway/main.js"], capture_output=True, text=True).stdout.split()
	return [int(one) for one in found if str(data) in environment_of(one)]


def environment_of(process: str) -> str:
	try:
		return Path(f"/proc/{process}/environ").read_text(errors="replace")
	except OSError:
		return ""


@has_gateway
def test_a_process_that_its_parent_has_not_looked_at_is_not_running(tmp_path):
	started = gateway.run(tmp_path / "data", 0)
	assert is_running(started.process.pid)
	os.kill(started.process.pid, signal.SIGKILL)
	os.waitid(os.P_PID, started.process.pid, os.WEXITED | os.WNOWAIT)
	assert Path(f"/proc/{started.process.pid}").exists()
	assert not is_running(started.process.pid)
	started.stop()


@has_gateway
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_command_ends_node_too(serving, number):
	served = serving()
	started = served.node()
	assert is_running(started)
	assert nodes_in(served.data) == [started]
	served.process.send_signal(number)
	assert served.ended() == (0, "")
	assert not is_running(started)
	assert nodes_in(served.data) == []
	gateway.run(served.data, 0).stop()


@has_gateway
@pytest.mark.parametrize("after", [0.0, 0.1, 0.2, 0.3, 0.5, 0.8])
def test_a_signal_at_any_moment_of_the_start_leaves_nothing_running(serving, after):
	served = serving()
	waited_for(served.has_begun)
	time.sleep(after)
	served.process.send_signal(signal.SIGTERM)
	code, said = served.ended()
	assert (said == STOPPED) if code else said.strip().isdigit(), (code, said)
	assert nodes_in(served.data) == []
	gateway.run(served.data, 0).stop()


@has_gateway
def test_a_gateway_that_ends_by_itself_ends_the_command_and_says_so(serving):
	served = serving()
	os.kill(served.node(), signal.SIGKILL)
	assert served.ended() == (1, f"The gateway ended by itself: see {served.data / 'start.log'}\n")
	again = serving()
	assert is_running(again.node())
