"""Runs the app's own tests of server and client against the gateway: `pytest -p tests.gateway.plugin tests/client`.

Their `Sandbox` is then the class below, over one gateway and one fake WhatsApp for the whole run. What only the sandbox
can do (faults, recorded requests, its clock) has no counterpart here; tests that need it stand in `left_out.txt`.
"""

from __future__ import annotations

import atexit
import base64
import functools
import io
from contextlib import ExitStack
from typing import Any

import pytest
import zxingcpp
from PIL import Image

import xappiens_whatsapp.sandbox
from xappiens_whatsapp.sandbox import ScanRefused

from ..waiting import waited_for
from .left_out import left_out
from .processes import API_KEY, FakeWhatsApp, GatewayProcess


class GatewaySandbox:
	api_key = API_KEY

	def __init__(
		self,
		*,
		qr_delay: float = 0,
		scan_delay: float = 0,
		ack_delay: float = 0,
		webhook_retry_delay: float = 0,
	) -> None:
		"""Delays are accepted and not kept: real Baileys takes the time that it takes."""
		self.gateway, self.whatsapp = processes()
		self.url, self.port = self.gateway.url, self.gateway.port
		self.call = self.gateway.call

	def __enter__(self) -> GatewaySandbox:
		self.start()
		self.clear_faults()
		return self

	def __exit__(self, *_exception: object) -> None:
		self.start()
		for session in self.sessions():
			self.forget(session["sessionId"])

	def start(self) -> None:
		self.gateway.start()

	def stop(self) -> None:
		self.gateway.stop()

	def clear_requests(self) -> None:
		"""The gateway records none."""

	def clear_faults(self) -> None:
		self.whatsapp.tell("reset")

	def scan(self, text_or_session_id: str, phone_number: str = "34600000001") -> dict[str, Any]:
		text, session_id = text_or_session_id, None
		if not text.startswith("https://"):
			session_id, text = text, waited_for(lambda: self.code(text_or_session_id))
		self.whatsapp.tell("scan", number=phone_number, text=text)
		return self.row(session_id) if session_id else {}

	def enter_code(self, session_id: str, code: str, phone_number: str = "34600000001") -> dict[str, Any]:
		try:
			linked = self.whatsapp.tell("code", number=phone_number, code=code.strip())["linked"]
		except ValueError as refusal:
			raise ScanRefused(str(refusal)) from None
		if not linked:
			raise ScanRefused("WhatsApp did not take the code")
		return self.row(session_id)

	def code(self, session_id: str) -> str | None:
		found = self.row(session_id)
		if not found["hasQR"]:
			return None
		picture = self.call("GET", f"sessions/{found['id']}/qr")["qrCode"].partition(",")[2]
		return zxingcpp.read_barcodes(Image.open(io.BytesIO(base64.b64decode(picture))))[0].text

	def drop(self, session_id: str, code: int = 401) -> dict[str, Any]:
		number = self.row(session_id)["phoneNumber"]
		if code == 401:
			self.whatsapp.tell("logout", number=number)
		else:
			self.whatsapp.tell("drop", number=number, code=code)
		return self.row(session_id)

	def forget(self, session_id: str) -> None:
		self.call("DELETE", f"sessions/{self.row(session_id)['id']}")

	def add(
		self, session_id: str, *, session_name: str = "", phone_number: str | None = None
	) -> dict[str, Any]:
		made = self.call(
			"POST", "sessions", {"sessionId": session_id, "sessionName": session_name or session_id}
		)
		if phone_number:
			self.call("POST", f"sessions/{made['session']['id']}/connect", {})
			self.scan(session_id, phone_number)
			waited_for(lambda: self.row(session_id)["isConnected"])
		return self.row(session_id)

	def sessions(self) -> list[dict[str, Any]]:
		pages = self.call("GET", "sessions?limit=100")["pagination"]["pages"]
		found = [self.call("GET", f"sessions?limit=100&page={page + 1}")["sessions"] for page in range(pages)]
		return [self.row(one["sessionId"]) for page in found for one in page]

	def row(self, session_id: str) -> dict[str, Any]:
		stored = self.call("GET", f"sessions/{session_id}")["session"]
		return stored | self.call("GET", f"sessions/{stored['id']}/status")


@functools.cache
def processes() -> tuple[GatewayProcess, FakeWhatsApp]:
	running = ExitStack()
	atexit.register(running.close)
	whatsapp = running.enter_context(FakeWhatsApp())
	return running.enter_context(GatewayProcess(whatsapp)), whatsapp


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
	beginnings = tuple(left_out())
	meets_the_server = [item for item in items if "sandbox" in item.fixturenames]
	kept = [item for item in meets_the_server if not item.nodeid.startswith(beginnings)]
	config.hook.pytest_deselected(items=[item for item in items if item not in kept])
	items[:] = kept


# before any conftest imports the name
xappiens_whatsapp.sandbox.Sandbox = GatewaySandbox
