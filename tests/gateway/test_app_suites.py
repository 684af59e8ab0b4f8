"""The app's own tests of client and server, run once more with the gateway in the sandbox's place."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .left_out import left_out
from .processes import node

ROOT = Path(__file__).parents[2]
SUITES = ["tests/client", "tests/sandbox"]


@pytest.mark.parametrize("suite, least", [("tests/client", 20), ("tests/sandbox", 80)])
def test_the_suite_passes_against_the_gateway(suite: str, least: int) -> None:
	node()
	command = [
		sys.executable,
		"-m",
		"pytest",
		"-q",
		"-p",
		"no:cacheprovider",
		"-p",
		"tests.gateway.plugin",
		suite,
	]
	run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
	assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
	passed = re.search(r"(\d+) passed", run.stdout)
	assert passed and int(passed[1]) >= least, run.stdout[-2000:]
	assert "skipped" not in run.stdout, run.stdout[-2000:]


def test_whatever_is_left_out_exists_and_has_a_reason() -> None:
	listed = subprocess.run(
		[sys.executable, "-m", "pytest", "--collect-only", "-q", *SUITES],
		cwd=ROOT,
		capture_output=True,
		text=True,
	).stdout.splitlines()
	for beginning, reason in left_out().items():
		assert any(line.startswith(beginning) for line in listed), beginning
		assert len(reason) > 10, beginning
