"""The whole way with real Baileys in a gateway of its own, and a fake WhatsApp with its phone behind it.

A picture of each step stays in pytest's temporary folder; `--basetemp=FOLDER` says where.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import state_table
from code_tab import CodeTab
from desk_page import eventually
from message_dialog import MessageDialog
from state_table import EXPECTED, PHONE

from ..gateway import fixtures
from ..gateway.processes import FakeWhatsApp, GatewayProcess, http

SPEED = "4"  # so fast nobody misses what the form says while the gateway tries again
SCREENS = {
	"desktop": {},
	"mobile": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}


class Way:
	def __init__(self, whatsapp: FakeWhatsApp, gateway: GatewayProcess, folder: Path) -> None:
		self.whatsapp, self.gateway, self.folder = whatsapp, gateway, folder
		self.steps = 0

	def tell(self, command: str, **details: Any) -> dict[str, Any]:
		return self.whatsapp.tell(command, number=PHONE, **details)

	def ask(self, verb: str, path: str) -> Any:
		headers = {"X-API-Key": self.gateway.api_key}
		answer = http().request(verb, f"{self.gateway.url}/api/sessions{path}", headers=headers, timeout=20)
		answer.raise_for_status()
		return answer.json()["data"]

	def sessions(self) -> dict[str, int]:
		"""The numbers of the gateway's sessions, by their ids."""
		return {row["sessionId"]: row["id"] for row in self.ask("GET", "")["sessions"]}

	def remove_sessions(self) -> None:
		for number in self.sessions().values():
			self.ask("DELETE", f"/{number}")

	def devices(self) -> list[dict[str, Any]]:
		return self.whatsapp.devices(PHONE)

	def picture(self, page: Any, step: str) -> None:
		self.steps += 1
		page.screenshot(path=self.folder / f"{self.steps:02}-{step}.png")


whatsapp = fixtures.whatsapp
gateway = fixtures.gateway_at(SPEED)


@pytest.fixture
def way(site: Any, whatsapp: FakeWhatsApp, gateway: GatewayProcess, tmp_path: Path) -> Iterator[Way]:
	whatsapp.tell("reset")
	site.point_settings_to(gateway)
	way = Way(whatsapp, gateway, tmp_path)
	yield way
	way.remove_sessions()
	assert whatsapp.tell("state")["faults"] == []


def test_from_create_by_scan_drop_logout_and_a_typed_code_to_delete(desk: Any, way: Way, session_id: str):
	desk.create_session(session_id)
	way.picture(desk.page, "code-to-scan")
	way.tell("scan", text=desk.read_code())
	sees_the_link(desk, way, "scanned")
	drop_and_come_back(desk, way)
	log_out(desk, way)
	link_with_a_typed_code(desk, way)
	delete(desk, way, session_id)
	assert desk.errors == []


def drop_and_come_back(desk: Any, way: Way) -> None:
	way.whatsapp.let_in(False)
	way.tell("drop", code=428)
	sentence = "The session of {0} has been reconnecting by itself since {1}. No code is needed."
	desk.wait_for_banner(sentence)
	desk.wait_for_buttons("*Status", "Disconnect", "Restart")
	way.picture(desk.page, "reconnecting")
	way.whatsapp.let_in(True)
	eventually(lambda: way.devices()[0]["online"], lambda: "the device does not come back", 40)
	desk.wait_for_banner("Connected with {0} since {1}.")
	way.picture(desk.page, "reconnected")


def log_out(desk: Any, way: Way) -> None:
	way.tell("logout")
	desk.wait_for_banner("The session was logged out on the phone.", "Press Connect and scan a new QR code.")
	way.picture(desk.page, "logged-out")


def link_with_a_typed_code(desk: Any, way: Way) -> None:
	desk.button("Connect").click()
	desk.wait_for_phase("code")
	typed = CodeTab(desk)
	typed.ask(f"+{PHONE}")
	typed.wait_for("code")
	way.picture(desk.page, "code-to-type")
	assert way.tell("code", code=typed.code.inner_text()) == {"linked": True}
	sees_the_link(desk, way, "typed")


