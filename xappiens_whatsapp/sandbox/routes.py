"""The REST routes of the contract."""

from __future__ import annotations

from . import services, sessions
from .calls import Route

ROUTES = (
	Route("health", "GET", "/health", services.get_health, needs_key=False),
	Route("create", "POST", "/api/sessions", sessions.create_session),
	Route("list", "GET", "/api/sessions", sessions.list_sessions),
	Route("stats", "GET", "/api/sessions/stats", services.get_stats),
	Route("frappe_sessions", "GET", "/api/sessions/frappe/sessions", services.list_frappe_sessions),
	Route("get", "GET", "/api/sessions/<id>", sessions.get_session),
	Route("delete", "DELETE", "/api/sessions/<id>", sessions.delete_session),
	Route("status", "GET", "/api/sessions/<id>/status", sessions.get_status),
	Route("qr", "GET", "/api/sessions/<id>/qr", sessions.get_qr),
	Route("connect", "POST", "/api/sessions/<id>/connect", sessions.connect_session),
	Route("disconnect", "POST", "/api/sessions/<id>/disconnect", sessions.disconnect_session),
	Route("restart", "POST", "/api/sessions/<id>/restart", sessions.restart_session),
	Route("pairing_code", "POST", "/api/sessions/<id>/pairing-code", sessions.create_pairing_code),
	Route("webhook", "PUT", "/api/sessions/<id>/webhook", sessions.update_webhook),
	Route("contacts", "GET", "/api/sessions/<id>/contacts", services.get_contacts),
	Route("sync", "POST", "/api/sessions/<sessionId>/sync", services.sync_session),
	Route("repair", "POST", "/api/sessions/<sessionId>/repair-conversations", services.repair_conversations),
	Route("frappe_configure", "POST", "/api/sessions/<id>/frappe/configure", services.configure_frappe),
	Route("frappe_status", "GET", "/api/sessions/<id>/frappe/status", services.get_frappe_status),
	Route(
		"connectivity", "GET", "/api/webhooks/test/connectivity", services.get_connectivity, needs_key=False
	),
	Route("webhook_test", "POST", "/api/webhooks/test/session", services.test_webhook, stands_still=False),
	Route("send", "POST", "/api/messages/<sessionId>/send", services.send_message),
	Route("messages", "GET", "/api/messages/<sessionId>", services.list_messages),
	Route("signature", "POST", "/api/webhooks/test/signature", services.check_signature, needs_key=False),
)
