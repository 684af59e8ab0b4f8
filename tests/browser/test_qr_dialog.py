"""A live code: rotating, expiring, late, out of reach; and nothing left behind when the dialog is gone."""

from __future__ import annotations

import pytest

TROUBLES = {
	"unreachable": ({"kind": "reset"}, "Server unreachable."),
	"key refused": (
		{"kind": "http", "status": 401, "code": "INVALID_API_KEY", "error": "no"},
		"Key refused.",
	),
	"refused": (
		{"kind": "http", "status": 400, "code": "VALIDATION_ERROR", "error": "no"},
		"Request refused.",
	),
	"broken": ({"kind": "html", "status": 502}, "Server error."),
}


def view(desk, session):
	desk.open_form(session)
	desk.button("View QR").click()


def source_of(desk):
	return desk.page.locator(".whatsapp-qr-image").get_attribute("src")


def seconds_left(desk):
	return int("".join(filter(str.isdigit, desk.page.locator(".whatsapp-qr-countdown").inner_text())) or 0)


def test_the_code_is_large_on_white_paper_with_a_quiet_zone_in_the_dark_theme(
	open_desk, sandbox, new_session
):
	desk = open_desk(theme="dark")
	view(desk, new_session())
	desk.wait_for_phase("code")
	image = desk.page.locator(".whatsapp-qr-image")
	paper = desk.page.locator(".whatsapp-qr-paper")
	assert image.bounding_box()["width"] >= 280
	assert paper.bounding_box()["width"] - image.bounding_box()["width"] >= 32
	assert paper.evaluate("node => getComputedStyle(node).backgroundColor") == "rgb(255, 255, 255)"
	assert "Ventas Norte" in image.get_attribute("alt")


def test_a_new_code_replaces_the_old_one_by_itself_and_restarts_the_countdown(
	desk, start_sandbox, new_session
):
	start_sandbox(qr_lifetime=9, qr_rotation=5)
	view(desk, new_session())
	desk.wait_for_phase("code")
	first = source_of(desk)
	desk.page.wait_for_timeout(3000)
	before = seconds_left(desk)
	desk.page.wait_for_function("src => document.querySelector('.whatsapp-qr-image').src !== src", arg=first)
	desk.wait_for_phase("code")
	assert seconds_left(desk) > before - 1
	assert desk.read_code()


def test_an_expired_code_greys_out_and_new_qr_brings_another(desk, start_sandbox, new_session):
	sandbox = start_sandbox(qr_lifetime=10, qr_attempts=1)  # a bench needs some seconds to show it
	view(desk, new_session())
	desk.wait_for_phase("code")
	desk.wait_for_phase("expired")
	assert (
		float(desk.page.locator(".whatsapp-qr-image").evaluate("node => getComputedStyle(node).opacity"))
		< 0.3
	)
	desk.picture("qr-expired-light")
	first = source_of(desk)
	sandbox.clear_requests()
	desk.page.locator(".whatsapp-qr-new").click()
	desk.wait_for_phase("code")
	assert source_of(desk) != first
	assert any(request.path.endswith("/connect") for request in sandbox.requests)


def test_a_late_code_is_waited_for(desk, sandbox, new_session):
	sandbox.fault("connect", "late_qr", seconds=4)
	view(desk, new_session())
	desk.wait_for_phase("waiting")
	assert desk.page.locator(".whatsapp-qr-new").is_hidden()
	desk.wait_for_phase("code")


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_is_wrong_is_said_in_the_dialog_and_new_qr_recovers(desk, sandbox, new_session, trouble):
	details, words = TROUBLES[trouble]
	session = new_session()
	desk.open_form(session)
	sandbox.fault("qr", **details, times=None)
	desk.button("View QR").click()
	desk.wait_for_phase("trouble")
	assert desk.say(words) in desk.words()
	assert desk.page.locator(".modal.show .msgprint").count() == 0
	desk.picture(f"qr-{trouble.replace(' ', '-')}-light")
	sandbox.clear_faults()
	desk.page.locator(".whatsapp-qr-new").evaluate("button => button.click()")  # gone if a nudge was quicker
	desk.wait_for_phase("code")
	assert desk.errors == []


