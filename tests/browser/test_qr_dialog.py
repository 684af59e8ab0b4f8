"""A live code: rotating, expiring, late, out of reach; and nothing left behind when the dialog is gone."""

from __future__ import annotations

import time

import pytest
import state_table

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
	"broken": ({"kind": "http", "status": 500, "code": "INTERNAL_ERROR", "error": "no"}, "Server error."),
	"blocked": ({"kind": "html", "status": 502}, "Server unreachable."),
}
# what the countdown said last under one code, and first under the next
WATCH_COUNTDOWN = """() => {
	const [image, countdown] = [".whatsapp-qr-image", ".whatsapp-qr-countdown"].map((of) => document.querySelector(of));
	const seconds = () => Number(countdown.textContent.replace(/\\D/g, ""));
	const first = image.src;
	let last = seconds();
	new MutationObserver(() => {
		if (image.src !== first) window.seconds_at_change ||= [last, seconds()];
		last = seconds();
	}).observe(countdown, { childList: true, characterData: true, subtree: true });
}"""

# how often the panel asks within half a second, if something changes while its first question is under way
NUDGED_WHILE_ASKING = """async (exc_type) => {
	let asked = 0;
	const panel = new xappiens_whatsapp.QRPanel({
		container: document.createElement("div"),
		translate: __,
		title: "Ventas Norte",
		fetch_qr: async () => {
			asked += 1;
			if (asked === 1) panel.nudge();
			throw Object.assign(new Error("no"), { exc_type, retry_after: 9 });
		},
	});
	await panel.start();
	await new Promise((resolve) => setTimeout(resolve, 500));
	panel.stop();
	return asked;
}"""

# how long the panel waits between two looks, if something changes so many seconds after the first of them
SECONDS_AFTER_NUDGE = """async (seconds) => {
	let passed = 0;
	const answer = { ready: false, status: "QR Code Required" };
	const panel = new xappiens_whatsapp.QRPanel({
		container: document.createElement("div"),
		translate: __,
		title: "Ventas Norte",
		fetch_qr: async () => answer,
		fetch_status: async () => answer,
		now: () => Date.now() + passed * 1000,
	});
	await panel.start();
	passed = seconds;
	await panel.nudge();
	panel.stop();
	return panel.interval();
}"""
REASON = """session_id => xappiens_whatsapp
	.request("xappiens_whatsapp.api.session.get_session_status", { session_id })
	.then(({ data }) => data.reason.sentence)"""
NOTE_PHASES = """() => {
	const root = document.querySelector(".modal.show .whatsapp-qr");
	window.phases = [];
	new MutationObserver(() => window.phases.push(root.dataset.phase)).observe(root, { attributes: true });
}"""


def view(desk, session):
	desk.open_form(session)
	desk.button("View QR").click()


def hear_of_nothing(desk):
	"""No realtime, as where the server cannot call the site."""
	for events in ("**/devsite/events*", "**/socket.io/**"):
		desk.page.route(events, lambda route: route.abort())
	desk.page.evaluate("frappe.realtime.on = () => {}")


def source_of(desk):
	return desk.page.locator(".whatsapp-qr-image").get_attribute("src")


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
	desk.page.evaluate(WATCH_COUNTDOWN)
	desk.page.wait_for_function("window.seconds_at_change")
	before, after = desk.page.evaluate("window.seconds_at_change")
	assert after > before
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


def test_a_code_that_ran_out_is_not_called_expired_while_the_next_one_comes(desk, start_sandbox, new_session):
	start_sandbox(qr_lifetime=8, qr_rotation=8)
	hear_of_nothing(desk)
	view(desk, new_session())
	desk.wait_for_phase("code")
	desk.page.evaluate(NOTE_PHASES)
	seen = {source_of(desk)}
	while len(seen) < 3:
		desk.wait_for_phase("renewing")
		assert desk.page.locator(".whatsapp-qr-new").is_hidden()
		left_at = time.monotonic()
		desk.wait_for_phase("code")
		assert time.monotonic() - left_at < 4
		seen.add(source_of(desk))
	assert "expired" not in desk.page.evaluate("window.phases")


def test_codes_that_ended_tell_why(desk, start_sandbox, new_session):
	start_sandbox(qr_lifetime=8, qr_rotation=8, qr_attempts=1)
	session = new_session()
	hear_of_nothing(desk)
	view(desk, session)
	desk.wait_for_phase("code")
	desk.wait_for_phase("expired")
	reason = desk.page.evaluate(REASON, session)
	words = desk.say("This code has expired. Press New QR for another.")
	assert desk.words() == f"{reason} {words}"


