import { LimitReached, SessionExists } from "../sessions/registry.js";
import { NotWaiting } from "../sessions/session.js";
import { WhatsAppRefused } from "../sessions/socket.js";
import { bodyOf, deliver, sign } from "../webhooks/delivery.js";
import { timingSafeEqual } from "node:crypto";
import { invalid, iso, Refusal, success } from "./answers.js";
import { BODIES, checkWebhookUrl, isNumber, numericId, pageOf } from "./schemas.js";
import { codeOf, createdOf, detailOf, rowOf, statusOf } from "./shapes.js";

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
	{ method: "POST", path: "/api/sessions", handler: create, body: BODIES.create, status: 201 },
	{ method: "GET", path: "/api/sessions", handler: list },
	{ method: "GET", path: "/api/sessions/stats", handler: stats },
	{ method: "GET", path: "/api/sessions/frappe/sessions", handler: frappeSessions },
	{ method: "GET", path: "/api/sessions/:id", handler: (gateway, call) => success({ session: detailOf(byEither(gateway, call)) }) },
	{ method: "DELETE", path: "/api/sessions/:id", handler: remove },
	{ method: "GET", path: "/api/sessions/:id/status", handler: (gateway, call) => success(statusOf(byId(gateway, call))) },
	{ method: "GET", path: "/api/sessions/:id/qr", handler: qr },
	{ method: "POST", path: "/api/sessions/:id/connect", handler: connect },
	{ method: "POST", path: "/api/sessions/:id/disconnect", handler: disconnect },
	{ method: "POST", path: "/api/sessions/:id/restart", handler: restart },
	{ method: "POST", path: "/api/sessions/:id/pairing-code", handler: pairingCode, body: BODIES.pairing },
	{ method: "PUT", path: "/api/sessions/:id/webhook", handler: updateWebhook, body: BODIES.webhook },
	{ method: "GET", path: "/api/sessions/:id/contacts", handler: contacts },
	{ method: "POST", path: "/api/sessions/:sessionId/sync", handler: sync },
	{ method: "POST", path: "/api/sessions/:sessionId/repair-conversations", handler: repair },
	{ method: "POST", path: "/api/sessions/:id/frappe/configure", handler: configureFrappe, body: BODIES.toggle },
	{ method: "GET", path: "/api/sessions/:id/frappe/status", handler: frappeStatus },
	{ method: "POST", path: "/api/messages/:sessionId/send", handler: send, body: BODIES.text },
	{ method: "GET", path: "/api/webhooks/test/connectivity", handler: connectivity, open: true },
	{ method: "POST", path: "/api/webhooks/test/signature", handler: checkSignature, open: true },
	{ method: "POST", path: "/api/webhooks/test/session", handler: testWebhook, body: BODIES.test },
];

/** @param {Gateway} gateway @param {Call} call */
function health(gateway, { query, owner }) {
	if (!gateway.database.healthy()) throw new Refusal(503, { code: "STORAGE_ERROR", text: "The data folder cannot be written" });
	if ("detail" in query && !owner) throw new Refusal(401, { code: "MISSING_API_KEY", text: "The details need the API key" });
	const detail = "detail" in query ? { detail: gateway.detail() } : {};
	return { ...success(undefined, "The gateway is running"), timestamp: iso(Date.now()), version: VERSION, environment: "gateway", features: FEATURES, ...detail };
}

/** @param {Gateway} gateway @param {Call} call */
function create({ registry, config }, { owner, body, headers }) {
	const fields = {
		owner,
		session_id: body.sessionId,
		name: wellFormed("sessionName", body.sessionName),
		expected_number: body.phoneNumber ?? null,
		send_to_frappe: Number(headers["x-frappe-origin"] === "true" || body.fromFrappe === true),
		webhook_events: JSON.stringify(body.webhookEvents ?? []),
		...webhookOf(config, body, { webhook_url: null, webhook_secret: null }),
	};
	try {
		return success({ session: createdOf(registry.create(fields)) }, "Session created");
	} catch (error) {
		if (error instanceof SessionExists) throw new Refusal(409);
		if (error instanceof LimitReached) throw new Refusal(409, { code: "LIMIT_REACHED", text: `This gateway has its ${config.maxSessions} sessions (GATEWAY_MAX_SESSIONS)` });
		throw error;
	}
}

/** @param {Gateway} gateway @param {Call} call */
function list({ registry }, { owner, query }) {
	const { page, limit, status } = pageOf(query);
	const found = registry.all(owner).filter((session) => !status || session.state === status);
	const sessions = found.slice((page - 1) * limit, page * limit).map(rowOf);
	return success({ sessions, pagination: { total: found.length, page, limit, pages: Math.ceil(found.length / limit) } });
}

