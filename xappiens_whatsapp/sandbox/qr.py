"""Draw the text of a QR code as the PNG data URL that the server hands out."""

from __future__ import annotations

import base64
import io
from functools import lru_cache

DATA_URL_PREFIX = "data:image/png;base64,"
MASK_PATTERN = 2
"""Any mask is valid; choosing the best one costs ten times the drawing."""


@lru_cache(maxsize=256)
def base64_of(text: str, picture_format: str) -> str:
	import qrcode

	code = qrcode.QRCode(
		error_correction=qrcode.constants.ERROR_CORRECT_L, box_size=6, border=4, mask_pattern=MASK_PATTERN
	)
	code.add_data(text)
	picture = io.BytesIO()
	code.make_image().save(picture, picture_format)
	return base64.b64encode(picture.getvalue()).decode("ascii")


def png_base64(text: str) -> str:
	return base64_of(text, "PNG")


def data_url(text: str) -> str:
	return DATA_URL_PREFIX + png_base64(text)
