"""Somebody without an account, with a browser of their own."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import urlsplit

import zxingcpp
from PIL import Image


class Visitor:
	"""A browser of its own; notes every request that it sends, every answer and every error of the page."""

	def __init__(self, context: Any, site_url: str) -> None:
		self.site_url = site_url
		self.page = context.new_page()
		self.page.set_default_timeout(40_000)
		self.requests: list[tuple[str, str]] = []
		self.responses: list[Any] = []
		self.errors: list[str] = []
		self.page.on(
			"request", lambda sent: self.requests.append((sent.url, sent.headers.get("referer", "")))
		)
		self.page.on("response", lambda answer: self.responses.append(answer))
		self.page.on("pageerror", lambda error: self.errors.append(str(error)))
		self.page.on(
			"console", lambda line: self.errors.append(line.text) if "Security Policy" in line.text else None
		)

	def load(self, link: str) -> None:
		parts = urlsplit(link)
		self.page.goto(f"{self.site_url}{parts.path}?{parts.query}#{parts.fragment}")

	def press_the_button(self) -> None:
		self.page.locator(".whatsapp-link-open").click()

	def open(self, link: str) -> None:
		self.load(link)
		self.press_the_button()

	def wait_for(self, phase: str) -> None:
		self.page.wait_for_selector(f".whatsapp-qr[data-phase={phase}]")

	def read_code(self) -> str:
		"""What a phone in front of the screen sees."""
		self.page.wait_for_function("document.querySelector('.whatsapp-qr-image').complete")
		screen = Image.open(io.BytesIO(self.page.screenshot()))
		return "".join(found.text for found in zxingcpp.read_barcodes(screen))

	def answers(self) -> list[str]:
		"""What the site's methods have answered."""
		return [response.text() for response in self.responses if "/api/" in response.url]

	def words(self) -> str:
		return self.page.locator("main").inner_text()

	def last_words(self) -> str:
		return self.page.locator(".whatsapp-link-end").inner_text()
