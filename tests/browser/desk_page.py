"""What a person sees and does on a desk; the same on the development site, v15 and v16."""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zxingcpp
from PIL import Image

IMAGES = Path(__file__).parents[2] / "docs" / "images"
STARRED_LABELS = """buttons => buttons.filter(button => button.offsetParent)
	.map(button => (button.classList.contains("btn-primary") ? "*" : "") + button.textContent.trim())"""
MARK_PAGE = """() => {
	for (const page of document.querySelectorAll(".page-container")) {
		page.toggleAttribute("data-in-front", Boolean(page.offsetParent));
	}
}"""
HAS_FOCUS = """([selector, text]) => {
	const { activeElement } = document;
	return activeElement.matches(selector) && (!text || activeElement.textContent.trim() === text);
}"""
IS_STILL = """() => document.getAnimations().every(
	each => each.playState !== "running" || each.effect.getComputedTiming().endTime === Infinity
)"""
ANY = "ANYTHING"
THEMES = ("light", "dark")


class Desk:
	def __init__(self, page: Any, url: str, theme: str, seconds: int) -> None:
		self.page = page
		self.theme = theme
		self.seconds = seconds
		self.list_url = f"{url}/app/whatsapp-session"
		self.errors: list[str] = []
		page.set_default_timeout(seconds * 1000)
		page.on("pageerror", lambda error: self.note(error.stack or str(error)))
		self.load()

	def note(self, error: str) -> None:
		"""Not those of Frappe's own: a list that is left before it is set up fails in `get_doc_title`, on v15 and v16."""
		if "/assets/frappe/" not in error or "whatsapp" in error:
			self.errors.append(error)

	def load(self) -> None:
		self.page.goto(self.list_url)
		self.page.wait_for_function(
			"'frappe' in window && 'set_route' in frappe && 'xappiens_whatsapp' in window"
		)
		self.page.wait_for_selector(".page-container .page-head:visible")
		self.use_theme(self.theme)

	def use_theme(self, theme: str) -> None:
		self.page.evaluate("theme => document.documentElement.setAttribute('data-theme', theme)", theme)

	def say(self, text: str, *values: object) -> str:
		return self.page.evaluate("([text, values]) => __(text, values)", [text, list(values)])

	def go(self, *route: str) -> None:
		self.page.evaluate("route => void frappe.set_route(...route)", list(route))

	def open_form(self, name: str) -> None:
		self.go("Form", "WhatsApp Session", name)
		self.page.wait_for_function("name => cur_frm && cur_frm.docname === name && cur_frm.doc", arg=name)
		self.page.wait_for_selector(".form-message:visible")

	def open_new(self) -> None:
		self.page.evaluate("void frappe.new_doc('WhatsApp Session')")
		self.page.wait_for_function("cur_frm && cur_frm.doc && cur_frm.is_new()")
		self.page.wait_for_selector(".form-message:visible")

	def create_session(self, session_id: str, name: str = "Ventas Norte") -> None:
		self.open_new()
		self.picture(f"new-{self.theme}")
		self.fill("session_id", session_id)
		self.fill("session_name", name)
		self.button("Create Session").click()
		self.wait_for_phase("code")

	def open_list(self) -> None:
		self.load()
		self.page.wait_for_selector(".list-row-container:visible .list-row-checkbox")

	def leave_the_form(self) -> None:
		"""As by a click on a link: the page of the form stays loaded, out of sight."""
		self.go("List", "WhatsApp Session")
		self.page.wait_for_function("!document.querySelector('.form-message')?.offsetParent")

	def open_settings(self) -> None:
		self.go("Form", "WhatsApp Settings", "WhatsApp Settings")
		self.button("Test Connection").wait_for()

	def fill(self, fieldname: str, value: str) -> None:
		field = self.page.locator(f".frappe-control[data-fieldname={fieldname}] input:visible")
		field.fill(value)
		field.press("Tab")

	def button(self, label: str) -> Any:
		"""A button in the head of the page, by its English label."""
		return self.page.locator(".page-head:visible button:visible").filter(
			has_text=exactly(self.say(label))
		)

	def press_in_group(self, group: str, label: str) -> None:
		"""Frappe folds a group into a menu; the development site shows its buttons side by side."""
		folded = self.button(group)
		if not folded.count():
			return self.button(label).click()
		folded.click()
		self.page.locator(".page-head:visible .dropdown-item:visible").filter(
			has_text=exactly(self.say(label))
		).click()

	def open_menu_item(self, label: str) -> None:
		self.page.locator(".menu-btn-group:visible > button").first.click()
		self.page.locator(".menu-item-label:visible").filter(has_text=exactly(self.say(label))).click()

	def menu(self) -> list[str]:
		return [text.strip() for text in self.page.locator(".menu-item-label:visible").all_inner_texts()]

	def tab_to(self, selector: str, text: str = "", key: str = "Tab", presses: int = 90) -> None:
		"""As somebody without a mouse gets there; `text` tells one of several from the others."""
		for _press in range(presses):
			if self.page.evaluate(HAS_FOCUS, [selector, text]):
				return
			self.page.keyboard.press(key)
		raise AssertionError(f"{key} does not lead to {text} {selector}")

	def tab_to_button(self, label: str, key: str = "Tab") -> None:
		"""Found by its words: a change on the server draws the buttons anew."""
		self.button(label).first.wait_for()
		self.tab_to(".page-head button", self.say(label), key)

	def wait_for_focus_inside(self, selector: str) -> None:
		eventually(lambda: self.focus_is_inside(selector), lambda: f"focus on {self.focused()!r}")

	def focus_is_inside(self, selector: str) -> bool:
		return self.page.evaluate("selector => Boolean(document.activeElement.closest(selector))", selector)

	def focused(self) -> str:
		return self.page.evaluate("document.activeElement.textContent.trim().slice(0, 60)")

	def wait_for_focus_on(self, label: str) -> None:
		wanted = self.say(label)
		eventually(lambda: self.focused() == wanted, lambda: f"focus on {self.focused()!r}, not {wanted!r}")

	def wait_for_stillness(self) -> None:
		"""What fades in, or from one theme to the other, has neither contrast nor focus yet."""
		self.page.wait_for_timeout(100)
		self.page.wait_for_function(IS_STILL)

	def mark_page(self) -> str:
		"""A selector for head and body of the page that is in front."""
		self.page.evaluate(MARK_PAGE)
		return "[data-in-front]"

	def buttons(self) -> list[str]:
		"""The app's buttons, the primary one marked with a star."""
		return self.page.locator(".page-head .custom-actions button").evaluate_all(STARRED_LABELS)

	def wait_for_buttons(self, *labels: str) -> None:
		"""The first of them in front, the others in any order."""
		wanted = [self.starred(label) for label in labels]
		eventually(
			lambda: in_any_order(self.buttons()) == in_any_order(wanted),
			lambda: f"{self.buttons()} instead of {wanted}",
			self.seconds,
		)

	def starred(self, label: str) -> str:
		return f"*{self.say(label[1:])}" if label.startswith("*") else self.say(label)

	def wait_for_banner(self, *sentences: str) -> None:
		"""`{0}` stands for any words."""
		for sentence in sentences:
			wanted = re.compile(re.escape(self.say(sentence, ANY, ANY)).replace(ANY, ".+"))
			eventually(
				lambda wanted=wanted: bool(wanted.search(self.banner())),
				lambda wanted=wanted: f"{wanted.pattern!r} not in {self.banner()!r}",
				self.seconds,
			)

	def banner(self) -> str:
		return " ".join(self.page.locator(".form-message:visible").all_inner_texts())

	def alerts(self) -> str:
		return " ".join(self.page.locator("#alert-container .alert").all_inner_texts())

	def answer(self, label: str) -> None:
		button = {"Yes": ".btn-modal-primary", "No": ".btn-modal-secondary"}[label]
		self.page.locator(f".modal.show {button}:visible").last.click()

	@property
	def dialog(self) -> Any:
		return self.page.locator(".modal.show")

	def dialog_button(self, label: str) -> Any:
		return self.dialog.get_by_role("button", name=self.say(label), exact=True)

	def wait_for_phase(self, phase: str) -> None:
		self.page.wait_for_selector(f".modal.show .whatsapp-qr[data-phase={phase}]")

	def words(self) -> str:
		return self.page.locator(".modal.show .whatsapp-qr-message").inner_text()

	def live(self) -> dict[str, int]:
		return self.page.evaluate("xappiens_whatsapp.live")

	def wait_for_live(self, expected: dict[str, int]) -> None:
		eventually(lambda: self.live() == expected, lambda: f"{self.live()} instead of {expected}")

	def close_dialog(self) -> None:
		"""Bootstrap does not hear Escape while a dialog fades in."""
		eventually(self.escaped, lambda: f"Escape does not close {self.dialog.all_inner_texts()}")

	def escaped(self) -> bool:
		self.wait_for_stillness()
		self.page.keyboard.press("Escape")
		self.wait_for_stillness()
		return not self.dialog.count()

	def read_code(self) -> str:
		"""What a phone reads off the screen."""
		picture = self.page.locator(".modal.show .whatsapp-qr-paper").screenshot()
		found = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))
		assert len(found) == 1, "the screenshot of the dialog shows no readable code"
		return found[0].text

	def picture(self, name: str) -> None:
		"""For the documentation, when asked for."""
		if os.environ.get("UPDATE_SCREENSHOTS") == "1":
			IMAGES.mkdir(parents=True, exist_ok=True)
			self.wait_for_stillness()
			self.page.screenshot(path=IMAGES / f"{name}.png")


def in_any_order(labels: list[str]) -> list[str]:
	return labels[:1] + sorted(labels[1:])


def exactly(text: str) -> re.Pattern[str]:
	return re.compile(rf"^\s*{re.escape(text)}\s*$")


def eventually(holds: Callable[[], bool], describe: Callable[[], str], seconds: float = 12) -> None:
	until = time.monotonic() + seconds
	while not holds():
		assert time.monotonic() < until, describe()
		time.sleep(0.1)
