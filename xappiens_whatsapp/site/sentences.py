"""Exceptions that a person in `bench console` reads as a sentence, without the frames that lead to it."""

from __future__ import annotations

import frappe


class Sentence(Exception):
	def _render_traceback_(self) -> list[str]:
		"""What IPython shows instead of a traceback, where an exception has it."""
		return in_words(self)


def in_words(error: Exception) -> list[str]:
	return [f"{type(error).__name__}: {frappe.utils.strip_html(str(error))}"]


def make_readable(error: Exception) -> None:
	"""For a refusal of a class that is Frappe's."""
	error._render_traceback_ = lambda: in_words(error)
