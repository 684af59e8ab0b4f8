"""What people may be told on a walk: one message for each drop, one about its return, and none about their own clicks.

What they must be told, once the walk has come to rest: each drop of a session that its record knew as connected, and each
return of a session that went down alone. A session that keeps dropping is told as such once, and then no more.
"""

from __future__ import annotations

from collections import Counter

import frappe

DOWN, BACK = "down", "back"


class Alarms:
	"""`titles` are the sessions' names as messages write them. Checked after every step."""

	messages: Counter[str] = Counter()
	"""Of all walks of the process, by kind."""

	def __init__(self, titles: dict[str, str]) -> None:
		self.titles = titles
		self.untold = dict.fromkeys(titles, False)
		self.told = dict.fromkeys(titles, False)
		self.status = dict.fromkeys(titles, "")
		self.read: set[str] = set()
		self.clicked: set[str] = set()
		self.seen_down: set[str] = set()
		self.owed: set[tuple[str, str]] = set()
		self.keeps_dropping: set[str] = set()

	def dropped(self, name: str) -> None:
		"""The server lost a session that worked, and nobody here had asked for it."""
		self.untold[name] = True
		if self.status[name] == "Connected" and name not in self.clicked:
			self.owed.add((name, DOWN))

	def click(self, name: str, *, is_end: bool = True) -> None:
		"""What happens next may be its effect, until the session has been down and is connected again."""
		self.clicked.add(name)
		self.seen_down.discard(name)
		self.owed -= {(name, DOWN), (name, BACK)} if is_end else {(name, DOWN)}

	def settled(self, name: str) -> None:
		"""Somebody ended the session by a click, or record and server both say that it works: no drop is left to tell."""
		self.untold[name] = False
		self.owed.discard((name, DOWN))

	def see(self, name: str, status: str) -> None:
		"""The record, after every step and every click. A restart that fails is told, whoever asked for it."""
		if (self.status[name], status) == ("Connected", "Connecting"):
			self.untold[name] = True
		self.status[name] = status
		if status != "Connected":
			self.seen_down.add(name)
		elif name in self.seen_down:
			self.seen_down.remove(name)
			self.clicked.discard(name)

	def check(self) -> None:
		unread = self.unread()
		for (name, kind, person), count in unread.items():
			story = (name, kind, person, self.untold, self.told)
			assert count == 1, ("told more than once", *story)
			assert (self.untold if kind == DOWN else self.told)[name], (
				"told of nothing that happened",
				*story,
			)
		self.note({(name, kind) for name, kind, _person in unread})

	def note(self, news: set[tuple[str, str]]) -> None:
		"""Sessions that went down together are told together when they are back, which may take longer than a walk."""
		self.owed -= news
		down = [name for name, kind in news if kind == DOWN]
		for name, kind in news:
			self.messages[kind] += 1
			self.told[name] = kind == DOWN
			self.untold[name] = self.untold[name] and kind == BACK
		self.owed -= {(name, BACK) for name in down}
		self.owed |= {(name, BACK) for name in down if len(down) == 1}

	def check_owed(self, name: str) -> None:
		"""At rest. One that is connecting may be back in a moment, and is told when it takes too long."""
		missing = {"Connected": BACK, "Connecting": "", "": ""}.get(self.status[name], DOWN)
		assert (name, missing) not in self.owed or name in self.keeps_dropping, ("not told", name, missing)

	def unread(self) -> Counter[tuple[str, str, str]]:
		found: Counter[tuple[str, str, str]] = Counter()
		for row in frappe.get_all("Notification Log", fields=["name", "subject", "for_user"]):
			for name, title in self.titles.items():
				if row.name not in self.read and title in row.subject:
					found[name, BACK if "again" in row.subject else DOWN, row.for_user] += 1
					self.keeps_dropping |= {name} if "keeps dropping" in row.subject else set()
			self.read.add(row.name)
		return found
