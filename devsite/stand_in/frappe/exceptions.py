from __future__ import annotations


class ValidationError(Exception):
	http_status_code = 417


class FrappeTypeError(TypeError):
	http_status_code = 417


class DoesNotExistError(ValidationError):
	http_status_code = 404

	def __init__(self, *args: object, doctype: str | None = None) -> None:
		super().__init__(*args)
		self.doctype = doctype


def _define(base: type[Exception], http_status_code: int, *names: str) -> None:
	values = {"__module__": __name__, "http_status_code": http_status_code}
	globals().update({name: type(name, (base,), dict(values)) for name in names})


_define(Exception, 400, "CSRFTokenError")
_define(Exception, 401, "AuthenticationError")
_define(Exception, 403, "PermissionError")
_define(Exception, 409, "NameError")
_define(Exception, 500, "QueryDeadlockError", "QueryTimeoutError")
_define(Exception, 501, "OutgoingEmailError")
_define(globals()["NameError"], 409, "DuplicateEntryError")
_define(ValidationError, 429, "RateLimitExceededError")
_define(ValidationError, 503, "QueueOverloaded")
_define(
	ValidationError, 417, "AppNotInstalledError", "CannotChangeConstantError", "CharacterLengthExceededError"
)
_define(ValidationError, 417, "IncompatibleApp", "LinkExistsError", "LinkValidationError")
_define(ValidationError, 417, "MandatoryError", "TimestampMismatchError", "UniqueValidationError")
