"""Linking with a typed code: the panel of dialog and pairing page, fed by functions of the test in place of the site's calls."""

from __future__ import annotations

from typing import Any

import pytest
from axe_page import findings
from code_tab import CodeTab
from desk_page import THEMES

# `window.server` is what the panel is told; the test changes it
OPEN = """async (server) => {
	window.server = { status: "QR Code Required", features: { pairing_code: true }, asked: [], lasts: 160, ...server };
	const dialog = new frappe.ui.Dialog({ title: "Ventas Norte", size: "large" });
	dialog.show();
	const answer = () => ({
		ready: Boolean(window.server.picture),
		qr_code: window.server.picture,
		expires_at: new Date(Date.now() + 60000).toISOString(),
		retry_after: 1,
		status: window.server.status,
		phone_number: "34600000021",
	});
	const fetch_code = async (number) => {
		window.server.asked.push(number);
		if (window.server.holds) await new Promise((resolve) => (window.server.release = resolve));
		const failure = window.server.failures && window.server.failures.shift();
		if (failure) throw Object.assign(new Error(failure.message), { exc_type: "GatewayRejected", ...failure });
		const expires_at = new Date(Date.now() + window.server.lasts * 1000).toISOString();
		return { code: "K7WX2M9Q", expires_at, phone_number: "34600000021" };
	};
	window.panel = new xappiens_whatsapp.LinkPanel({
		container: dialog.body,
		translate: __,
		title: "Ventas Norte",
		fetch_qr: async () => ({ ...answer(), features: window.server.features }),
		fetch_status: async () => answer(),
		fetch_code: window.server.without_call ? undefined : fetch_code,
		copy: async (text) => (window.copied = text),
		on_connected: () => {},
	});
	await window.panel.start();
}"""
PICTURE = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="


class FedCodeTab(CodeTab):
	def open(self, **server: Any) -> CodeTab:
		self.page.evaluate(OPEN, server)
		self.desk.wait_for_stillness()
		return self

	def change(self, **server: Any) -> None:
		self.page.evaluate("server => Object.assign(window.server, server)", server)

	def asked(self) -> list[str]:
		return self.page.evaluate("window.server.asked")


@pytest.fixture
def code_tab(desk: Any, sandbox: Any) -> Any:
	yield FedCodeTab(desk)
	desk.page.evaluate("window.panel.stop()")
	assert desk.errors == []


@pytest.mark.parametrize(
	"server",
	[{"features": {"pairing_code": False}}, {"features": None}, {"without_call": True}],
	ids=["not offered", "says nothing", "not callable"],
)
def test_without_the_feature_nothing_of_it_is_seen(code_tab, server):
	code_tab.open(**server)
	assert code_tab.desk.dialog.locator(".whatsapp-qr").is_visible()
	assert code_tab.desk.dialog.get_by_role("tab").count() == 0
	assert not code_tab.input.is_visible()


def test_a_code_is_asked_for_read_and_copied_without_a_mouse(code_tab):
	code_tab.open()
	code_tab.desk.tab_to("[role=tab]", code_tab.desk.say("With the QR code"))
	keyboard = code_tab.page.keyboard
	keyboard.press("ArrowRight")
	assert code_tab.desk.focused() == code_tab.desk.say("With a code")
	assert not code_tab.desk.dialog.locator(".whatsapp-qr").is_visible()
	keyboard.press("Tab")
	keyboard.type("+34 600 000 021")
	keyboard.press("Enter")
	code_tab.wait_for("code")
	assert code_tab.asked() == ["+34 600 000 021"]
	assert code_tab.code.inner_text() == "K7WX-2M9Q"
	assert code_tab.code.get_attribute("aria-label") == "K 7 W X 2 M 9 Q"
	assert code_tab.code.evaluate("node => parseFloat(getComputedStyle(node).fontSize)") >= 32
	words = code_tab.desk.say("Type this code on the phone with the number {0}.", "+34600000021")
	assert code_tab.message.inner_text() == words
	code_tab.desk.tab_to("button", code_tab.desk.say("Copy Code"))
	keyboard.press("Enter")
	code_tab.desk.dialog.get_by_text(code_tab.desk.say("The code is copied.")).wait_for()
	assert code_tab.page.evaluate("window.copied") == "K7WX2M9Q"
	code_tab.desk.tab_to("[role=tab]", code_tab.desk.say("With a code"), "Shift+Tab")
	keyboard.press("ArrowLeft")
	assert code_tab.desk.dialog.locator(".whatsapp-qr").is_visible()


