"""Without a bench, the app's Frappe tests run on the development site; it is booted once, when one of them is collected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import devsite

APP_TESTS = Path(__file__).parent / "xappiens_whatsapp"

devsite.activate()


@pytest.fixture(scope="session", autouse=True)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
	if any(APP_TESTS in item.path.parents or "needs_site" in item.keywords for item in request.session.items):
		from devsite.testing import boot_site

		boot_site(tmp_path_factory.mktemp("site"))
	yield
