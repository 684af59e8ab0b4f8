"""The app on the development site, with real Baileys behind it and a fake WhatsApp behind that."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from ..waiting import waited_for
from .processes import API_KEY, FakeWhatsApp, GatewayProcess

PHONE = "34600000021"


class Way:
	"""One session of the app."""

	phone = PHONE

	def __init__(self, whatsapp: FakeWhatsApp, gateway: GatewayProcess, name: str) -> None:
		from xappiens_whatsapp.api import phone, proof, session

		self.whatsapp, self.gateway, self.name, self.api = whatsapp, gateway, name, session
		self.phone_api, self.proof_api = phone, proof

	def state(self) -> str:
		return self.api.get_session_status(self.name)["data"]["status_frappe"]

	def becomes(self, state: str) -> None:
		waited_for(lambda: self.state() == state)

	def create(self) -> dict[str, Any]:
		return self.api.create_session(self.name, "Ventas")

	def scan(self, number: str = PHONE) -> None:
		code = waited_for(lambda: self.api.get_qr_code(self.name)["qr_code"])
		picture = Image.open(io.BytesIO(base64.b64decode(code.partition(",")[2])))
		self.whatsapp.tell("scan", number=number, text=zxingcpp.read_barcodes(picture)[0].text)
		self.becomes("Connected")

	def tell(self, command: str, **details: Any) -> dict[str, Any]:
		return self.whatsapp.tell(command, number=PHONE, **details)

	def devices(self, number: str = PHONE) -> list[dict[str, Any]]:
		return self.whatsapp.devices(number)

	def record(self) -> Any:
		import frappe

		frappe.db.rollback()
		return frappe.get_doc("WhatsApp Session", self.name)


@pytest.fixture(scope="module")
def whatsapp() -> Iterator[FakeWhatsApp]:
	with FakeWhatsApp() as whatsapp:
		yield whatsapp


@pytest.fixture(scope="module")
def gateway(whatsapp: FakeWhatsApp) -> Iterator[GatewayProcess]:
	with GatewayProcess(whatsapp) as gateway:
		yield gateway


@pytest.fixture
def way(whatsapp: FakeWhatsApp, gateway: GatewayProcess) -> Iterator[Way]:
	import frappe

	from xappiens_whatsapp import SESSION

	gateway.start()
	whatsapp.tell("reset")
	frappe.set_user("Administrator")
	frappe.cache.delete_keys("whatsapp_")
	set_up(enabled=1, api_base_url=gateway.url, api_key=API_KEY, api_timeout=10)
	set_up(webhook_enabled=0, send_alerts=0)
	way = Way(whatsapp, gateway, f"test_{frappe.generate_hash(length=8)}")
	yield way
	gateway.start()
	if frappe.db.exists(SESSION, way.name):
		way.api.delete_session(way.name)


def set_up(**values: Any) -> None:
	import frappe

	from xappiens_whatsapp import SETTINGS

	settings = frappe.get_doc(SETTINGS)
	settings.update(values)
	settings.save()
	frappe.db.commit()
