"""`bench --site SITE whatsapp ...`: the calls of `api.session` in a shell.

Exit codes: 0 done, 1 the server could not do it, 2 wrong usage or unknown session, 3 something nobody foresaw.
"""

from __future__ import annotations

import click

from xappiens_whatsapp.shell.output import Shell, on_site

session_argument = click.argument("session", metavar="SESSION")
number_argument = click.argument("number", metavar="NUMBER")
as_json = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
wait_for = click.option(
	"--wait",
	type=click.IntRange(1, 3600),
	metavar="SECONDS",
	help="Draw every new code and wait until the phone is linked.",
)


@click.group()
def whatsapp() -> None:
	"""Link and watch the WhatsApp sessions of a site."""


@whatsapp.command("list")
@as_json
@on_site
def list_sessions(shell: Shell) -> None:
	"""Sessions of server and site, with both identifiers."""
	from xappiens_whatsapp.api import session as api
	from xappiens_whatsapp.shell import console

	shell.answer(api.list_sessions(), console.session_table)


@whatsapp.command()
@click.argument("session_id")
@click.argument("name")
@click.option("--description", default="")
@click.option(
	"--phone", metavar="NUMBER", help="With + and its country code, or a number of the country of the site."
)
@wait_for
@as_json
@on_site
def create(
	shell: Shell, session_id: str, name: str, description: str, phone: str | None, wait: int | None
) -> None:
	"""Create a session and start linking it.

	The same call again changes nothing.
	"""
	from xappiens_whatsapp.api import session as api
	from xappiens_whatsapp.shell import console, waiting

	created = api.create_session(session_id, name, description, phone)
	shell.answer(created, console.created_words)
	if wait:
		waiting.wait_until_linked(shell, created["session"], wait)


@whatsapp.command()
@session_argument
@wait_for
@as_json
@on_site
def qr(shell: Shell, session: str, wait: int | None) -> None:
	"""Draw the QR code to scan.

	Never connects anything. Without a code the exit code is 1.
	"""
	from xappiens_whatsapp.api import session as api
	from xappiens_whatsapp.shell import console, waiting

	if wait:
		return waiting.wait_until_linked(shell, session, wait)
	answer = api.get_qr_code(session)
	shell.answer(answer, console.qr_drawing)
	if not answer["ready"]:
		shell.fail()


@whatsapp.command()
@session_argument
@number_argument
@as_json
@on_site
def code(shell: Shell, session: str, number: str) -> None:
	"""Get a code to type into the phone of NUMBER, and wait for it.

	Only where the server offers codes. With --json it does not wait.
	"""
	from xappiens_whatsapp.api import session as api
	from xappiens_whatsapp.shell import waiting

	answer = api.get_pairing_code(session, number)
	shell.answer(answer, waiting.code_words)
	if not shell.as_json:
		waiting.wait_for_code(shell, session, answer["expires_at"])


@whatsapp.command("test-message")
@session_argument
@click.argument("number", required=False)
@as_json
@on_site
def test_message(shell: Shell, session: str, number: str | None) -> None:
	"""Send one short text to the linked number itself, or to NUMBER, and wait until it arrives.

	The exit code is 1 when it does not arrive within two minutes.
	"""
	from xappiens_whatsapp.api import proof as api
	from xappiens_whatsapp.shell import waiting

	answer = waiting.follow_message(shell, session, api.send_test_message(session, number))
	shell.answer(answer, waiting.message_words)
	if answer["may_be_dead"] or answer["state"] == "Failed":
		shell.fail()


@whatsapp.command()
@click.argument("session", required=False)
@as_json
@on_site
def status(shell: Shell, session: str | None) -> None:
	"""Ask the server for the state.

	Without SESSION, for the state of the default session of the settings.
	"""
	from xappiens_whatsapp.api import session as api
	from xappiens_whatsapp.shell import console

	shell.answer(api.get_session_status(session)["data"], console.status_table)


@whatsapp.command()
@session_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@on_site
def disconnect(shell: Shell, session: str, yes: bool) -> None:
	"""Disconnect, in the way that the settings say."""
	from xappiens_whatsapp.api import session as api
	from xappiens_whatsapp.shell import console

	if not yes:
		click.confirm(console.disconnect_question(session), abort=True, err=True)
	shell.answer(api.disconnect_session(session), console.message)


@whatsapp.command("keep-phone")
@session_argument
@as_json
@on_site
def keep_phone(shell: Shell, session: str) -> None:
	"""Expect the phone that was linked instead of another."""
	from xappiens_whatsapp.api import phone as api
	from xappiens_whatsapp.shell import console

	shell.answer(api.keep_phone(session), console.message)


@whatsapp.command("unlink-phone")
@session_argument
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@on_site
def unlink_phone(shell: Shell, session: str, yes: bool) -> None:
	"""Log out a phone that was linked instead of the expected one, and start linking anew."""
	from xappiens_whatsapp.api import phone as api
	from xappiens_whatsapp.shell import console

	if not yes:
		click.confirm(console.unlink_question(session), abort=True, err=True)
	shell.answer(api.unlink_phone(session), console.message)


@whatsapp.command()
@click.argument("session", required=False)
@as_json
@on_site
def diagnose(shell: Shell, session: str | None) -> None:
	"""Find the cause, from the settings to the phone.

	Without SESSION it looks at the site. The exit code is 1 when a check fails.
	"""
	from xappiens_whatsapp.api import diagnosis as api
	from xappiens_whatsapp.shell import console

	answer = api.diagnose(session)
	shell.answer(answer, console.diagnosis_table)
	if not answer["success"]:
		shell.fail()


@whatsapp.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8084, show_default=True)
@click.option("--connect", is_flag=True, help="Write its address and its key into WhatsApp Settings.")
@as_json
@on_site
def gateway(shell: Shell, port: int, connect: bool) -> None:
	"""Start a server on real Baileys for this site.

	It installs its packages on first use and runs until Ctrl+C.
	"""
	from xappiens_whatsapp.shell import console

	console.run_gateway(shell, port, connect)


@whatsapp.command(
	add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True}
)
@click.pass_context
def sandbox(context: click.Context) -> None:
	"""Start a server to try the app against.

	There is no WhatsApp behind it; --help lists its options.
	"""
	from xappiens_whatsapp.sandbox.__main__ import main

	main(context.args)


commands = [whatsapp]
