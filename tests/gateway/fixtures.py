"""A fake WhatsApp and a gateway for all tests of a module, which names the two here as its own fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .processes import USUAL_SPEED, FakeWhatsApp, GatewayProcess


@pytest.fixture(scope="module")
def whatsapp() -> Iterator[FakeWhatsApp]:
	with FakeWhatsApp() as whatsapp:
		yield whatsapp


def gateway_at(speed: str = USUAL_SPEED) -> Any:
	@pytest.fixture(scope="module")
	def gateway(whatsapp: FakeWhatsApp) -> Iterator[GatewayProcess]:
		with GatewayProcess(whatsapp, speed) as gateway:
			yield gateway

	return gateway