/** @param {Gateway} gateway @param {Call} call */
function stats({ registry }, { owner }) {
	const sessions = registry.all(owner);
	return success({ stats: { total: sessions.length, connected: sessions.filter((session) => session.isConnected).length } });
}

/** @param {Gateway} gateway @param {Call} call */
function frappeSessions({ registry }, { owner }) {
	return success({ sessions: registry.all(owner).filter(({ row }) => row.send_to_frappe).map(rowOf) });
}

/** @param {Gateway} gateway @param {Call} call */
async function remove(gateway, call) {
	const session = byId(gateway, call);
	const wasPaired = session.paired;
	const unlinked = await gateway.registry.remove(session);
	const { id, session_id: sessionId } = session.row;
	return success({ id, sessionId, wasLinked: wasPaired, unlinked }, unlinked ? "Session deleted" : "Session deleted; the phone lists it until WhatsApp can be reached");
}

/** @param {Gateway} gateway @param {Call} call */
function qr(gateway, call) {
	const code = codeOf(byId(gateway, call));
	if (!code) throw new Refusal(500, { code: "QR_GENERATION_ERROR", text: "There is no code to scan now" });
	return success(code);
}

/** @param {Gateway} gateway @param {Call} call */
function connect(gateway, call) {
	const session = byId(gateway, call);
	session.connect();
	return action(session, "Connecting");
}

/** @param {Gateway} gateway @param {Call} call */
function disconnect(gateway, call) {
	const session = byId(gateway, call);
	session.disconnect();
	return action(session, "Session disconnected");
}

/** @param {Gateway} gateway @param {Call} call */
function restart(gateway, call) {
	const session = byId(gateway, call);
	session.restart();
	return action(session, "Session restarted");
}

/** @param {Gateway} gateway @param {Call} call */
async function pairingCode(gateway, call) {
	const session = byId(gateway, call);
	try {
		const { code, expiresAt } = await session.pairingCode(call.body.phoneNumber);
		return success({ sessionId: session.row.session_id, code, expiresAt: iso(expiresAt) });
	} catch (error) {
		if (error instanceof NotWaiting) throw new Refusal(409, { code: "SESSION_NOT_WAITING", text: "The session does not wait for a phone: connect it first" });
		throw asWhatsAppError(error);
	}
}

/** @param {Gateway} gateway @param {Call} call */
function updateWebhook(gateway, call) {
	const { row } = byId(gateway, call);
	if (call.body.webhookUrl === undefined && call.body.webhookSecret === undefined) throw invalid({ webhookUrl: "webhookUrl or webhookSecret is required" });
	const change = webhookOf(gateway.config, call.body, row);
	gateway.database.transaction(() => {
		gateway.sessions.update(row.id, change);
		if (change.webhook_url) gateway.webhooks.redirect(row.id, change.webhook_url, change.webhook_secret);
	});
	Object.assign(row, change);
	return success({ id: row.id, sessionId: row.session_id }, "Webhook updated");
}

/** @param {Gateway} gateway @param {Call} call */
function contacts(gateway, call) {
	byId(gateway, call);
	return success({ contacts: [], total: 0, source: "database" });
}

/** @param {Gateway} gateway @param {Call} call */
function sync(gateway, call) {
	const session = connected(byName(gateway, call));
	const counts = { contactsSynced: 0, chatsSynced: 0, timestamp: iso(Date.now()) };
	return success({ sessionId: session.row.session_id, ...counts }, "Nothing to synchronise: this gateway keeps no contacts");
}

/** @param {Gateway} gateway @param {Call} call */
function repair(gateway, call) {
	const session = byName(gateway, call);
	return success({ sessionId: session.row.session_id, repairedConversations: [], totalRepaired: 0, timestamp: iso(Date.now()) });
}

/** @param {Gateway} gateway @param {Call} call */
function configureFrappe(gateway, call) {
	const { row } = byId(gateway, call);
	const { sendToFrappe } = call.body;
	gateway.sessions.update(row.id, { send_to_frappe: Number(sendToFrappe) });
	row.send_to_frappe = Number(sendToFrappe);
	return success({ sessionId: row.session_id, sendToFrappe }, sendToFrappe ? "Integration on" : "Integration off");
}

/** @param {Gateway} gateway @param {Call} call */
function frappeStatus(gateway, call) {
	const { sessionId, sendToFrappe, status, sessionName } = rowOf(byId(gateway, call));
	return success({ sessionId, sendToFrappe, status, sessionName });
}

