"""What servers answer, and what the client asked them."""

from __future__ import annotations

import json

from xappiens_whatsapp.baileys import BaileysClient


def sent(client: BaileysClient, number: int = 0) -> tuple[str, dict]:
	head, _blank, body = client.server.requests[number].partition(b"\r\n\r\n")
	return head.split(b"\r\n")[0].decode(), json.loads(body)


def data(**fields) -> dict:
	return {"success": True, "data": fields}
