"""Names that several places must agree on stand once; everybody else imports them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import xappiens_whatsapp
from xappiens_whatsapp.baileys import webhooks

PACKAGE = Path(__file__).parents[2] / "xappiens_whatsapp"
NAMES = (
	*(
		value
		for name, value in vars(xappiens_whatsapp).items()
		if name.isupper() and name not in ("APP", "MODULE")
	),
	*(webhooks.CONNECTED, webhooks.DISCONNECTED, webhooks.STATUS, webhooks.QR, webhooks.ACK),
	*("whatsapp_link", "whatsapp_last_pass", "whatsapp_refused"),
	*(
		"SESSION_MISSING_ON_SERVER",
		"CONNECTS_IN_VAIN",
		"OUT_OF_STEP",
		"UNKNOWN_STATUS",
		"WHATSAPP_UNREACHABLE",
	),
	*("xappiens_whatsapp.api.webhook.handle_webhook", "/api/sessions", "wrong_session"),
)


def literals() -> Iterator[str]:
	for path in PACKAGE.rglob("*.py"):
		if not {"tests", "sandbox"} & set(path.relative_to(PACKAGE).parts):
			for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
				if isinstance(node, ast.Constant) and isinstance(node.value, str):
					yield node.value


LITERALS = list(literals())


@pytest.mark.parametrize("name", NAMES)
def test_it_stands_once(name):
	assert LITERALS.count(name) == 1
