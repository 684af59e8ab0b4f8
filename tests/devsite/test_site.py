from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import frappe
import frappe.model
import frappe.utils
import pytest

ROOT = Path(__file__).parents[2]
START = (sys.executable, "-u", "-m", "devsite", "--port", "0", "--language", "es")


@pytest.mark.parametrize(
	"name", ["rename_doc", "utils.money_in_words", "permissions.add_permission", "db.truncate"]
)
def test_what_is_not_provided_says_so_by_its_name(name):
	with pytest.raises(NotImplementedError, match=re.escape(f"frappe.{name}")):
		eval(f"frappe.{name}")


@pytest.mark.parametrize(
	"call",
	[
		lambda: frappe.msgprint("x", realtime=True),
		lambda: frappe.db.sql("commit"),
		lambda: frappe.db.set_value("Demo Settings", None, "limit", 1),
		lambda: frappe.get_all("Demo Item", filters={"name": ("descendants of", "x")}),
		lambda: frappe.get_all("Demo Item", fields=["partner.full_name"]),
		lambda: frappe.sendmail(recipients=["a@example.com"], template="x"),
	],
)
def test_a_way_of_calling_that_is_not_provided_is_refused_too(call):
	with pytest.raises(NotImplementedError):
		call()


def test_the_empty_package_named_frappe_counts_as_absent(tmp_path):
	(tmp_path / "frappe").mkdir()
	(tmp_path / "frappe" / "__init__.py").write_text("")
	script = "import devsite; assert devsite.activate(); import frappe; print(frappe.__version__)"
	environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
	done = subprocess.run(
		[sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
	)
	assert "devsite" in done.stdout


def test_the_site_survives_a_restart(demo_site, elsewhere):
	from devsite.testing import boot_site

	frappe.get_doc({"doctype": "Demo Note", "text": "kept"}).insert()
	frappe.get_doc("Demo Settings").update({"api_key": "s3"}).save()
	frappe.db.commit()
	frappe.destroy()
	boot_site(demo_site, apps=("demo_app",))
	assert frappe.get_all("Demo Note", pluck="text") == ["kept"]
	assert frappe.get_doc("Demo Settings").get_password("api_key") == "s3"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_starts_speaks_and_stops_cleanly(number, tmp_path):
	command = [*START, "--no-sandbox", "--data", str(tmp_path)]
	server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
	try:
		address = re.fullmatch(r"ready (http://127\.0\.0\.1:\d+)\n", server.stdout.readline())[1]
		with urllib.request.urlopen(f"{address}/api/method/ping") as answer:
			assert json.load(answer) == {"message": "pong"}
		with urllib.request.urlopen(f"{address}/app/whatsapp-session") as page:
			assert page.url.startswith(f"{address}/login?redirect-to=")
			assert 'lang="es"' in page.read().decode()
	finally:
		server.send_signal(number)
		output, errors = server.communicate(timeout=15)
	assert (server.returncode, output, errors) == (0, "", "")