def delete(desk: Any, way: Way, session_id: str) -> None:
	assert session_id in way.sessions()
	desk.open_menu_item("Delete")
	desk.answer("Yes")
	desk.page.wait_for_selector(".modal.show", state="detached")
	eventually(lambda: not way.devices(), lambda: f"{way.devices()} still linked")
	assert session_id not in way.sessions()
	desk.page.wait_for_function("frappe.get_route()[0] === 'List'")
	way.picture(desk.page, "deleted")


def sees_the_link(desk: Any, way: Way, step: str) -> None:
	desk.wait_for_phase("connected")
	assert f"+{PHONE}" in desk.words()
	way.picture(desk.page, step)
	desk.page.wait_for_selector(".modal.show", state="detached")
	desk.wait_for_banner("Connected with {0} since {1}.")
	way.picture(desk.page, f"{step}-on-the-form")
	assert len(way.devices()) == 1


def test_another_phone_is_unlinked_and_the_expected_one_proves_that_messages_go_through(
	desk: Any, way: Way, site: Any, session_id: str
):
	state_table.create(site, session_id, f"+{EXPECTED}")
	desk.open_form(session_id)
	link_another_phone(desk, way)
	link_the_expected_one(desk, way)
	send_a_message(desk, way, session_id)
	assert desk.errors == []


def link_another_phone(desk: Any, way: Way) -> None:
	desk.button("View QR").click()
	desk.wait_for_phase("code")
	way.tell("scan", text=desk.read_code())
	desk.wait_for_phase("wrong")
	assert desk.words() == desk.say(
		"Another phone is linked: {0} instead of {1}.", f"+{PHONE}", f"+{EXPECTED}"
	)
	way.picture(desk.page, "another-phone")


def link_the_expected_one(desk: Any, way: Way) -> None:
	desk.dialog_button("Unlink It").click()
	desk.answer("Yes")
	eventually(lambda: not way.devices(), lambda: f"{way.devices()} still linked")
	desk.wait_for_phase("code")
	way.whatsapp.tell("scan", number=EXPECTED, text=desk.read_code())
	desk.page.wait_for_selector(".modal.show", state="detached")
	desk.wait_for_banner("Connected with {0} since {1}.", f"+{EXPECTED}")


def send_a_message(desk: Any, way: Way, session_id: str) -> None:
	message = MessageDialog(desk, session_id).open()
	message.send()
	message.wait_for("good", "The message has arrived: this session works.")
	message.wait_for_steps(2)
	way.picture(desk.page, "delivered")
	desk.close_dialog()
	assert desk.page.evaluate("cur_frm.doc.proof_state") == "Delivered"


@pytest.mark.parametrize("screen", SCREENS)
def test_a_guest_with_a_link_shows_the_code_and_the_manager_sees_connected(
	desk: Any, visit: Any, way: Way, new_session: Any, screen: str
):
	desk.open_form(new_session())
	guest = visit(locale="es-ES", **SCREENS[screen])
	guest.load(pairing_link(desk, way))
	links_a_phone(guest, way)
	assert desk.say("You can close this page now.") == guest.last_words()
	assert guest.errors == []
	desk.close_dialog()
	desk.wait_for_banner("Connected with {0} since {1}.")
	way.picture(desk.page, "connected")


def pairing_link(desk: Any, way: Way) -> str:
	desk.open_menu_item("Pairing Link")
	address = desk.dialog.get_by_label(desk.say("Pairing Link"), exact=True)
	address.wait_for()
	way.picture(desk.page, "link")
	return address.input_value()


def links_a_phone(guest: Any, way: Way) -> None:
	way.picture(guest.page, "before-the-click")
	guest.press_the_button()
	guest.wait_for("code")
	way.picture(guest.page, "code-to-scan")
	way.tell("scan", text=guest.read_code())
	guest.wait_for("connected")
	guest.page.wait_for_selector(".whatsapp-link-end")
	way.picture(guest.page, "done")
