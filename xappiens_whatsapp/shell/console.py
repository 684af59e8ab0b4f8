"""What the commands print in the terminal, and running the gateway."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import frappe
from frappe import _

from xappiens_whatsapp.baileys import qr_terminal
from xappiens_whatsapp.sessions import states
from xappiens_whatsapp.shell import gateway
from xappiens_whatsapp.site import settings

if TYPE_CHECKING:
	from xappiens_whatsapp.shell.output import Answer, Shell


def session_table(answer: Answer) -> str:
	columns = {
		"sessionId": _("Session ID"),
		"id": _("Server Number"),
		"local": _("Record"),
		"on_server": _("On the server"),
		"status_frappe": _("Status"),
		"needs_attention": _("Needs Attention"),
		"phoneNumber": _("Phone Number"),
		"lastActivity": _("Last Seen"),
	}
	flags = ("on_server", "needs_attention")
	rows = [
		{**row, **{flag: yes_or_no(row[flag]) for flag in flags}, "status_frappe": state_in_words(row)}
		for row in answer["sessions"]
	]
	return (
		table(columns, rows) if rows else _("There are no sessions, neither on the server nor on this site.")
	)


def state_in_words(row: Answer) -> str:
	"""The server's own word where it is not one of ours; another phone than expected is no connection."""
	state = row["status_frappe"] or row["status"]
	return _("Wrong Phone") if row["wrong_phone"] and state == states.CONNECTED else _(state)


def yes_or_no(value: bool | None) -> str:
	if value is None:
		return ""
	return _("Yes") if value else _("No")


def status_table(data: Answer) -> str:
	lines = {
		_("Session ID"): data["sessionId"],
		_("Server Number"): data["id"],
		_("Status"): state_in_words(data),
		_("The server says"): data["status"],
		_("Phone Number"): data["phoneNumber"],
		_("Expected Number"): data["expected_number"],
		_("Last Seen"): data["lastActivity"],
		_("Last Checked"): data["checked_at"],
	}
	width = max(len(line) for line in lines)
	words = "\n".join(f"{label:<{width}}  {cell(value)}".rstrip() for label, value in lines.items())
	if data["wrong_phone"]:
		linked, expected = f"+{data['phoneNumber']}", data["expected_number"]
		return f"{words}\n\n" + _("Another phone is linked: {0} instead of {1}.").format(linked, expected)
	reason = data.get("reason")
	return f"{words}\n\n{reason['sentence']} {reason['next_step']}" if reason else words


def diagnosis_table(answer: Answer) -> str:
	columns = {"mark": "", "label": _("Check"), "detail": _("Detail"), "milliseconds": "ms"}
	rows = [{**row, "mark": "+" if row["ok"] else "x"} for row in answer["checks"]]
	parts = [table(columns, rows)]
	for row in rows:
		if not row["ok"]:
			parts += ["", *(text for text in (row["remedy"] or row["detail"], row["technical"]) if text)]
	if answer["findings"]:
		parts += ["", *(f"- {finding['title']}" for finding in answer["findings"])]
	return "\n".join(parts)


def created_words(created: Answer) -> str:
	identity = _("Session ID {0}, server number {1}.").format(created["session_id"], created["session_db_id"])
	return f"{created['message']}\n{identity}"


def message(answer: Answer) -> str:
	return answer["message"]


def qr_drawing(answer: Answer) -> str:
	if answer["ready"]:
		until = _("Valid until {0}").format(answer["expires_at"])
		return f"{qr_terminal.draw(answer['qr_code'])}\n{until}"
	state = answer["status"]
	words = _("There is no QR code; the state of the session is: {0}.").format(_(state))
	again = answer.get("retry_after")
	return f"{words} " + _("Ask again in {0} seconds.").format(again) if again else words


def disconnect_question(session: str) -> str:
	deletes = settings.current().deletes_on_disconnect
	question = _("Disconnect {0}?").format(session)
	consequence = (
		_("The server deletes the session, and the phone has to scan a QR code again.")
		if deletes
		else _("The pairing is kept, and Connect works without a new scan.")
	)
	return f"{question} {consequence}"


def unlink_question(session: str) -> str:
	question = _("Unlink the phone of {0}?").format(session)
	consequence = _("The session is created anew, and the expected phone has to scan its QR code.")
	return f"{question} {consequence}"


def table(columns: dict[str, str], rows: list[Answer]) -> str:
	lines = [list(columns.values()), *([cell(row.get(key)) for key in columns] for row in rows)]
	widths = [max(len(line[position]) for line in lines) for position in range(len(columns))]
	lines.insert(1, ["-" * width for width in widths])
	padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
	return "\n".join("  ".join(cells).rstrip() for cells in padded)


def cell(value: object) -> str:
	return "" if value is None else str(value)


def run_gateway(shell: Shell, port: int, connect: bool) -> None:
	def started(running: gateway.RunningGateway) -> None:
		if connect:
			connect_to(running)
		shell.answer({"url": running.url, "key_file": str(running.key_file)}, gateway_words)
		sys.stdout.flush()
		frappe.db.close()  # for as long as the gateway runs nobody asks it, and MariaDB would cut it off

	try:
		gateway.serve(gateway_folder(), port, started, tell=partial(click.echo, err=True))
	except gateway.GatewayNotStarted as error:
		shell.refuse(1, str(error))
	finally:
		frappe.connect()


def gateway_folder() -> Path:
	"""Beside the site's private files, and in no backup: a copy that runs would log the original out."""
	return Path(frappe.local.site_path, "private", "whatsapp-gateway").resolve()


def connect_to(running: gateway.RunningGateway) -> None:
	"""Stores and commits the gateway's address and key in the settings, and switches them on."""
	stored = settings.uncached()
	stored.update({"enabled": 1, "api_base_url": running.url, "api_key": running.api_key})
	stored.save()
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- the gateway runs on for as long as the command does


def gateway_words(answer: Answer) -> str:
	text = _("The gateway runs at {0}. Its API key is in {1}. Ctrl+C ends it, and no phone is unlinked.")
	return text.format(answer["url"], answer["key_file"])
