"""How much of the last days sessions were connected, read off their stories.

Time after somebody here disconnected a session counts neither way; nor does what lies before the first linking, or before
the story begins. So a share of None says that nothing is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import frappe
from frappe.utils import get_datetime, now_datetime

from xappiens_whatsapp import SESSION, SESSION_EVENT
from xappiens_whatsapp.sessions import states, story

WINDOWS = (7, 30)
DECIMALS = 2
COLUMN = {"fieldtype": "Percent", "precision": DECIMALS}
NOTHING = timedelta()


class Uptime(NamedTuple):
	"""`up`, `down` and `longest` in seconds; `longest` is the longest time without connection."""

	up: float = 0
	down: float = 0
	drops: int = 0
	longest: float = 0

	@property
	def percent(self) -> float | None:
		known = self.up + self.down
		return round(100 * self.up / known, DECIMALS) if known else None


class Stretch(NamedTuple):
	is_up: bool | None
	start: datetime
	end: datetime


def of_sessions(names: Iterable[str]) -> dict[str, dict[int, Uptime]]:
	"""By the record's name and the days of the window; two statements, however many there are."""
	names = list(names) or [""]
	fields = ["name", "status", "status_since", "down_since"]
	records = frappe.get_all(SESSION, filters={"name": ("in", names)}, fields=fields)
	turns, now = turns_of(names), now_datetime()
	return {
		record.name: {
			days: measured(record, turns.get(record.name, []), now - timedelta(days=days)) for days in WINDOWS
		}
		for record in records
	}


def turns_of(names: list[str]) -> dict[str, list[frappe._dict]]:
	start = now_datetime() - timedelta(days=max(WINDOWS))
	filters = {"session": ("in", names), "event": ("in", story.TURNS), "at": (">=", start)}
	fields = ["session", "event", "at", "seconds"]
	turns: dict[str, list[frappe._dict]] = defaultdict(list)
	for row in frappe.get_all(SESSION_EVENT, filters=filters, fields=fields, order_by="at asc"):
		turns[row.session].append(row)
	return turns


def measured(record: frappe._dict, turns: list[frappe._dict], start: datetime) -> Uptime:
	within = [row for row in turns if get_datetime(row.at) >= start]
	stretches = list(of_turns(within, start) if within else of_record(record, start))
	return Uptime(
		up=total(stretches, is_up=True),
		down=total(stretches, is_up=False),
		drops=sum(row.event == story.DROPPED for row in within),
		longest=max(
			(lasting(one) for one in stretches if one.is_up is False), default=NOTHING
		).total_seconds(),
	)


def of_turns(turns: list[frappe._dict], start: datetime) -> Iterable[Stretch]:
	first = get_datetime(turns[0].at)
	yield Stretch(was_up(turns[0]), max(start, first - timedelta(seconds=turns[0].seconds or 0)), first)
	ends = [get_datetime(row.at) for row in turns[1:]]
	for row, end in zip(turns, [*ends, now_datetime()], strict=True):
		yield Stretch(is_up_after(row.event), get_datetime(row.at), end)


def of_record(record: frappe._dict, start: datetime) -> Iterable[Stretch]:
	"""Nothing happened within the window, or the record is older than its story."""
	if record.status == states.CONNECTED and record.status_since:
		yield Stretch(True, max(start, get_datetime(record.status_since)), now_datetime())
	elif record.down_since:
		yield Stretch(False, max(start, get_datetime(record.down_since)), now_datetime())


def is_up_after(event: str) -> bool | None:
	if event in story.ENDS:
		return None
	return event in story.UP


def was_up(row: frappe._dict) -> bool | None:
	"""Before the first turn that is known, for its `seconds`."""
	return {story.BACK: False, story.LINKED: None}.get(row.event, True)


def lasting(stretch: Stretch) -> timedelta:
	return max(NOTHING, stretch.end - stretch.start)


def total(stretches: list[Stretch], is_up: bool) -> float:
	return sum((lasting(one) for one in stretches if one.is_up is is_up), NOTHING).total_seconds()


def together(names: Iterable[str]) -> dict[int, Uptime]:
	"""By the days of the window, of all of them as if they were one; the longest time down is that of one of them."""
	measured = list(of_sessions(names).values())
	return {days: added([windows[days] for windows in measured]) for days in WINDOWS}


def added(measures: list[Uptime]) -> Uptime:
	up, down, drops = (sum(getattr(one, field) for one in measures) for field in ("up", "down", "drops"))
	return Uptime(up, down, drops, longest=max((one.longest for one in measures), default=0))


def in_short(windows: dict[int, Uptime]) -> dict[str, float | None]:
	"""What people see: percent of each window, and of the longest one drops, and the longest time down in seconds."""
	longest = windows[max(WINDOWS)]
	percents = {f"percent_{days}": windows[days].percent for days in WINDOWS}
	return {**percents, "drops": longest.drops, "longest": round(longest.longest)}