def test_a_code_that_ran_out_says_so_and_another_can_be_had(code_tab):
	code_tab.open(lasts=2)
	code_tab.ask()
	code_tab.wait_for("code")
	code_tab.wait_for("expired")
	assert code_tab.message.inner_text() == code_tab.desk.say(
		"This code has expired. Press New Code for another."
	)
	assert not code_tab.button("Copy Code").is_visible()
	code_tab.change(lasts=160)
	code_tab.button("New Code").click()
	code_tab.wait_for("code")
	assert len(code_tab.asked()) == 2


def test_a_refusal_is_read_and_the_next_try_works(code_tab):
	code_tab.open(failures=[{"message": "<b>No</b> number."}])
	code_tab.ask("600")
	code_tab.wait_for("trouble")
	assert code_tab.message.inner_text() == "<b>No</b> number."
	code_tab.ask()
	code_tab.wait_for("code")


def test_who_asked_too_often_is_told_when_to_ask_again(code_tab):
	code_tab.open(failures=[{"message": "Too many codes.", "retry_after": 2}])
	code_tab.ask()
	code_tab.wait_for("trouble")
	assert code_tab.message.inner_text() == "Too many codes."
	assert code_tab.button("Get Code").is_disabled()
	code_tab.input.press("Enter")
	code_tab.wait_for("empty")
	assert len(code_tab.asked()) == 1
	code_tab.ask()
	code_tab.wait_for("code")


def test_without_a_number_nothing_is_asked_and_the_field_has_the_focus(code_tab):
	code_tab.open()
	code_tab.ask("  ")
	code_tab.wait_for("trouble")
	assert code_tab.asked() == []
	assert code_tab.input.evaluate("node => node === document.activeElement")


def test_a_server_that_connects_anew_for_a_code_is_not_taken_for_a_scan(code_tab):
	code_tab.open(picture=PICTURE, holds=True)
	code_tab.desk.wait_for_phase("code")
	code_tab.ask()
	code_tab.change(picture="", status="Connecting")
	code_tab.page.evaluate("void window.panel.nudge()")
	code_tab.page.wait_for_selector(".whatsapp-qr[data-phase=waiting]", state="attached")
	assert code_tab.input.is_visible()
	code_tab.change(picture=PICTURE, status="QR Code Required")
	code_tab.page.evaluate("window.server.release()")
	code_tab.wait_for("code")
	assert code_tab.code.is_visible()


def test_a_typed_code_leads_to_the_tick_and_the_tabs_go(code_tab):
	code_tab.open()
	code_tab.ask()
	code_tab.wait_for("code")
	code_tab.change(status="Connected")
	code_tab.desk.wait_for_phase("connected")
	assert code_tab.desk.dialog.locator(".whatsapp-qr").is_visible()
	assert code_tab.desk.dialog.get_by_role("tab").count() == 0
	code_tab.desk.wait_for_live({"timers": 0, "listeners": 0})


def test_a_feature_that_is_withdrawn_takes_its_tab_along(code_tab):
	code_tab.open()
	code_tab.tab("With a code").click()
	code_tab.change(features={"pairing_code": False})
	code_tab.tab("With a code").wait_for(state="hidden")
	assert code_tab.desk.dialog.locator(".whatsapp-qr").is_visible()


def test_the_code_is_for_everybody(code_tab):
	code_tab.open()
	code_tab.ask()
	code_tab.wait_for("code")
	for theme in THEMES:
		code_tab.desk.use_theme(theme)
		code_tab.desk.wait_for_stillness()
		assert not findings(code_tab.page, ".modal.show .modal-body"), theme
