"""A test message through real Baileys: to the own phone, which answers as a phone does, and one that never answers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from ..waiting import waited_for
from .conftest import AppSession, save_settings

pytestmark = pytest.mark.needs_site

CONTACT = "34600000029"


@pytest.fixture
def proof(session: AppSession) -> Iterator[AppSession]:
	"""A linked session whose gateway calls this site."""
	from xappiens_whatsapp.tests.webhooks import served_site

	with served_site():
		save_settings(webhook_enabled=1)
		session.create()
		session.scan()
		yield session
		save_settings(webhook_enabled=0)


def state(session: AppSession) -> str:
	from xappiens_whatsapp.tests.workers import run_jobs

	run_jobs()
	return session.proof_api.get_test_message(session.name)["state"]


def message_id(session: AppSession) -> str:
	return session.record().proof_message_id


def received(session: AppSession, number: str) -> list[dict[str, Any]]:
	return session.on_phone(number)["received"]


def test_a_note_to_self_is_on_the_phone_and_delivered_when_the_phone_says_so(proof: AppSession) -> None:
	answer = proof.proof_api.send_test_message(proof.name)
	assert answer["phone_number"] == proof.phone
	waited_for(lambda: state(proof) == "Delivered")
	(note,) = received(proof, proof.phone)
	assert (note["id"], note["fromMe"]) == (message_id(proof), True)
	assert "Ventas" in note["text"]
	assert proof.record().last_proof


def test_a_session_that_was_created_without_acknowledgements_is_told_anew(proof: AppSession) -> None:
	is_told_of_disconnections_only(proof)
	proof.proof_api.send_test_message(proof.name)
	waited_for(lambda: received(proof, proof.phone))
	gets_a_text(proof)
	proof.ask_gateway("POST", "disconnect", {})
	waited_for(lambda: (state(proof), proof.record().status)[1] == "Disconnected")
	assert state(proof) == "Sent"
	proof.api.connect_session(proof.name)
	proof.becomes("Connected")
	proof.api.update_session_webhook(proof.name)
	proof.proof_api.send_test_message(proof.name)
	waited_for(lambda: state(proof) == "Delivered")


def is_told_of_disconnections_only(session: AppSession) -> None:
	import frappe

	url = frappe.get_doc("WhatsApp Settings").webhook_url
	session.ask_gateway("PUT", "webhook", {"webhookUrl": url, "webhookEvents": ["session.disconnected"]})


def gets_a_text(session: AppSession) -> None:
	"""What WhatsApp said before it, the gateway has heard then."""
	text = session.whatsapp.tell("text", number=CONTACT, to=session.phone, body="Hola")["id"]
	waited_for(lambda: text in [receipt["id"] for receipt in session.on_phone(CONTACT)["receipts"]])


def test_to_another_number_it_is_delivered_and_read(proof: AppSession) -> None:
	proof.whatsapp.tell("off", number=CONTACT)
	proof.whatsapp.tell("on", number=CONTACT)
	proof.proof_api.send_test_message(proof.name, f"+{CONTACT}")
	waited_for(lambda: state(proof) == "Delivered")
	proof.whatsapp.tell("read", number=CONTACT, id=message_id(proof))
	waited_for(lambda: state(proof) == "Read")
	answer = proof.proof_api.get_test_message(proof.name)
	assert answer["sent_at"] <= answer["delivered_at"] <= answer["read_at"]


def test_a_phone_that_never_answers_makes_the_session_one_that_may_be_dead(proof: AppSession) -> None:
	from xappiens_whatsapp.sessions import proofs

	proof.tell("off")
	proof.proof_api.send_test_message(proof.name)
	waited_for(lambda: is_taken(proof))
	assert state(proof) == "Sent"
	with patch.object(proofs, "ARRIVES_WITHIN", proofs.ARRIVES_WITHIN * 0):
		answer = proof.proof_api.get_test_message(proof.name)
	assert (answer["state"], answer["may_be_dead"]) == ("Failed", True)
	assert "Restart" in answer["message"]
	proof.tell("on")
	waited_for(lambda: state(proof) == "Delivered")


def is_taken(session: AppSession) -> bool:
	from xappiens_whatsapp.sessions import proofs
	from xappiens_whatsapp.tests.workers import run_jobs

	run_jobs()
	return bool(proofs.steps_of(session.record()).taken)


def test_a_restricted_account_is_told_with_its_end_and_sends_again_afterwards(proof: AppSession) -> None:
	proof.tell("restrict", until=int(time.time()) + 3600)
	reason = waited_for(lambda: proof.api.get_session_status(proof.name)["data"]["reason"])
	assert "restricted this number until" in reason["sentence"]
	from xappiens_whatsapp.server.exceptions import GatewayRejected

	with pytest.raises(GatewayRejected, match="restricted this number until"):
		proof.proof_api.send_test_message(proof.name, f"+{CONTACT}")
	assert proof.record().status == "Connected"
	proof.tell("free")
	waited_for(lambda: proof.api.get_session_status(proof.name)["data"]["reason"] is None)
	proof.proof_api.send_test_message(proof.name, f"+{CONTACT}")
	waited_for(lambda: state(proof) == "Delivered")
