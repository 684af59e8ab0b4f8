"""The tab of the dialog in which a code to type is asked for."""

from __future__ import annotations

from typing import Any


class CodeTab:
	def __init__(self, desk: Any) -> None:
		self.desk = desk
		self.page = desk.page
		self.input = desk.dialog.get_by_label(desk.say("Number of the phone, with its country code"))
		self.code = desk.dialog.locator(".whatsapp-code-characters")
		self.message = desk.dialog.locator(".whatsapp-code-message")

	def tab(self, label: str) -> Any:
		return self.desk.dialog.get_by_role("tab", name=self.desk.say(label), exact=True)

	def button(self, label: str) -> Any:
		return self.desk.dialog_button(label)

	def ask(self, number: str = "+34 600 000 021") -> None:
		self.tab("With a code").click()
		self.input.fill(number)
		self.button("Get Code").click()

	def wait_for(self, phase: str) -> None:
		self.page.wait_for_selector(f".modal.show .whatsapp-code[data-phase={phase}]")