/** @param {Gateway} gateway @param {Call} call */
async function send(gateway, call) {
	const session = connected(byName(gateway, call));
	const { to, message } = call.body;
	const jid = to.includes("@") ? to.replace("@c.us", "@s.whatsapp.net") : `${to}@s.whatsapp.net`;
	try {
		const { id, chatId, timestamp } = await session.sendText(jid, wellFormed("message", message));
		const sent = { whatsappMessageId: id, chatId, fromMe: true, body: message, type: "text", status: "sent", timestamp: iso(timestamp * 1000) };
		return success({ message: sent }, "Message sent");
	} catch (error) {
		throw asWhatsAppError(error);
	}
}

function connectivity() {
	return { ...success(undefined, "Connectivity is fine"), timestamp: iso(Date.now()), version: VERSION, server: "gateway" };
}

/** Whether the body was signed with the secret of a session of that name. @param {Gateway} gateway @param {Call} call */
function checkSignature({ registry }, { headers, raw }) {
	const sessionId = String(headers["x-webhook-session"] ?? "");
	const named = registry.all().filter(({ row }) => row.session_id === sessionId);
	if (!named.length) throw new Refusal(404);
	const given = Buffer.from(String(headers["x-webhook-signature"] ?? ""));
	const valid = named.some(({ row }) => row.webhook_secret && equal(given, Buffer.from(sign(raw, row.webhook_secret))));
	return success({ valid, event: String(headers["x-webhook-event"] ?? ""), sessionId });
}

/** @param {Gateway} gateway @param {Call} call */
async function testWebhook(gateway, { owner, body }) {
	const { row } = known(gateway.registry.byName(owner, body.sessionId));
	if (!row.webhook_url) throw invalid({ sessionId: "has no webhook" });
	const event = "webhook.test";
	const delivery = { url: row.webhook_url, secret: row.webhook_secret, event, session_id: row.session_id, body: bodyOf(row, event, {}) };
	const { status, cause } = await deliver(delivery, gateway.config.times.webhookTimeout);
	return success({ status, cause: cause ?? null });
}

/** @param {Gateway} gateway @param {Call} call by number only, as the contract's server wants it */
function byId({ registry }, { owner, params }) {
	return known(registry.byId(owner, numericId(params.id)));
}

/** @param {Gateway} gateway @param {Call} call */
function byName({ registry }, { owner, params }) {
	return known(registry.byName(owner, params.sessionId));
}

/** @param {Gateway} gateway @param {Call} call */
function byEither({ registry }, { owner, params }) {
	const { id } = params;
	return known((isNumber(id) ? registry.byId(owner, Number(id)) : undefined) ?? registry.byName(owner, id));
}

/** @template T @param {T | undefined} session @returns {T} */
function known(session) {
	if (!session) throw new Refusal(404);
	return session;
}

/** @param {import("../sessions/session.js").Session} session */
function connected(session) {
	if (!session.isConnected) throw new Refusal(400, { code: "SESSION_NOT_CONNECTED", text: "The session must be connected" });
	return session;
}

/** @param {import("../sessions/session.js").Session} session @param {string} message */
function action(session, message) {
	return success({ sessionId: session.row.session_id, status: session.state }, message);
}

/** @param {import("../config.js").Config} config @param {{webhookUrl?: string, webhookSecret?: string}} body @param {{webhook_url: string | null, webhook_secret: string | null}} current */
function webhookOf({ httpWebhookHosts }, { webhookUrl, webhookSecret }, current) {
	if (webhookUrl !== undefined) checkWebhookUrl(webhookUrl, httpWebhookHosts);
	if (webhookSecret !== undefined) wellFormed("webhookSecret", webhookSecret);
	return { webhook_url: webhookUrl ?? current.webhook_url, webhook_secret: webhookSecret ?? current.webhook_secret };
}

/** Half an emoji and a zero byte survive no database. @param {string} field @param {string} text */
function wellFormed(field, text) {
	if (!text.isWellFormed() || text.includes("\0")) throw invalid({ [field]: "is not well-formed text" });
	return text;
}

/** @param {unknown} error */
function asWhatsAppError(error) {
	return error instanceof WhatsAppRefused ? new Refusal(500, { code: "WHATSAPP_ERROR", text: error.message }) : error;
}

/** @param {Buffer} one @param {Buffer} other */
function equal(one, other) {
	return one.length === other.length && timingSafeEqual(one, other);
}
