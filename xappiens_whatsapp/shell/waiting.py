"""Waiting in the terminal: for a phone that scans or types a code, and for a message that arrives."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click
from frappe import _

from xappiens_whatsapp.api.proof import get_test_message
from xappiens_whatsapp.api.session import get_qr_code, get_session_status
from xappiens_whatsapp.server.exceptions import GatewayRateLimited
from xappiens_whatsapp.shell.console import qr_drawing, status_table, table

if TYPE_CHECKING:
	from xappiens_whatsapp.shell.output import Answer, Shell

ASK_EVERY = 5


def wait_until_linked(shell: Shell, session: str, seconds: int) -> None:
	"""Draws every new code; ends with the state, or with exit code 1 when the time is over."""
	label = _("Waiting for the phone")
	with click.progressbar(length=seconds, label=label, file=sys.stderr) as bar:
		linked = watch(shell, session, seconds, bar)
	if not linked:
		shell.refuse(1, _("The phone was not linked within {0} seconds.").format(seconds))
	shell.answer(linked, status_table)
	if linked["wrong_phone"]:
		shell.fail()


def watch(shell: Shell, session: str, seconds: int, bar: Any) -> Answer | None:
	started, drawn = time.monotonic(), ""
	while (elapsed := time.monotonic() - started) < seconds:
		code, wait = ask_for_code(session)
		if code.get("qr_code") not in (None, drawn):
			drawn = code["qr_code"]
			click.echo(err=True)
			shell.answer(code, qr_drawing)
		let_pass(min(wait, seconds - elapsed), started, bar)
		if code and (data := get_session_status(session)["data"])["isConnected"]:
			return data
	return None


def ask_for_code(session: str) -> tuple[Answer, float]:
	try:
		code = get_qr_code(session)
	except GatewayRateLimited as error:
		return {}, error.retry_after or ASK_EVERY
	return code, code.get("retry_after") or ASK_EVERY


def let_pass(seconds: float, started: float, bar: Any) -> None:
	end = time.monotonic() + seconds
	while (left := end - time.monotonic()) > 0:
		time.sleep(min(1.0, left))
		bar.update(int(time.monotonic() - started) - bar.pos)


def code_words(answer: Answer) -> str:
	code = answer["code"]
	typed = _("Type this code on the phone with the number {0}.").format(f"+{answer['phone_number']}")
	where = _("WhatsApp, Linked devices, Link a device, Link with phone number instead.")
	return f"\n    {code[:4]}-{code[4:]}\n\n{typed}\n{where}"


def wait_for_code(shell: Shell, session: str, expires_at: str) -> None:
	"""Counts down; ends with the state, or with exit code 1 when the code has expired."""
	end = datetime.fromisoformat(expires_at.replace("Z", "+00:00"))
	seconds = max(1, round((end - datetime.now(timezone.utc)).total_seconds()))
	with click.progressbar(length=seconds, label=_("The code is valid for"), file=sys.stderr) as bar:
		linked = watch_state(session, seconds, bar)
	if not linked:
		shell.refuse(1, _("The code has expired, and no phone was linked."))
	shell.answer(linked, status_table)
	if linked["wrong_phone"]:
		shell.fail()


def watch_state(session: str, seconds: int, bar: Any) -> Answer | None:
	started = time.monotonic()
	while (elapsed := time.monotonic() - started) < seconds:
		let_pass(min(ASK_EVERY, seconds - elapsed), started, bar)
		if (data := get_session_status(session)["data"])["isConnected"]:
			return data
	return None


def follow_message(shell: Shell, session: str, answer: Answer) -> Answer:
	"""What is known when nothing more has to be waited for: it has arrived, or will not be heard of."""
	while (wait := answer.get("retry_after")) and answer["state"] == "Sent":
		time.sleep(wait)
		answer = get_test_message(session)
	return answer


def message_words(answer: Answer) -> str:
	steps = {_("Sent"): "sent_at", _("Delivered"): "delivered_at", _("Read"): "read_at"}
	rows = [{"step": name, "at": answer[key] or _("not yet")} for name, key in steps.items()]
	columns = {"step": _("Step"), "at": _("When")}
	return f"{table(columns, rows)}\n\n{answer['message']}"
