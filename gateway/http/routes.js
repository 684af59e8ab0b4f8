import { iso, Refusal, success } from "./answers.js";
import { connect, disconnect, pairingCode, qr, restart, send } from "./linking_routes.js";
import { BODIES } from "./schemas.js";
import * as sessions from "./session_routes.js";
import { checkSignature, testWebhook, updateWebhook } from "./webhook_routes.js";

export const VERSION = "1.0.0";

/** What this server can do beyond the vendor's: `true`, or the route that does it. */
export const FEATURES = {
	pairingCode: "/api/sessions/{id}/pairing-code",
	webhookTest: "/api/webhooks/test/session",
	sendText: "/api/messages/{sessionId}/send",
	disconnectReason: true,
	reconnects: true,
	unlinksOnDelete: true,
};

/**
 * @typedef {object} Gateway what the handlers work on
 * @property {import("../config.js").Config} config
 * @property {import("../sessions/registry.js").Registry} registry
 * @property {import("../store/database.js").Database} database
 * @property {import("../store/sessions.js").SessionStore} sessions
 * @property {import("../webhooks/queue.js").WebhookQueue} webhooks
 * @property {() => Record<string, unknown>} detail
 *
 * @typedef {object} Call
 * @property {string} owner
 * @property {Record<string, string>} params
 * @property {Record<string, unknown>} query
 * @property {import("node:http").IncomingHttpHeaders} headers
 * @property {any} body
 * @property {Buffer} raw
 *
 * @typedef {object} Route
 * @property {"GET" | "POST" | "PUT" | "DELETE"} method
 * @property {string} path
 * @property {(gateway: Gateway, call: Call) => unknown} handler
 * @property {object} [body]
 * @property {boolean} [open] asks for no key
 * @property {number} [status]
 */

/** @type {Route[]} */
export const ROUTES = [
	{ method: "GET", path: "/health", handler: health, open: true },
	{ method: "POST", path: "/api/sessions", handler: sessions.create, body: BODIES.create, status: 201 },
	{ method: "GET", path: "/api/sessions", handler: sessions.list },
	{ method: "GET", path: "/api/sessions/stats", handler: sessions.stats },
	{ method: "GET", path: "/api/sessions/frappe/sessions", handler: sessions.frappeSessions },
	{
		method: "GET",
		path: "/api/sessions/:id",
		handler: sessions.get,
	},
	{ method: "DELETE", path: "/api/sessions/:id", handler: sessions.remove },
	{
		method: "GET",
		path: "/api/sessions/:id/status",
		handler: sessions.status,
	},
	{ method: "GET", path: "/api/sessions/:id/qr", handler: qr },
	{ method: "POST", path: "/api/sessions/:id/connect", handler: connect },
	{ method: "POST", path: "/api/sessions/:id/disconnect", handler: disconnect },
	{ method: "POST", path: "/api/sessions/:id/restart", handler: restart },
	{ method: "POST", path: "/api/sessions/:id/pairing-code", handler: pairingCode, body: BODIES.pairing },
	{ method: "PUT", path: "/api/sessions/:id/webhook", handler: updateWebhook, body: BODIES.webhook },
	{ method: "GET", path: "/api/sessions/:id/contacts", handler: sessions.contacts },
	{ method: "POST", path: "/api/sessions/:sessionId/sync", handler: sessions.sync },
	{ method: "POST", path: "/api/sessions/:sessionId/repair-conversations", handler: sessions.repair },
	{
		method: "POST",
		path: "/api/sessions/:id/frappe/configure",
		handler: sessions.configureFrappe,
		body: BODIES.toggle,
	},
	{ method: "GET", path: "/api/sessions/:id/frappe/status", handler: sessions.frappeStatus },
	{ method: "POST", path: "/api/messages/:sessionId/send", handler: send, body: BODIES.text },
	{ method: "GET", path: "/api/webhooks/test/connectivity", handler: connectivity, open: true },
	{ method: "POST", path: "/api/webhooks/test/signature", handler: checkSignature, open: true },
	{ method: "POST", path: "/api/webhooks/test/session", handler: testWebhook, body: BODIES.test },
];

/** @param {Gateway} gateway @param {Call} call */
function health(gateway, { query, owner }) {
	if (!gateway.database.healthy())
		throw new Refusal(503, { code: "STORAGE_ERROR", text: "The data folder cannot be written" });
	if ("detail" in query && !owner)
		throw new Refusal(401, { code: "MISSING_API_KEY", text: "The details need the API key" });
	const detail = "detail" in query ? { detail: gateway.detail() } : {};
	return {
		...success(undefined, "The gateway is running"),
		timestamp: iso(Date.now()),
		version: VERSION,
		environment: "gateway",
		features: FEATURES,
		...detail,
	};
}

function connectivity() {
	return {
		...success(undefined, "Connectivity is fine"),
		timestamp: iso(Date.now()),
		version: VERSION,
		server: "gateway",
	};
}
