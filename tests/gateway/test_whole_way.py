"""The app with real Baileys behind it, and a fake WhatsApp behind that: from the first code to the last goodbye."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from .processes import API_KEY, FakeWhatsApp, GatewayProcess
from .waiting import waited_for

pytestmark = pytest.mark.needs_site

PHONE = "34600000021"


class Way:
	"""One session of the app on a gateway of its own."""

	def __init__(self, whatsapp: FakeWhatsApp, gateway: GatewayProcess, name: str) -> None:
		from xappiens_whatsapp.api import session

		self.whatsapp, self.gateway, self.name, self.api = whatsapp, gateway, name, session

	def state(self) -> str:
		return self.api.get_session_status(self.name)["data"]["status_frappe"]

	def becomes(self, state: str) -> None:
		waited_for(lambda: self.state() == state)

	def scan(self) -> None:
		code = waited_for(lambda: self.api.get_qr_code(self.name)["qr_code"])
		picture = Image.open(io.BytesIO(base64.b64decode(code.partition(",")[2])))
		self.whatsapp.tell("scan", number=PHONE, text=zxingcpp.read_barcodes(picture)[0].text)
		self.becomes("Connected")


@pytest.fixture
def way() -> Iterator[Way]:
	import frappe

	from xappiens_whatsapp import SESSION, SETTINGS

	whatsapp = FakeWhatsApp()
	gateway = GatewayProcess(whatsapp)
	gateway.start()
	frappe.set_user("Administrator")
	frappe.cache.delete_keys("whatsapp_")
	settings = frappe.get_doc(SETTINGS)
	settings.update(
		{
			"enabled": 1,
			"api_base_url": gateway.url,
			"api_key": API_KEY,
			"api_timeout": 10,
			"webhook_enabled": 0,
		}
	)
	settings.save()
	name = f"test_{frappe.generate_hash(length=8)}"
	yield Way(whatsapp, gateway, name)
	frappe.db.delete(SESSION, {"name": name})
	frappe.db.commit()
	gateway.remove()
	whatsapp.stop()


def fresh(way: Way) -> Any:
	import frappe

	frappe.db.rollback()
	return frappe.get_doc("WhatsApp Session", way.name)


def test_a_number_is_linked_by_a_scan_drops_comes_back_and_is_logged_out_on_the_phone(way: Way) -> None:
	created = way.api.create_session(way.name, "Ventas")
	assert created["session_db_id"]
	way.scan()
	assert fresh(way).phone_number == PHONE
	way.whatsapp.tell("drop", number=PHONE, code=428)
	way.becomes("Connected")
	way.gateway.stop()
	way.gateway.start()
	way.becomes("Connected")
	assert fresh(way).session_db_id == created["session_db_id"]
	way.whatsapp.tell("logout", number=PHONE)
	way.becomes("Disconnected")
	assert (fresh(way).error_code, fresh(way).phone_number) == ("401", None)


def test_it_is_linked_again_by_a_code_and_deleted_on_both_sides(way: Way) -> None:
	import frappe

	way.api.create_session(way.name, "Ventas")
	waited_for(lambda: way.api.get_qr_code(way.name)["ready"])
	code = way.api.get_pairing_code(way.name, f"+{PHONE}")["code"]
	way.whatsapp.tell("code", number=PHONE, code=code)
	way.becomes("Connected")
	way.api.delete_session(way.name)
	assert not frappe.db.exists("WhatsApp Session", way.name)
	assert way.api.list_sessions()["sessions"] == []


def test_without_whatsapp_it_is_said_what_is_missing_and_afterwards_it_links(way: Way) -> None:
	way.whatsapp.tell("trouble", refuseUpgrades={"value": 503, "times": 50})
	way.api.create_session(way.name, "Ventas")
	way.becomes("Disconnected")
	waited_for(lambda: way.state() == "Disconnected" and fresh(way).error_code == "WHATSAPP_UNREACHABLE")
	assert "does not reach WhatsApp" in fresh(way).error_message
	way.whatsapp.tell("trouble", refuseUpgrades={"value": 503, "times": 0})
	way.api.connect_session(way.name)
	way.scan()
