"""What axe-core finds on a part of a page, without what belongs to Frappe's own markup and cannot be changed from an app."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

SERIOUS = ("serious", "critical")
OURS = ".form-message, .custom-actions, .indicator-pill, [class*=whatsapp], .modal.show"

# rule -> selector -> why it is not ours
FRAPPES_MARKUP = {
	"button-name": {
		".prev-doc, .next-doc": "v15: arrows to the next document, named by a tooltip only",
		".page-head .icon-btn": "print, reload: named by a tooltip only",
		".form-sidebar .icon-btn, .form-details .icon-btn": "v15, v16: plus signs beside Assign, Attach, Tags, Share",
		".icon-btn[data-original-title]": "v16: edit and print in the sidebar, named by a tooltip only",
		".scroll-to-top": "button at the end of the form's footer",
		".match-type-dropdown-btn": "v16: how a filter compares",
	},
	"color-contrast": {
		".like-disabled-input": "theme: grey of read-only values, 3.9:1",
		".grid-heading-row *": "theme: heading of a table in a form, 3.8:1",
		".grid-empty": "v16 theme: words of an empty table, 2.7:1",
		".help-box, .form-section-description": "v16 theme: descriptions of fields and sections, 2.8:1 and 4.2:1",
		".navbar-breadcrumbs a": "v16 theme: breadcrumbs, 4.2:1",
		".form-sidebar *, .form-details *": "v16 theme: labels in the sidebar, 4.2:1",
		".standard-filter-section .placeholder *": "theme: placeholder of a filter, 2.6:1",
	},
	"label": {
		".grid-row-check": "checkbox of a row in a table, reached by mouse only",
		".list-row-checkbox": "checkbox of a row in a list",
	},
	"label-title-only": {".list-check-all": "checkbox over a list, named by its title"},
	"link-in-text-block": {
		".new-timeline a, .timeline-item a, .form-footer a": "names in the form's history"
	},
	"link-name": {".navbar-breadcrumbs a": "v16: icon of the desk in the breadcrumbs"},
	"list": {".form-sidebar ul, .list-sidebar ul": "v15: sidebars made of list items in anchors"},
	"listitem": {".form-sidebar li, .list-sidebar li": "v15: the same"},
	"select-name": {".standard-filter-section select": "filter over a list, named by its placeholder"},
	"tabindex": {".list-row-container": "rows of a list are reached before everything else"},
}

IS_FRAPPES = """([target, selectors, ours]) => {
	const node = document.querySelector(target);
	return Boolean(selectors && node.matches(selectors) && !node.closest(ours));
}"""


def findings(page: Any, part: str) -> list[str]:
	"""Serious and critical ones within `part`, a selector."""
	answer = Axe().run(page, context={"include": [[part]]}, options={"resultTypes": ["violations"]})
	return [
		f"{found['impact']} {found['id']} {node['target'][0]}: {node['html'][:160]} {node['failureSummary'][:200]}"
		for found in answer.response["violations"]
		if found["impact"] in SERIOUS
		for node in found["nodes"]
		if not is_frappes(page, found["id"], node["target"][0])
	]


def is_frappes(page: Any, rule: str, target: str) -> bool:
	return page.evaluate(IS_FRAPPES, [target, ", ".join(FRAPPES_MARKUP.get(rule, ())), OURS])
