"""Every shape in which the contract says an answer may come, by route and variant name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from . import qr, reasons
from .answers import Answer, iso, iso_or_null, success
from .messages import Message
from .state import CONNECTED, CONNECTING, Code, Session

Row = dict[str, Any]
USER_ID = 7


def session_row(session: Session) -> Row:
	"""What the database of the server knows."""
	code = session.code
	number = session.linked_number
	return {
		"id": session.id,
		"sessionId": session.session_id,
		"sessionName": session.session_name,
		"userId": USER_ID,
		"organizationId": None,
		"status": session.status,
		"phoneNumber": session.phone_number,
		"phoneNumberId": f"{number}:1@s.whatsapp.net" if number else None,
		"qrCode": qr.data_url(code.text) if code else None,
		"qrCodeGeneratedAt": iso_or_null(code and code.generated_at),
		"qrCodeExpiresAt": iso_or_null(code and code.expires_at),
		"lastActivity": iso_or_null(session.last_activity),
		"isConnected": session.is_connected,
		"hasQR": code is not None,
		"sendToFrappe": session.send_to_frappe,
		"createdAt": iso(session.created_at),
		"updatedAt": iso(session.updated_at),
		**_restriction(session),
	}


def _restriction(session: Session) -> Row:
	return session.restriction.told_in_status() if session.restriction else {}


def detail_row(session: Session) -> Row:
	row = session_row(session) | {"webhookUrl": session.webhook.url}
	if session.is_connected:
		row["profile"] = {
			"name": session.session_name,
			"about": "",
			"profilePictureUrl": "",
			"isBusiness": False,
		}
	return row


def status_row(session: Session, reasons_style: str = "words") -> Row:
	"""What the memory of the server knows."""
	row = {
		"id": session.id,
		"sessionId": session.session_id,
		"status": session.status,
		"phoneNumber": session.phone_number,
		"lastActivity": iso_or_null(session.last_activity),
		"isConnected": session.is_connected,
		"hasQR": session.code is not None,
	}
	return row | _restriction(session) | _drop_fields(session, reasons_style)


def _drop_fields(session: Session, style: str) -> Row:
	if session.cause is None:
		return {}
	will_reconnect = session.status == CONNECTING
	return reasons.told_in_status(session.cause, style, session.updated_at, will_reconnect)


def _picked(session: Session, *keys: str, **replaced: Any) -> Row:
	row = detail_row(session) | replaced
	return {key: row[key] for key in keys}


def _created(session: Session) -> Row:
	return _picked(
		session, "id", "sessionId", "sessionName", "status", "phoneNumber", "sendToFrappe", "createdAt"
	)


PICTURES: dict[str, Callable[[Code], Any]] = {
	"jpeg": lambda code: "data:image/jpeg;base64," + qr.base64_of(code.text, "JPEG"),
	"undefined": lambda code: qr.DATA_URL_PREFIX + "undefined",
	"blank": lambda code: qr.DATA_URL_PREFIX,
	"object": lambda code: {"base64": qr.png_base64(code.text)},
	"null_word": lambda code: "null",
}
"""What servers put where a picture belongs."""


def _created_with(picture: Callable[[Code], Any], session: Session) -> Row:
	return {"session": _created(session) | {"qrCode": picture(session.code)}}


def _created_flat(session: Session) -> Row:
	keys = ("id", "sessionId", "sessionName", "status", "phoneNumber", "qrCode", "createdAt")
	return _picked(session, *keys, status="pending", qrCode=None)


CREATE: dict[str, Callable[[Session], Row]] = {
	"session": lambda session: {"session": _created(session)},
	"flat": _created_flat,
	"flat_qr": lambda session: _picked(session, "id", "sessionId", "status", "qrCode"),
	"webhook_echo": lambda session: _picked(
		session, "id", "sessionId", "webhookUrl", "status", status="pending"
	),
	"no_id": lambda session: _picked(
		session, "sessionId", "status", "qrCode", "phoneNumber", "createdAt", status="qr"
	),
}
CREATE |= {f"{name}_qr": partial(_created_with, picture) for name, picture in PICTURES.items()}
CREATE_WITH_QR = ("flat_qr", "no_id", *(f"{name}_qr" for name in PICTURES))


def _stored(rows: list[Row]) -> list[Row]:
	"""Without what only the server's memory knows."""
	return [{key: row[key] for key in row if key not in ("isConnected", "hasQR")} for row in rows]


