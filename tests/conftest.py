"""One browser for all tests of a process: a thread can hold one Playwright only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

CHROMIUM_ARGUMENTS = (
	"--headless",
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
	"""Skipped with a reason where there is no Chromium; REQUIRE_BROWSER=1 makes that a failure."""
	chromium = shutil.which("chromium")
	if not chromium:
		message = "no chromium on PATH"
		pytest.fail(message) if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.skip(message)
	from playwright.sync_api import sync_playwright

	with sync_playwright() as playwright:
		browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
		yield browser
		browser.close()
