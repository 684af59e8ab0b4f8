"""A server whose clock is wrong shows the same countdowns as one whose clock is right."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import formatdate

import pytest

from xappiens_whatsapp.baileys import BaileysClient
from xappiens_whatsapp.baileys.errors import RateLimitedError

SKEWS = [-7200, -90, -10, 0, 10, 90, 7200, 40_000_000]
FORMS = {
	"iso": lambda moment: moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
	"offset": lambda moment: moment.astimezone(timezone(timedelta(hours=2))).isoformat(),
	"seconds": lambda moment: int(moment.timestamp()),
	"milliseconds": lambda moment: int(moment.timestamp() * 1000),
}


def now() -> datetime:
	return datetime.now(timezone.utc)


@pytest.fixture
def skewed(raw_server, reply):
	"""A client of a server whose clock goes `skew` seconds before ours; what it answers is made when it is asked."""

	def start(skew: float, body, status: int = 200, **headers) -> BaileysClient:
		def script(connection):
			date = formatdate(time.time() + skew, usegmt=True)
			made = {name: make(now() + timedelta(seconds=skew)) for name, make in headers.items()}
			answer = body(now() + timedelta(seconds=skew))
			connection.sendall(reply(status, answer, Date=date, **made))

		return BaileysClient(raw_server(script).url, "sandbox-key", retries=0)

	return start


def row(expiry_key: str, form: str):
	def answer(moment: datetime) -> dict:
		expiry = FORMS[form](moment + timedelta(seconds=40))
		fields = {"id": 7, "sessionId": "ventas_demo_0001", "status": "qr_code", "qrCode": "2@a,b,c"}
		return {"success": True, "data": fields | {expiry_key: expiry}}

	return answer


def left(moment: datetime) -> float:
	return (moment - now()).total_seconds()


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("form", FORMS)
def test_a_qr_code_has_as_many_seconds_left_as_on_the_servers_clock(skewed, skew, form):
	with skewed(skew, row("expiresAt", form)) as client:
		assert 37 < left(client.get_qr(7).expires_at) < 42


@pytest.mark.parametrize("skew", [-90, 0, 90])
@pytest.mark.parametrize("key", ["expiresAt", "qrCodeExpiresAt"])
def test_the_expiry_of_a_code_that_comes_along_is_corrected_too(skewed, skew, key):
	with skewed(skew, row(key, "iso")) as client:
		assert 37 < left(client.get_status(7).qr_expires_at) < 42
		assert 37 < left(client.create_session("ventas_demo_0001", "Ventas").qr_expires_at) < 42


@pytest.mark.parametrize("skew", [-90, 0, 90])
def test_the_expiry_of_a_row_of_the_list_is_corrected_too(skewed, skew):
	def listed(moment: datetime) -> dict:
		return {"success": True, "data": {"sessions": [row("qrCodeExpiresAt", "iso")(moment)["data"]]}}

	with skewed(skew, listed) as client:
		assert 37 < left(client.list_sessions().sessions[0].qr_expires_at) < 42


@pytest.mark.parametrize("skew", [-90, 0, 90])
def test_the_expiry_of_a_pairing_code_is_corrected_too(skewed, skew):
	def code(moment: datetime) -> dict:
		return {
			"success": True,
			"data": {"code": "ABCD1234", "expiresAt": FORMS["iso"](moment + timedelta(seconds=40))},
		}

	with skewed(skew, code) as client:
		assert 37 < left(client.request_pairing_code(7, "34600000001").expires_at) < 42


@pytest.mark.parametrize("skew", SKEWS)
@pytest.mark.parametrize("form", FORMS)
def test_the_reset_of_a_rate_limit_is_as_far_away_as_on_the_servers_clock(skewed, skew, form):
	def refusal(_moment: datetime) -> dict:
		return {"success": False, "code": "RATE_LIMIT_EXCEEDED"}

	def reset(moment: datetime) -> str:
		return str(FORMS[form](moment + timedelta(seconds=40)))

	with (
		skewed(skew, refusal, 429, X_RateLimit_Reset=reset) as client,
		pytest.raises(RateLimitedError) as caught,
	):
		client.get_status(7)
	assert 37 < caught.value.retry_after < 42


@pytest.mark.parametrize("skew", SKEWS)
def test_retry_after_as_a_date_is_as_far_away_as_on_the_servers_clock(skewed, skew):
	def later(moment: datetime) -> str:
		return formatdate((moment + timedelta(seconds=40)).timestamp(), usegmt=True)

	with skewed(skew, lambda _moment: {"success": False}, 429, Retry_After=later) as client:
		with pytest.raises(RateLimitedError) as caught:
			client.get_status(7)
	assert 37 < caught.value.retry_after < 42


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Foo 2025 99:99:99 GMT", "2026"])
def test_without_a_readable_date_the_moment_of_the_answer_is_the_servers_time(raw_server, reply, date):
	body = row("expiresAt", "iso")(now())
	headers = {} if date is None else {"Date": date}
	with BaileysClient(raw_server(reply(200, body, **headers)).url, "sandbox-key") as client:
		assert 37 < left(client.get_qr(7).expires_at) <= 40


def test_an_answer_that_drips_in_slowly_does_not_make_the_servers_clock_look_slow(raw_server):
	body = b'{"success": true, "data": {"id": 7, "qrCode": "2@a,b,c", "expiresAt": %d}}' % (time.time() + 60)

	def drip(connection):
		date = formatdate(time.time(), usegmt=True)
		connection.sendall(f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
		time.sleep(6)
		connection.sendall(body)

	with BaileysClient(raw_server(drip).url, "sandbox-key", timeout=9) as client:
		assert left(client.get_qr(7).expires_at) < 55


@pytest.mark.parametrize("date", ["Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])
@pytest.mark.parametrize("expiry", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_moments_beyond_the_calendar_count_as_not_told(raw_server, reply, date, expiry):
	body = {"success": True, "data": {"id": 7, "qrCode": "2@a,b,c", "expiresAt": expiry}}
	with BaileysClient(raw_server(reply(200, body, Date=date)).url, "sandbox-key") as client:
		assert client.get_qr(7).expires_at.utcoffset() == timedelta(0)


def test_the_last_activity_stays_as_the_server_wrote_it(skewed):
	def status(moment: datetime) -> dict:
		return {
			"success": True,
			"data": {"id": 7, "status": "connected", "lastActivity": FORMS["iso"](moment)},
		}

	with skewed(90, status) as client:
		assert 85 < left(client.get_status(7).last_activity) < 92
