"""Why a session is down, in words, for everything that Baileys and servers say of it."""

from __future__ import annotations

from xappiens_whatsapp.api import session
from xappiens_whatsapp.background import reconciliation
from xappiens_whatsapp.baileys.reasons import read_reason
from xappiens_whatsapp.sessions import reasons, records
from xappiens_whatsapp.tests.test_refusals import StateTestCase

BAILEYS = {
	"badSession": "damaged",
	"connectionClosed": "interrupted",
	"connectionLost": "was lost",
	"connectionReplaced": "second server",
	"forbidden": "banned",
	"loggedOut": "logged out",
	"multideviceMismatch": "linked devices",
	"restartRequired": "restart",
	"timedOut": "was lost",
	"unavailableService": "not available",
}
NUMBERS = {
	400: "refused",
	401: "logged out",
	402: "for a time",
	403: "banned",
	405: "version",
	406: "banned",
	408: "was lost",
	409: "refused",
	411: "linked devices",
	428: "interrupted",
	440: "second server",
	500: "problem",
	503: "not available",
	515: "restart",
}
NOT_BY_CONNECTING = (402, 403, 406)


class TestReasons(StateTestCase):
	def test_every_number_and_every_name_of_baileys_has_a_sentence(self):
		for number, words in NUMBERS.items():
			text = reasons.text_of(reasons.code_of(number, None, was_linked=True))
			self.assertIn(words, text, number)
			self.assertNotIn("gave the reason", text)
		for name, words in BAILEYS.items():
			for written in (name, name.lower(), name.upper()):
				text = reasons.text_of(reasons.code_of(None, written, was_linked=True))
				self.assertIn(words, text, written)

	def test_what_baileys_writes_where_it_has_no_name_for_it(self):
		for written, words in (
			("Error: QR refs attempts ended", "Nobody scanned"),
			("Boom: Error: QR refs attempts ended", "Nobody scanned"),
			("DisconnectReason.loggedOut", "logged out"),
			("Intentional Logout", "logged out"),
			("Stream Errored (conflict)", "second server"),
			("Error: Stream Errored (restart required)", "restart"),
			("Connection Terminated by Server", "interrupted"),
			("Connection was lost", "was lost"),
			("Multi-device beta not joined", "linked devices"),
		):
			with self.subTest(written):
				code, word = read_reason({"lastDisconnect": {"error": {"message": written}}})
				self.assertIn(words, reasons.text_of(reasons.code_of(code, word, was_linked=True)))

	def test_nobody_is_sent_to_connect_a_banned_number(self):
		for number in NOT_BY_CONNECTING:
			self.assertNotIn("ress Connect", reasons.text_of(str(number)))

	def test_the_word_comes_before_its_number(self):
		self.assertEqual(reasons.code_of(500, "badSession", was_linked=True), reasons.BAD_SESSION)
		self.assertEqual(reasons.code_of(408, "whatsapp_unreachable", was_linked=True), reasons.UNREACHABLE)

	def test_the_nested_code_is_read(self):
		self.sandbox.behave(reasons="nested")
		name = self.linked()
		self.sandbox.drop(name, 401)
		session.get_session_status(name)
		self.assertEqual(self.state(name), ("Disconnected", "401"))

	def test_three_kinds_of_408(self):
		for word, code in (
			("qr_timeout", reasons.QR_TIMEOUT),
			("whatsapp_unreachable", reasons.UNREACHABLE),
			("connection_lost", "408"),
		):
			for style in ("words", "gateway"):
				with self.subTest(word, style=style):
					self.sandbox.behave(reasons=style)
					name = self.create() if word == "qr_timeout" else self.linked()
					self.sandbox.drop(name, 408, word)
					session.get_session_status(name)
					self.assertEqual(self.state(name)[1], code)

	def test_440_is_a_second_server_with_the_same_pairing(self):
		text = reasons.text_of("440")
		self.assertIn("second server", text)
		self.assertNotIn("Close the other session", text)

	def test_411_is_not_the_outdated_version(self):
		self.assertNotEqual(reasons.text_of("411"), reasons.text_of("405"))


class TestReconnecting(StateTestCase):
	def test_a_paired_session_that_reconnects_keeps_number_and_reason(self):
		self.sandbox.behave(reasons="gateway")
		name = self.linked()
		phone = self.fresh(name).phone_number
		self.sandbox.drop(name, 428, back_after=300)
		for learn in (session.get_session_status, lambda _name: reconciliation.reconcile()):
			learn(name)
			fresh = self.fresh(name)
			self.assertEqual((fresh.status, fresh.phone_number), ("Connecting", phone))
			self.assertIn(fresh.error_code, ("428", "408"))
		self.assertFalse(session.get_qr_code(name)["ready"])

	def test_nobody_is_told_to_press_what_a_session_that_reconnects_does_not_need(self):
		self.sandbox.behave(reasons="gateway")
		name = self.linked()
		self.sandbox.drop(name, 428, back_after=300)
		answer = session.get_session_status(name)["data"]
		words = "The connection to WhatsApp was lost. It reconnects by itself; no code is needed."
		self.assertEqual(" ".join(answer["reason"].values()), words)
		self.assertEqual(self.fresh(name).error_message, words)
		form = self.fresh(name)
		form.run_method("onload")
		self.assertEqual(form.error_message, words)
		self.assertEqual(form.get("__onload").reason, answer["reason"])

	def test_who_has_to_act_on_one_that_reconnects_is_still_told_what_to_do(self):
		self.sandbox.behave(reasons="gateway")
		name = self.linked()
		self.sandbox.drop(name, 428, back_after=300)
		session.get_session_status(name)
		records.note_problem(self.fresh(name), reasons.CONNECTS_IN_VAIN)
		form = self.fresh(name)
		form.run_method("onload")
		self.assertIn("Press Create Again", form.error_message)
