"""How a command runs on a site: the connection, answers as words or JSON, failures as one line.

Imports Frappe only where it runs: bench reads the commands of an app before there is a site.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click

from xappiens_whatsapp import APP

Answer = dict[str, Any]


class Shell:
	def __init__(self, as_json: bool) -> None:
		self.as_json = as_json

	def answer(self, answer: Answer, in_words: Callable[[Answer], str]) -> None:
		click.echo(to_json(answer) if self.as_json else in_words(answer))

	def refuse(self, exit_code: int, words: str, code: str = "") -> NoReturn:
		if self.as_json:
			click.echo(to_json({"success": False, "error": words, "error_code": code}))
		click.secho(words, fg="red", err=True)
		raise click.exceptions.Exit(exit_code)

	def fail(self) -> NoReturn:
		raise click.exceptions.Exit(1)


def on_site(function: Callable[..., Any]) -> Callable[..., Any]:
	"""Runs a command as Administrator of the site that bench was given."""

	@click.pass_context
	@functools.wraps(function)
	def command(context: click.Context, *arguments: Any, as_json: bool, **options: Any) -> None:
		shell = Shell(as_json)
		site = site_of(context)
		with surprises_in_words(shell), connection_to(site), failures_in_words(shell):
			check_installed(site)
			function(shell, *arguments, **options)

	return command


def site_of(context: click.Context) -> str:
	"""Frappe 15 hands over a dict, Frappe 16 an object."""
	sites = context.obj["sites"] if isinstance(context.obj, dict) else getattr(context.obj, "sites", None)
	if len(sites or ()) != 1:
		raise click.UsageError("Name one site: bench --site NAME whatsapp ...", context)
	return sites[0]


@contextmanager
def connection_to(site: str) -> Iterator[None]:
	"""Bench runs commands in the folder of the sites."""
	import frappe

	if not Path(site, "site_config.json").exists():
		raise click.UsageError(f"There is no site {site}.")
	try:
		frappe.init(site)
		frappe.connect()
		yield
		frappe.db.commit()  # nosemgrep: frappe-manual-commit -- a command is its own request
	finally:
		frappe.destroy()


def check_installed(site: str) -> None:
	import frappe

	if APP not in frappe.get_installed_apps():
		raise frappe.AppNotInstalledError(
			f"{APP} is not installed on {site}. Run: bench --site {site} install-app {APP}"
		)


@contextmanager
def failures_in_words(shell: Shell) -> Iterator[None]:
	"""A refusal is a sentence for people."""
	import frappe

	try:
		yield
	except (frappe.ValidationError, frappe.DoesNotExistError, frappe.PermissionError) as error:
		words, exit_code = frappe.utils.strip_html(str(error)) or type(error).__name__, exit_code_of(error)
	else:
		return
	frappe.db.rollback()
	shell.refuse(exit_code, words, frappe.local.response.get("error_code") or "")


@contextmanager
def surprises_in_words(shell: Shell) -> Iterator[None]:
	"""What nobody foresaw, a database that does not answer among it: one line, and the frames in the bench's log."""
	import frappe

	try:
		yield
	except (click.ClickException, click.exceptions.Exit, click.Abort):
		raise
	except Exception as error:
		words = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
		frappe.logger(APP).error(f"bench whatsapp: {words}", exc_info=True)
	else:
		return
	shell.refuse(3, f"{words} (the details are in logs/{APP}.log)", "UNEXPECTED")


def exit_code_of(error: Exception) -> int:
	from xappiens_whatsapp.server.exceptions import GatewayError

	return 1 if isinstance(error, GatewayError) else 2


def to_json(answer: Answer) -> str:
	return json.dumps(answer, indent=1, default=str, ensure_ascii=False)
