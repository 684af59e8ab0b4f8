from __future__ import annotations

import base64
import binascii
import io
import re

import qrcode

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
PREFIX = "data:image/png;base64,"
LONGEST_TEXT = 2000
BOX_SIZE = 8
QUIET_ZONE = 4
CODE = re.compile(r"[^\s,]+(,[^\s,]+){2,}")


def picture_of(code: str) -> str | None:
	"""As `to_data_url`; None for what is no QR code."""
	try:
		return to_data_url(code)
	except ValueError:
		return None


def to_data_url(code: str) -> str:
	"""A PNG data URL from a data URL, a bare base64 PNG, or the text of a QR code: fields with commas between them.

	Raises `ValueError` for everything else, pictures in other formats included.
	"""
	code = code.strip()
	if not code:
		raise ValueError("The QR code is empty")
	is_url = code[:5].lower() == "data:"
	if is_url and code[: len(PREFIX)].lower() != PREFIX:
		raise ValueError("The QR code is a data URL of something else than a PNG picture")
	picture = decode_png(code[len(PREFIX) :] if is_url else code)
	if is_url and not picture:
		raise ValueError("The QR code is a data URL without a PNG picture in it")
	if not picture and not CODE.fullmatch(code):
		raise ValueError("This is neither a picture nor the text of a QR code")
	return encode(picture or render(code))


def decode_png(text: str) -> bytes:
	"""The picture, or nothing where the text is not one."""
	compact = re.sub(r"\s", "", text)
	try:
		picture = base64.b64decode(compact + "=" * (-len(compact) % 4), validate=True)
	except (binascii.Error, ValueError):
		return b""
	return picture if picture.startswith(PNG_MAGIC) else b""


def render(text: str) -> bytes:
	"""A PNG of the text, black on white with its quiet zone."""
	if len(text.encode("utf-8", "replace")) > LONGEST_TEXT:
		raise ValueError("The text is too long for a QR code")
	code = qrcode.QRCode(border=QUIET_ZONE, box_size=BOX_SIZE)
	code.add_data(text.encode("utf-8", "replace"))
	code.make(fit=True)
	picture = io.BytesIO()
	code.make_image(fill_color="black", back_color="white").save(picture, "PNG")
	return picture.getvalue()


def encode(picture: bytes) -> str:
	return PREFIX + base64.b64encode(picture).decode("ascii")
