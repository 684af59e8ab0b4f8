"""The README's situations can be played as they stand there, and it leaves nothing out."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from xappiens_whatsapp import sandbox
from xappiens_whatsapp.sandbox import Sandbox, control, faults, habits, shapes

README = Path(sandbox.__file__).with_name("README.md").read_text(encoding="utf-8")
SITUATIONS = README.partition("## Situations")[2].partition("\n## ")[0]
SCRIPTS = re.findall(r"`([a-z_]+\(.*?\))`", SITUATIONS)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_of_the_readme_is_accepted(script):
	sandbox = Sandbox()
	sandbox.add("ventas_1", phone_number="34600000001")
	call = ast.parse(script, mode="eval").body
	values = [ast.literal_eval(argument) for argument in call.args]
	named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords}
	getattr(sandbox, call.func.id)(*values, **named)


@pytest.mark.parametrize(
	"name",
	[
		*faults.API_ROUTES,
		*faults.REPLACING,
		*faults.ALTERING,
		*faults.DELIVERY,
		*faults.REFUSALS,
		*faults.CHALLENGES,
		*vars(habits.Habits()),
		*habits.STYLES,
		*(f"{picture}_qr" for picture in shapes.PICTURES),
		*(path.rpartition("/")[2] for _method, path in control.CONTROLS),
	],
)
def test_the_readme_names(name):
	assert re.search(rf"\b{re.escape(name)}\b", README)


def test_there_are_scripts_in_the_readme():
	assert len(SCRIPTS) > 15
