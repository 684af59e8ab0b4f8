"""Starting, stopping, many at once, from Python and from the command line."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from xappiens_whatsapp.sandbox import Sandbox

KEY = "a-key-of-the-test"
COMMAND = [sys.executable, "-m", "xappiens_whatsapp.sandbox", "--port", "0"]


def test_two_servers_share_nothing(client_of):
	with Sandbox("key-one") as one, Sandbox("key-two") as two:
		first, second = client_of(one), client_of(two)
		number = first.create()
		one.fault("list", "http", status=503)
		assert second.get("/api/sessions").json()["data"]["sessions"] == []
		assert second.get(f"/api/sessions/{number}").status_code == 404
		assert second.get("/api/sessions", headers=first.headers).status_code == 401
		assert second.create() != number
		assert len(one.requests) == 1
		assert first.get("/api/sessions").status_code == 503


def test_numbers_start_anywhere_and_count_up(client):
	assert (
		client.create("ventas_2") == client.create("ventas_1") + 1 or client.sandbox.sessions()[0]["id"] > 999
	)
	with Sandbox(first_id=4242) as sandbox:
		assert sandbox.add("ventas_1")["id"] == 4242


def test_a_stopped_server_refuses_and_comes_back_with_its_sessions(client):
	number = client.create()
	url = client.sandbox.url
	client.sandbox.stop()
	with pytest.raises(requests.ConnectionError, match="refused"):
		client.get("/api/sessions")
	client.sandbox.start()
	assert client.sandbox.url == url
	assert client.status(number)["sessionId"] == "ventas_1"


def test_starting_is_quick_and_leaves_no_threads():
	started = time.monotonic()
	for _round in range(10):
		with Sandbox() as sandbox:
			assert sandbox.url.startswith("http://127.0.0.1:")
	assert (time.monotonic() - started) / 10 < 0.1
	assert [thread for thread in threading.enumerate() if thread.name.startswith("sandbox")] == []


def test_starting_and_stopping_twice_is_harmless(client):
	client.sandbox.start()
	assert client.get("/health").status_code == 200
	client.sandbox.stop()
	client.sandbox.stop()


def test_a_port_in_use_is_told_and_not_taken(sandbox):
	with pytest.raises(OSError, match="in use"):
		Sandbox(port=sandbox.port).start()
	assert requests.get(f"{sandbox.url}/health", timeout=5).status_code == 200


def test_there_is_no_address_before_the_start():
	with pytest.raises(RuntimeError, match="no port"):
		Sandbox().url


def test_of_many_creates_of_one_id_exactly_one_wins(client):
	body = {"sessionId": "ventas_1", "sessionName": "Ventas"}
	with ThreadPoolExecutor(16) as pool:
		answers = list(pool.map(lambda _n: client.post("/api/sessions", body).status_code, range(32)))
	assert sorted(answers) == [201] + [409] * 31
	assert len(client.sandbox.sessions()) == 1


def test_parallel_sessions_get_different_numbers(client):
	with ThreadPoolExecutor(8) as pool:
		numbers = list(pool.map(lambda n: client.create(f"ventas_{n}"), range(40)))
	assert len(set(numbers)) == 40


@pytest.fixture
def command():
	processes = []

	def run(*arguments):
		process = subprocess.Popen(
			[*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
		)
		processes.append(process)
		return process

	yield run
	for process in processes:
		process.kill()
		process.communicate()


def announced(process, lines):
	return dict(process.stdout.readline().rstrip("\n").rsplit(" ", 1) for _line in range(lines))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_is_and_stops_cleanly(command, number):
	process = command("--api-key", KEY, "--qr-delay", "0", "--qr-lifetime", "30")
	said = announced(process, 2)
	assert re.fullmatch(r"http://127\.0\.0\.1:\d+", said["ready"])
	assert requests.get(said["phone"], timeout=5).text.startswith("<!doctype html>")
	assert (
		requests.get(f"{said['ready']}/api/sessions", headers={"X-API-Key": KEY}, timeout=5).status_code
		== 200
	)
	process.send_signal(number)
	rest, errors = process.communicate(timeout=5)
	assert (process.returncode, rest, errors) == (0, "", "")


def test_the_command_makes_a_key_up_and_prints_it(command):
	said = announced(command(), 3)
	headers = {"X-API-Key": said["api key"]}
	assert requests.get(f"{said['ready']}/api/sessions", headers=headers, timeout=5).status_code == 200
	assert requests.get(f"{said['ready']}/api/sessions", timeout=5).status_code == 401


def test_the_command_tells_a_port_in_use(command):
	with socket.create_server(("127.0.0.1", 0)) as taken:
		process = command("--port", str(taken.getsockname()[1]))
		_output, errors = process.communicate(timeout=5)
	assert process.returncode != 0 and "in use" in errors


def test_the_sandbox_imports_no_frappe():
	program = "import sys, xappiens_whatsapp.sandbox.__main__; print('frappe' in sys.modules)"
	assert (
		subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
		== "False\n"
	)


def test_an_option_that_is_none_is_refused():
	with pytest.raises(TypeError, match="qr_lifespan"):
		Sandbox(qr_lifespan=60)
