from xappiens_whatsapp.sessions import webhooks
from xappiens_whatsapp.site import settings


def execute() -> None:
	"""Sessions that were created before test messages are told to the server anew, with the events of these."""
	if not settings.what_is_missing() and webhooks.webhook_arguments():
		webhooks.enqueue_registration()
