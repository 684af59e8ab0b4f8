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
from . import fixtures
from .processes import API_KEY, FakeWhatsApp, GatewayProcess

PHONE = "34600000021"

whatsapp = fixtures.whatsapp
gateway = fixtures.gateway_at()


class AppSession:
	"""One session of the app."""

	phone = PHONE

	def __init__(self, whatsapp: FakeWhatsApp, gateway: GatewayProcess, name: str) -> None:
		from xappiens_whatsapp.api import phone, proof, session

		self.whatsapp, self.gateway, self.name = whatsapp, gateway, name
		self.api, self.phone_api, self.proof_api = session, phone, proof

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

	def on_phone(self, number: str) -> dict[str, Any]:
		"""What the phone of that number knows."""
		phones = self.whatsapp.tell("state")["phones"]
		return next(phone for phone in phones if phone["number"] == number)

	def ask_gateway(self, method: str, route: str, body: Any = None) -> dict[str, Any]:
		"""One of the gateway's routes of this session, without the app."""
		return self.gateway.call(method, f"sessions/{self.record().session_db_id}/{route}", body)

	def logins(self) -> int:
		"""How often the device that is online now has logged in."""
		return sum(device["logins"] for device in self.devices() if device["online"])

	def drops_and_comes_back(self, **drop: Any) -> None:
		before = self.logins()
		assert self.tell("drop", **drop) == {"dropped": 1}
		waited_for(lambda: self.logins() > before)
		self.becomes("Connected")

	def record(self) -> Any:
		import frappe

		frappe.db.rollback()
		return frappe.get_doc("WhatsApp Session", self.name)


@pytest.fixture
def session(whatsapp: FakeWhatsApp, gateway: GatewayProcess) -> Iterator[AppSession]:
	import frappe

	from xappiens_whatsapp import SESSION

	gateway.start()
	whatsapp.tell("reset")
	frappe.set_user("Administrator")
	frappe.cache.delete_keys("whatsapp_")
	save_settings(enabled=1, api_base_url=gateway.url, api_key=API_KEY, api_timeout=10)
	save_settings(webhook_enabled=0, send_alerts=0)
	session = AppSession(whatsapp, gateway, f"test_{frappe.generate_hash(length=8)}")
	yield session
	gateway.start()
	if frappe.db.exists(SESSION, session.name):
		session.api.delete_session(session.name)
	assert whatsapp.tell("state")["faults"] == []


def save_settings(**values: Any) -> None:
	import frappe

	from xappiens_whatsapp import SETTINGS

	settings = frappe.get_doc(SETTINGS)
	settings.update(values)
	settings.save()
	frappe.db.commit()
