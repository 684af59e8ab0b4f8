from __future__ import annotations


class ValidationError(Exception):
	http_status_code = 417


class FrappeTypeError(TypeError):
	http_status_code = 417


class AuthenticationError(Exception):
	http_status_code = 401


class SessionExpired(Exception):
	http_status_code = 401


class PermissionError(Exception):
	http_status_code = 403


class DoesNotExistError(ValidationError):
	http_status_code = 404

	def __init__(self, *args: object, doctype: str | None = None) -> None:
		super().__init__(*args)
		self.doctype = doctype


class PageDoesNotExistError(ValidationError):
	http_status_code = 404


class NameError(Exception):
	http_status_code = 409


class DuplicateEntryError(NameError):
	pass


class OutgoingEmailError(Exception):
	http_status_code = 501


class CSRFTokenError(Exception):
	http_status_code = 400


class InvalidAuthorizationToken(CSRFTokenError):
	pass


class TooManyRequestsError(Exception):
	http_status_code = 429


class RateLimitExceededError(ValidationError):
	http_status_code = 429


class LinkExpired(ValidationError):
	http_status_code = 410


class QueueOverloaded(ValidationError):
	http_status_code = 503


class Redirect(Exception):
	def __init__(self, http_status_code: int = 301) -> None:
		self.http_status_code = http_status_code


class QueryTimeoutError(Exception):
	pass


class QueryDeadlockError(Exception):
	pass


class RetryBackgroundJobError(Exception):
	pass


def _validation_errors(*names: str) -> None:
	for name in names:
		globals()[name] = type(name, (ValidationError,), {"__module__": __name__})


_validation_errors(
	"AppNotInstalledError",
	"CannotChangeConstantError",
	"CharacterLengthExceededError",
	"DataError",
	"DocumentLockedError",
	"InvalidColumnName",
	"InvalidEmailAddressError",
	"InvalidNameError",
	"InvalidPhoneNumberError",
	"LinkExistsError",
	"LinkValidationError",
	"MandatoryError",
	"NonNegativeError",
	"TemplateNotFoundError",
	"TimestampMismatchError",
	"UniqueValidationError",
	"UpdateAfterSubmitError",
)
