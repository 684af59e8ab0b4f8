from __future__ import annotations

from frappe.model.document import Document

EVENTS = ("before_insert", "before_naming", "before_validate", "validate", "before_save", "after_insert")
EVENTS += ("on_update", "on_trash", "after_delete", "on_change")


class DemoItem(Document):
	def note(self, event: str) -> None:
		self.calls = [*(self.get("calls") or []), event]


def _noting(event: str):
	return lambda self: self.note(event)


for _event in EVENTS:
	setattr(DemoItem, _event, _noting(_event))
