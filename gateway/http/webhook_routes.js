import { timingSafeEqual } from "node:crypto";
import { bodyOf, deliver, sign } from "../webhooks/delivery.js";
import { invalid, Refusal, success } from "./answers.js";
import { byId, known, wellFormed } from "./finding.js";
import { checkWebhookUrl } from "./schemas.js";

/** @typedef {import("./routes.js").Gateway} Gateway */
/** @typedef {import("./routes.js").Call} Call */

/** @param {Gateway} gateway @param {Call} call */
export function updateWebhook(gateway, call) {
	const { row } = byId(gateway, call);
	if (call.body.webhookUrl === undefined && call.body.webhookSecret === undefined)
		throw invalid({ webhookUrl: "webhookUrl or webhookSecret is required" });
	const change = webhookOf(gateway.config, call.body, row);
	gateway.database.transaction(() => {
		gateway.sessions.update(row.id, change);
		if (change.webhook_url) gateway.webhooks.redirect(row.id, change.webhook_url, change.webhook_secret);
	});
	Object.assign(row, change);
	return success({ id: row.id, sessionId: row.session_id }, "Webhook updated");
}

/** @param {Gateway} gateway @param {Call} call */
export async function testWebhook(gateway, { owner, body }) {
	const { row } = known(gateway.registry.byName(owner, body.sessionId));
	if (!row.webhook_url) throw invalid({ sessionId: "has no webhook" });
	const event = "webhook.test";
	const delivery = {
		url: row.webhook_url,
		secret: row.webhook_secret,
		event,
		session_id: row.session_id,
		body: bodyOf(row, event, {}),
	};
	const { status, cause } = await deliver(delivery, gateway.config.times.webhookTimeout);
	return success({ status, cause: cause ?? null });
}

/**
 * Whether the body was signed with the secret of a session of that name.
 * @param {Gateway} gateway
 * @param {Call} call
 */
export function checkSignature({ registry }, { headers, raw }) {
	const sessionId = String(headers["x-webhook-session"] ?? "");
	const named = registry.all().filter(({ row }) => row.session_id === sessionId);
	if (!named.length) throw new Refusal(404);
	const given = Buffer.from(String(headers["x-webhook-signature"] ?? ""));
	const valid = named.some(
		({ row }) => row.webhook_secret && equal(given, Buffer.from(sign(raw, row.webhook_secret))),
	);
	return success({ valid, event: String(headers["x-webhook-event"] ?? ""), sessionId });
}

/**
 * @param {import("../config.js").Config} config
 * @param {{webhookUrl?: string, webhookSecret?: string, webhookEvents?: string[]}} body
 * @param {{webhook_url: string | null, webhook_secret: string | null, webhook_events: string}} current
 */
export function webhookOf({ httpWebhookHosts }, { webhookUrl, webhookSecret, webhookEvents }, current) {
	if (webhookUrl !== undefined) checkWebhookUrl(webhookUrl, httpWebhookHosts);
	if (webhookSecret !== undefined) wellFormed("webhookSecret", webhookSecret);
	return {
		webhook_url: webhookUrl ?? current.webhook_url,
		webhook_secret: webhookSecret ?? current.webhook_secret,
		webhook_events: webhookEvents ? JSON.stringify(webhookEvents) : current.webhook_events,
	};
}

/** @param {Buffer} one @param {Buffer} other */
function equal(one, other) {
	return one.length === other.length && timingSafeEqual(one, other);
}