LIST: dict[str, Callable[[list[Row], Row], Row]] = {
	"sessions": lambda rows, pagination: {"data": {"sessions": rows, "pagination": pagination}},
	"items": lambda rows, pagination: {"data": {"items": rows, "pagination": pagination}},
	"data": lambda rows, pagination: {"data": {"data": rows, "pagination": pagination}},
	"array": lambda rows, pagination: {"data": rows, "pagination": pagination},
	"top": lambda rows, pagination: {"sessions": rows, "pagination": pagination},
	"no_pagination": lambda rows, pagination: {"data": {"sessions": rows, "total": pagination["total"]}},
	"database": lambda rows, pagination: {"data": {"sessions": _stored(rows), "pagination": pagination}},
}

GET: dict[str, Callable[[Session], Row]] = {
	"session": lambda session: {"session": detail_row(session)},
	"flat": detail_row,
}

STATUS: dict[str, Callable[[Row, str], Row]] = {
	"no_id": lambda row, _word: {key: value for key, value in row.items() if key != "id"},
	"stale": lambda row, _word: row | {"status": CONNECTED, "isConnected": False, "hasQR": False},
	"unknown_word": lambda row, word: row | {"status": word or "reconnected_failed"},
}


def _qr_data(session: Session, code: Code, picture: str, status: str = "qr_code") -> Row:
	expires_at = iso(code.expires_at)
	return {"qrCode": picture, "sessionId": session.session_id, "expiresAt": expires_at, "status": status}


def _qr_without_expiry(session: Session, code: Code) -> Row:
	return _qr_data(session, code, qr.data_url(code.text)) | {"expiresAt": None}


QR: dict[str, Callable[[Session, Code], Row]] = {
	"data_url": lambda session, code: {"data": _qr_data(session, code, qr.data_url(code.text))},
	"base64": lambda session, code: {"data": _qr_data(session, code, qr.png_base64(code.text), "pending")},
	"raw": lambda session, code: {"data": _qr_data(session, code, code.text)},
	"qr_data": lambda session, code: {"qr_data": code.text},
	"empty": lambda session, code: {"data": _qr_data(session, code, "")},
	"no_expiry": lambda session, code: {"data": _qr_without_expiry(session, code)},
}


def _qr_with(picture: Callable[[Code], Any], session: Session, code: Code) -> Row:
	return {"data": _qr_data(session, code, picture(code))}


QR |= {name: partial(_qr_with, picture) for name, picture in PICTURES.items()}

CONNECT: dict[str, str] = {"pending": "pending", "qr": "qr"}


def message_row(message: Message) -> Row:
	return {
		"id": message.id,
		"whatsappMessageId": message.whatsapp_id,
		"chatId": message.chat_id,
		"fromMe": True,
		"body": message.body,
		"type": "text",
		"status": message.status,
		"timestamp": iso(message.sent_at),
	}


def _message_flat(message: Message) -> Row:
	row = message_row(message)
	sent = {"messageId": message.whatsapp_id, "to": message.chat_id, "message": message.body}
	return sent | {key: row[key] for key in ("type", "status", "timestamp")}


SEND: dict[str, Callable[[Message], Row]] = {
	"message": lambda message: {"message": message_row(message)},
	"flat": _message_flat,
	"key": lambda message: {"key": {"id": message.whatsapp_id, "remoteJid": message.chat_id, "fromMe": True}},
	"no_id": lambda message: {"status": message.status},
}

NO_CONTENT = ("no_content",)

VARIANTS: dict[str, tuple[str, ...]] = {
	"create": tuple(CREATE),
	"list": tuple(LIST),
	"get": tuple(GET),
	"status": tuple(STATUS),
	"qr": tuple(QR),
	"connect": tuple(CONNECT),
	"restart": tuple(CONNECT),
	"send": tuple(SEND),
	"delete": NO_CONTENT,
	"webhook": NO_CONTENT,
	"delivery": ("nested", "top_level", "flat"),
}


def action(session: Session, message: str, *, variant: str = "") -> Answer:
	status = CONNECT.get(variant, session.status)
	return success({"sessionId": session.session_id, "status": status}, message)
