import { isIPv4, isIPv6 } from "node:net";
import { invalid } from "./answers.js";

const NUMBER = /^[1-9]\d{0,15}$/;
const STATES = ["disconnected", "connecting", "connected", "qr_code", "error", "rate_limited"];

const secret = { type: "string", minLength: 16, maxLength: 255 };
const url = { type: "string", minLength: 1, maxLength: 2048 };
const events = { type: "array", maxItems: 50, items: { type: "string", maxLength: 100 } };
const key = { type: "string", pattern: "^[A-Za-z0-9_-]{3,100}$" };
const phone = { type: "string", pattern: "^[0-9]{8,15}$" };

/** JSON schemas of the bodies, without coercion: `"true"` is not true. */
export const BODIES = {
	create: {
		type: "object",
		required: ["sessionId", "sessionName"],
		properties: {
			sessionId: key,
			sessionName: { type: "string", minLength: 1, maxLength: 255, pattern: "\\S" },
			phoneNumber: phone,
			webhookUrl: url,
			webhookSecret: secret,
			webhookEvents: events,
			fromFrappe: { type: "boolean" },
		},
	},
	webhook: { type: "object", properties: { webhookUrl: url, webhookSecret: secret, webhookEvents: events } },
	toggle: { type: "object", required: ["sendToFrappe"], properties: { sendToFrappe: { type: "boolean" } } },
	pairing: {
		type: "object",
		required: ["phoneNumber"],
		properties: { phoneNumber: { ...phone, pattern: "^[1-9][0-9]{7,14}$" } },
	},
	test: {
		type: "object",
		required: ["sessionId"],
		properties: { sessionId: { type: "string", maxLength: 100 } },
	},
	text: {
		type: "object",
		required: ["to", "message"],
		properties: {
			to: {
				type: "string",
				pattern: "^(\\d{5,20}|\\d{5,20}@(s\\.whatsapp\\.net|c\\.us|lid)|[\\d-]{5,40}@g\\.us)$",
			},
			type: { const: "text" },
			message: { type: "string", minLength: 1, maxLength: 4096 },
		},
	},
};

/** @param {string} text @returns {number} */
export function numericId(text) {
	if (!isNumber(text)) throw invalid({ id: "requires numeric id" });
	return Number(text);
}

/** @param {string} text */
export function isNumber(text) {
	return NUMBER.test(text) && Number.isSafeInteger(Number(text));
}

/** @param {Record<string, unknown>} query @returns {{page: number, limit: number, status: string}} */
export function pageOf({ page = "1", limit = "10", status = "" }) {
	const wrong = {
		...(isNumber(String(page)) ? {} : { page: "must be a whole number from 1" }),
		...(isNumber(String(limit)) && Number(limit) <= 100
			? {}
			: { limit: "must be a whole number from 1 to 100" }),
		...(status === "" || STATES.includes(String(status)) ? {} : { status: "is not a known status" }),
	};
	if (Object.keys(wrong).length) throw invalid(wrong);
	return { page: Number(page), limit: Number(limit), status: String(status) };
}

/**
 * Webhooks leave by https; by http only to this machine and to the hosts that the configuration names.
 * @param {string} text @param {Set<string>} httpHosts
 */
export function checkWebhookUrl(text, httpHosts) {
	const address = URL.parse(text);
	if (!address || !/^https?:$/.test(address.protocol))
		throw invalid({ webhookUrl: "is not an https address" });
	if (address.username || address.password) throw invalid({ webhookUrl: "must not carry a password" });
	if (address.protocol === "http:" && !isLoopback(address.hostname) && !httpHosts.has(address.hostname)) {
		throw invalid({ webhookUrl: "must use https" });
	}
}

/** @param {string} host as `URL` writes it */
function isLoopback(host) {
	const bare = host.replace(/^\[|\]$/g, "");
	if (isIPv4(bare)) return bare.startsWith("127.");
	return isIPv6(bare) ? bare === "::1" : bare === "localhost" || bare.endsWith(".localhost");
}
