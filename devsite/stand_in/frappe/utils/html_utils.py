"""Sanitising as bleach does it for Frappe."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from typing import Any

VOID = ("area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr")
KEPT = (
	"a abbr address article aside audio b big blockquote body button caption center cite code dd del details dfn div "
	"dl dt em fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header html i ins kbd label legend li "
	"main map mark menu meter nav ol optgroup option output p pre progress q s samp section select small span strike "
	"strong style sub summary sup svg table tbody td textarea tfoot th thead time tr tt u ul var video"
).split()
ATTRIBUTES = (
	"action align alt checked class colspan color dir disabled for height href id lang method name rel rows rowspan "
	"size src target title type value width"
).split()


class _Sanitizer(HTMLParser):
	"""Tags that Frappe keeps stay, any other becomes text; attributes that act, and styles, are dropped."""

	CDATA_CONTENT_ELEMENTS = ()

	def __init__(self) -> None:
		super().__init__(convert_charrefs=False)
		self.out: list[str] = []
		self.open: list[str] = []
		self.has_tag = False

	def handle_starttag(self, tag: str, attrs: list) -> None:
		self.has_tag = True
		if tag not in (*KEPT, *VOID):
			return self.out.append(html.escape(self.get_starttag_text(), quote=False))
		kept = "".join(
			f' {name}="{html.escape(value or "")}"' for name, value in attrs if _harmless(name, value)
		)
		self.open += [] if tag in VOID else [tag]
		return self.out.append(f"<{tag}{kept}>")

	def handle_endtag(self, tag: str) -> None:
		if tag not in (*KEPT, *VOID):
			self.out.append(f"&lt;/{tag}&gt;")
		while tag in self.open:
			self.out.append(f"</{(last := self.open.pop())}>")
			if last == tag:
				break

	def handle_data(self, data: str) -> None:
		self.out.append(html.escape(data, quote=False))

	def handle_entityref(self, name: str) -> None:
		self.out.append(f"&{name};")

	def handle_charref(self, name: str) -> None:
		self.out.append(f"&#{name};")

	def handle_comment(self, data: str) -> None:
		self.out.append(f"<!--{data}-->")

	def result(self) -> str:
		return "".join(self.out) + "".join(f"</{tag}>" for tag in reversed(self.open))


def _harmless(name: str, value: str | None) -> bool:
	scheme = re.match(r"\s*([a-z][\w+.-]*)\s*:", value or "", re.I)
	links = (
		name not in ("href", "src", "action")
		or not scheme
		or scheme[1].lower() in ("http", "https", "mailto")
	)
	return links and (name in ATTRIBUTES or name.startswith("data-"))


def sanitize_html(html: Any) -> Any:
	if not isinstance(html, str) or is_json(html):
		return html
	sanitizer = _Sanitizer()
	sanitizer.feed(html)
	sanitizer.close()
	return sanitizer.result() if sanitizer.has_tag else html


def is_json(text: str) -> bool:
	try:
		json.loads(text)
	except ValueError:
		return False
	return True
