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


def _define(base: type[Exception], http_status_code: int | None, names: str) -> None:
	values = {"__module__": __name__} | ({"http_status_code": http_status_code} if http_status_code else {})
	globals().update({name: type(name, (base,), dict(values)) for name in names.split()})


_define(Exception, 400, "CSRFTokenError")
_define(Exception, 401, "AuthenticationError SessionExpired")
_define(Exception, 403, "PermissionError")
_define(Exception, 409, "NameError")
_define(Exception, 429, "TooManyRequestsError")
_define(Exception, 501, "OutgoingEmailError")
_define(Exception, None, "QueryTimeoutError QueryDeadlockError RetryBackgroundJobError")
_define(globals()["NameError"], 409, "DuplicateEntryError")
_define(globals()["CSRFTokenError"], 400, "InvalidAuthorizationToken")
_define(ValidationError, 404, "PageDoesNotExistError")
_define(ValidationError, 410, "LinkExpired")
_define(ValidationError, 429, "RateLimitExceededError")
_define(ValidationError, 503, "QueueOverloaded")
_define(
	ValidationError,
	417,
	"AppNotInstalledError CannotChangeConstantError CharacterLengthExceededError DataError DocumentLockedError "
	"InvalidEmailAddressError InvalidNameError LinkExistsError LinkValidationError MandatoryError "
	"NonNegativeError TimestampMismatchError UniqueValidationError UpdateAfterSubmitError",
)
