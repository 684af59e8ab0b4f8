from __future__ import annotations

from datetime import datetime, timezone

import frappe
from frappe import _
from frappe.utils import cint

from xappiens_whatsapp import SESSION, SETTINGS, permissions
from xappiens_whatsapp.baileys.addresses import normalise_base_url
from xappiens_whatsapp.baileys.errors import InvalidAddressError
from xappiens_whatsapp.server import gateway, hosts
from xappiens_whatsapp.sessions import story, webhooks
from xappiens_whatsapp.site import address, copies, secrets, transactions
from xappiens_whatsapp.site.text import StorableDocument

SECRET_LENGTH = 48
LONGEST_TIMEOUT = 120
DEFAULT_TIMEOUT = 30
DELETE_ON_SERVER = "Delete on the server"
TOLD_FIELDS = (
	"enabled",
	"api_base_url",
	"api_key",
	"disconnect_mode",
	"send_alerts",
	"daily_proof",
	"webhook_enabled",
	"webhook_secret",
)
SECRETS = ("api_key", "webhook_secret")
KEPT = ("linked_site", "quiet_copy", "site_address", "key_address")


@transactions.in_own_transaction
def forget_numbers() -> None:
	"""Of other servers. After the save: a session that changes meanwhile does not keep anybody from saving the settings."""
	for other in (("!=", gateway.current_server()), ("is", "not set")):
		filters = {"session_db_id": (">", 0), "server_id": other}
		frappe.db.set_value(SESSION, filters, "session_db_id", 0, update_modified=False)
	frappe.db.commit()  # nosemgrep: frappe-manual-commit -- within a transaction of its own


def for_managers(words: str) -> str:
	"""Where the server is, nobody else reads."""
	if permissions.is_manager():
		return words
	return _("The server address of this site cannot be used. Tell whoever manages WhatsApp here.")


class WhatsAppSettings(StorableDocument):
	def validate(self) -> None:
		permissions.only_for_managers()
		self.keep_what_nobody_enters()
		self.validate_address()
		self.ask_for_key_of_new_host()
		self.validate_timeout()
		self.ensure_webhook_secret()
		self.validate_webhook_secret()

	def validate_address(self) -> None:
		self.api_base_url = (self.api_base_url or "").strip()
		if not self.api_base_url:
			return
		try:
			normalise_base_url(self.api_base_url)
		except InvalidAddressError:
			self.reject_address()
		if problem := hosts.problem_with(self.api_base_url):
			frappe.throw(problem)

	def keep_what_nobody_enters(self) -> None:
		"""A manager of WhatsApp does not say by a save that a copy is the real site; only an administrator's button does."""
		if before := self.get_doc_before_save():
			self.update({field: before.get(field) for field in KEPT})
		if not copies.is_copy():
			self.site_address = address.to_save()
			self.linked_site = self.linked_site or str(copies.here())

	def ask_for_key_of_new_host(self) -> None:
		"""A key is meant for one host: whoever may change the address must not have the stored one delivered elsewhere."""
		if not self.api_key or not self.is_dummy_password(self.api_key):
			self.key_address = self.api_base_url if self.api_key else ""
		elif (
			self.api_base_url and self.key_address and not hosts.is_same(self.key_address, self.api_base_url)
		):
			self.api_key = None
			self.key_address = ""
			frappe.msgprint(
				_(
					"The server address names another host now, so the API key was removed. Enter the key for it."
				),
				indicator="orange",
			)
		else:
			self.key_address = self.key_address or self.api_base_url

	def reject_address(self) -> None:
		words = _(
			"The server address {0} cannot be used. It must begin with https:// and name a host,"
			" such as https://api.example.com. Correct it in WhatsApp Settings."
		)
		frappe.throw(for_managers(words.format(frappe.bold(frappe.utils.escape_html(self.api_base_url)))))

	def validate_timeout(self) -> None:
		if not 0 <= cint(self.api_timeout) <= LONGEST_TIMEOUT:
			frappe.throw(_("The timeout must lie between 1 and {0} seconds.").format(LONGEST_TIMEOUT))

	def ensure_webhook_secret(self) -> None:
		if not self.webhook_secret:
			self.webhook_secret = frappe.generate_hash(length=SECRET_LENGTH)

	def validate_webhook_secret(self) -> None:
		if not self.is_dummy_password(self.webhook_secret):
			webhooks.check_webhook_secret(self.webhook_secret)

	def before_save(self) -> None:
		"""Here a new secret is still itself: afterwards it is as many stars, which show no change where it is as long as the old one."""
		kept = [field for field in SECRETS if self.keeps(field)]
		story.note_changes(self, SETTINGS, tuple(field for field in TOLD_FIELDS if field not in kept))

	def keeps(self, secret: str) -> bool:
		given = self.get(secret) or ""
		return self.is_dummy_password(given) or given == secrets.read(secret)

	def on_update(self) -> None:
		"""A number means another session on another server; each is found again by its session id."""
		before = self.get_doc_before_save()
		if before and before.api_base_url and before.api_base_url != self.api_base_url:
			frappe.db.after_commit.add(forget_numbers)

	def onload(self) -> None:
		permissions.only_for_managers()

	@property
	def webhook_url(self) -> str:
		return f"{address.of_site()}/api/method/{webhooks.METHOD}"

	@property
	def timeout_seconds(self) -> float:
		return float(cint(self.api_timeout) or DEFAULT_TIMEOUT)

	@property
	def deletes_on_disconnect(self) -> bool:
		return (self.disconnect_mode or DELETE_ON_SERVER) == DELETE_ON_SERVER

	def get_api_key(self) -> str:
		return secrets.read("api_key")

	def check_ready(self) -> str:
		"""The API key, when nothing keeps calls from going out."""
		api_key = self.get_api_key()
		if missing := self.what_is_missing(api_key):
			frappe.throw(missing)
		return api_key

	def what_is_missing(self, api_key: str | None = None) -> str:
		"""Whatever keeps every call from going out, said with the place to set it right; "" when nothing does."""
		if not self.enabled:
			return _("WhatsApp is switched off on this site. Tick Enabled in WhatsApp Settings.")
		if not (self.api_base_url or "").strip():
			return _("The server address is missing. Enter it in WhatsApp Settings.")
		if problem := hosts.problem_with(self.api_base_url):
			return for_managers(problem)
		if not (self.get_api_key() if api_key is None else api_key):
			return secrets.problem_with("api_key") or _(
				"The API key is missing. Enter it in WhatsApp Settings."
			)
		return ""

	def rotate_webhook_secret(self) -> None:
		"""The old secret stays valid for ten minutes, for calls that the server signed before it learned the new one."""
		self.previous_webhook_secret = secrets.read("webhook_secret")
		self.webhook_secret = frappe.generate_hash(length=SECRET_LENGTH)
		self.webhook_secret_rotated_on = datetime.now(timezone.utc).replace(tzinfo=None)
		self.save()