def test_a_paired_session_that_reconnects_promises_no_code(desk, site, sandbox, session_id):
	state_table.connected(site, sandbox, session_id)
	state_table.connect_slowly(sandbox, session_id)
	sandbox.drop(session_id, 428)
	state_table.until(site, session_id, "Disconnected")
	desk.open_form(session_id)
	desk.button("Connect").click()
	desk.wait_for_phase("reconnecting")
	number = f"+{state_table.PHONE}"
	sentence = "This session is linked with {0} and reconnects by itself. No code is needed."
	assert desk.words().endswith(
		desk.say(sentence, number)
	)  # the reason before it goes with the drop's webhook
	assert desk.page.locator(".modal.show .whatsapp-qr ol").is_hidden()
	assert desk.page.locator(".whatsapp-qr-new").is_hidden()
	desk.picture("qr-reconnecting-light")
	with sandbox.registry.current() as now:
		sandbox.registry.named(session_id).link(state_table.PHONE, now)
	desk.wait_for_phase("connected")
	assert desk.words() == desk.say("Connected with {0}.", number)


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
	asked = []
	desk.page.on(
		"request", lambda request: asked.append(time.monotonic()) if "get_qr_code" in request.url else None
	)
	desk.button("View QR").click()
	desk.wait_for_phase("trouble")
	assert desk.say("Too many requests.") in desk.words()
	desk.picture("qr-rate-limited-light")
	desk.wait_for_phase("code")
	assert asked[1] - asked[0] > 7


def test_a_nudge_while_the_server_says_to_wait_is_not_followed_at_once(desk, sandbox):
	assert desk.page.evaluate(NUDGED_WHILE_ASKING, "GatewayRateLimited") == 1
	assert desk.page.evaluate(NUDGED_WHILE_ASKING, "GatewayUnavailable") == 2


def test_only_news_from_elsewhere_makes_the_panel_look_less_often(desk, sandbox):
	assert desk.page.evaluate(SECONDS_AFTER_NUDGE, 0) == 5
	assert desk.page.evaluate(SECONDS_AFTER_NUDGE, 3) == 20


def test_a_scanned_code_is_not_called_expired_while_the_phone_is_being_linked(
	desk, start_sandbox, new_session
):
	sandbox = start_sandbox(scan_delay=10)
	session = new_session()
	view(desk, session)
	desk.wait_for_phase("code")
	desk.page.evaluate(NOTE_PHASES)
	sandbox.scan(session, state_table.PHONE)
	desk.wait_for_phase("waiting")
	assert desk.words() == desk.say("The phone is being linked. Keep WhatsApp open on it for a moment.")
	assert desk.page.locator(".whatsapp-qr-new").is_hidden()
	desk.picture("qr-linking-light")
	desk.wait_for_phase("connected")
	assert "expired" not in desk.page.evaluate("window.phases")


def test_a_session_that_the_server_lost_is_created_again_by_new_qr(desk, sandbox, new_session, session_id):
	desk.open_form(new_session())
	desk.button("View QR").click()
	desk.wait_for_phase("code")
	sandbox.forget(session_id)
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
	desk.page.wait_for_timeout(1500)  # a form subscribes to its record when it is there
	before = desk.live()
	desk.button("View QR").click()
	desk.wait_for_phase("code")
	during = desk.live()
	assert during["timers"] > before["timers"] and during["listeners"] > before["listeners"]
	desk.close_dialog()
	desk.wait_for_live(before)
	sandbox.clear_requests()
	desk.page.wait_for_timeout(6000)
	assert [request for request in sandbox.requests if request.path.endswith(("/qr", "/status"))] == []


def test_leaving_the_form_with_the_dialog_open_leaves_nothing_running(desk, sandbox, new_session):
	view(desk, new_session())
	desk.wait_for_phase("code")
	desk.wait_for_stillness()
	desk.leave_the_form()
	desk.wait_for_live({"timers": 0, "listeners": 0})


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


def test_the_focus_stays_inside_and_escape_gives_it_back(desk, site, sandbox, session_id):
	state_table.with_code(site, sandbox, session_id)
	desk.open_form(session_id)
	desk.button("View QR").focus()
	desk.page.keyboard.press("Enter")
	desk.wait_for_phase("code")
	desk.wait_for_stillness()
	desk.wait_for_focus_inside(".modal.show")
	for _press in range(4):
		desk.page.keyboard.press("Tab")
		assert desk.focus_is_inside(".modal.show")
	desk.close_dialog()
	desk.page.wait_for_selector(".whatsapp-qr", state="detached")
	desk.wait_for_focus_on("View QR")
