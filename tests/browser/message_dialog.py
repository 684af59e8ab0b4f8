"""The dialog of *Test Message*, as a person uses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class MessageDialog:
	"""The dialog, on the form of a connected session."""

	def __init__(self, desk: Any, session: str) -> None:
		self.desk, self.page = desk, desk.page
		desk.open_form(session)
		desk.button("Test Message").wait_for()

	def open(self) -> MessageDialog:
		self.desk.button("Test Message").click()
		self.input.wait_for()
		self.desk.wait_for_stillness()
		return self

	@property
	def input(self) -> Any:
		return self.desk.dialog.get_by_label(self.desk.say("Number to send to"))

	def button(self, label: str) -> Any:
		return self.desk.dialog_button(label)

	def send(self) -> None:
		self.button("Send").click()

	def wait_for_steps(self, count: int) -> None:
		done = ".modal.show .whatsapp-test-steps [data-done=true]"
		self.page.wait_for_function(
			"([done, count]) => document.querySelectorAll(done).length === count", arg=[done, count]
		)

	def wait_for(self, phase: str, *sentences: str) -> None:
		message = self.page.locator(f".modal.show .whatsapp-test-message[data-phase={phase}]")
		message.wait_for()
		for sentence in sentences:
			message.filter(has_text=self.desk.say(sentence)).wait_for()

	def proves(self) -> None:
		"""The next good call: a message that is sent, delivered and read."""
		self.send()
		self.wait_for("good", "The message has arrived: this session works.")
		self.wait_for_steps(3)

	def looks_again(self, happen: Callable[[], Any]) -> None:
		"""What happens makes the dialog ask the site, and draw the answer."""
		step = self.page.query_selector(".modal.show .whatsapp-test-steps li")
		happen()
		self.page.wait_for_function("step => !step.isConnected", arg=step)
