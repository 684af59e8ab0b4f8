from __future__ import annotations


def is_email_notifications_enabled(user: str) -> bool:
	"""As on Frappe for a user who has not changed the settings, which devsite does not offer."""
	return True