def test_a_rate_limit_is_waited_out_and_not_hammered(desk, sandbox, new_session):
	session = new_session()
	desk.open_form(session)
	sandbox.fault("qr", "rate_limit", reset=9)
	desk.button("View QR").click()
	desk.wait_for_phase("trouble")
	assert desk.say("Too many requests.") in desk.words()
	desk.picture("qr-rate-limited-light")
	asked = []
	desk.page.on(
		"request", lambda request: asked.append(request.url) if "get_qr_code" in request.url else None
	)
	desk.page.wait_for_timeout(6500)
	assert asked == []
	desk.wait_for_phase("code")


def test_a_session_that_the_server_lost_is_created_again_by_new_qr(desk, sandbox, new_session, session_id):
	session = new_session()
	desk.open_form(session)
	desk.button("View QR").wait_for()
	sandbox.forget(session_id)
	desk.button("View QR").click()
	desk.wait_for_phase("trouble")
	assert desk.say("Not on the server.") in desk.words()
	desk.page.locator(".whatsapp-qr-new").click()
	desk.wait_for_phase("code")
	assert [row["sessionId"] for row in sandbox.sessions()] == [session_id]


def test_a_disconnected_session_is_connected_first(desk, site, sandbox, new_session, session_id):
	session = new_session()
	sandbox.drop(session_id, 408)
	site.call("session.get_session_status", session_id=session)
	desk.open_form(session)
	desk.wait_for_buttons("*Connect", "View QR", "Status", "Disconnect")
	desk.button("View QR").click()
	desk.wait_for_phase("code")


def test_closing_the_dialog_stops_every_timer_and_listener(desk, sandbox, new_session):
	session = new_session()
	desk.open_form(session)
	desk.button("View QR").wait_for()
	before = desk.live()
	desk.button("View QR").click()
	desk.wait_for_phase("code")
	during = desk.live()
	assert during["timers"] > before["timers"] and during["listeners"] > before["listeners"]
	desk.close_dialog()
	assert desk.live() == before
	sandbox.clear_requests()
	desk.page.wait_for_timeout(6000)
	assert [request for request in sandbox.requests if request.path.endswith(("/qr", "/status"))] == []


def test_leaving_the_form_with_the_dialog_open_leaves_nothing_running(desk, sandbox, new_session):
	view(desk, new_session())
	desk.wait_for_phase("code")
	desk.page.wait_for_timeout(500)
	desk.leave_the_form()
	assert desk.live() == {"timers": 0, "listeners": 0}


def test_another_sessions_event_does_not_close_the_dialog(desk, site, sandbox, new_session, session_id):
	other = site.call("session.create_session", session_id=f"{session_id}_other", session_name="Other")[
		"session"
	]
	view(desk, new_session())
	desk.wait_for_phase("code")
	sandbox.scan(other, "34600000031")
	site.call("session.get_session_status", session_id=other)
	desk.page.wait_for_timeout(1500)
	assert desk.page.locator(".modal.show .whatsapp-qr[data-phase=code]").count() == 1


def test_the_focus_stays_inside_and_escape_gives_it_back(desk, sandbox, new_session):
	desk.open_form(new_session())
	desk.button("View QR").focus()
	desk.page.keyboard.press("Enter")
	desk.wait_for_phase("code")
	desk.page.wait_for_timeout(500)
	for _press in range(4):
		desk.page.keyboard.press("Tab")
		assert desk.page.evaluate("Boolean(document.activeElement.closest('.modal.show'))")
	desk.close_dialog()
	desk.page.wait_for_selector(".whatsapp-qr", state="detached")
	desk.page.wait_for_timeout(1500)
	focused = desk.page.evaluate("document.activeElement.textContent.trim()")
	assert focused == desk.say("View QR")
