"""What people may be told on a walk: one message for each drop, one about its return, and none about their own clicks."""

from __future__ import annotations

from collections import Counter

import frappe

DOWN, BACK = "down", "back"


class Alarms:
	"""`titles` are the sessions' names as messages write them. Checked after every step."""

	def __init__(self, titles: dict[str, str]) -> None:
		self.titles = titles
		self.untold = dict.fromkeys(titles, False)
		self.told = dict.fromkeys(titles, False)
		self.read: set[str] = set()

	def dropped(self, name: str) -> None:
		"""The server lost a session that worked, and nobody here had asked for it."""
		self.untold[name] = True

	def settled(self, name: str) -> None:
		"""Somebody ended the session by a click, or record and server both say that it works: no drop is left to tell."""
		self.untold[name] = False

	def check(self) -> None:
		unread = self.unread()
		for (name, kind, person), count in unread.items():
			story = (name, kind, person, self.untold, self.told)
			assert count == 1, ("told more than once", *story)
			assert (self.untold if kind == DOWN else self.told)[name], (
				"told of nothing that happened",
				*story,
			)
		for name, kind, _person in unread:
			self.told[name] = kind == DOWN
			self.untold[name] = False

	def unread(self) -> Counter[tuple[str, str, str]]:
		found: Counter[tuple[str, str, str]] = Counter()
		for row in frappe.get_all("Notification Log", fields=["name", "subject", "for_user"]):
			for name, title in self.titles.items():
				if row.name not in self.read and title in row.subject:
					found[name, BACK if "again" in row.subject else DOWN, row.for_user] += 1
			self.read.add(row.name)
		return found
