import { createHmac } from "node:crypto";
import { request as http } from "node:http";
import { request as https } from "node:https";

const CAUSES = /** @type {Record<string, string>} */ ({
	ENOTFOUND: "dns",
	EAI_AGAIN: "dns",
	ECONNREFUSED: "refused",
	ETIMEDOUT: "timeout",
	EHOSTUNREACH: "unreachable",
	ENETUNREACH: "unreachable",
});
const LARGEST_RESPONSE = 65_536;

/** @typedef {{status: number, cause?: undefined} | {status: null, cause: string}} Outcome */

/**
 * The same bytes for every attempt. `timestamp` is now, unless `data` knows better.
 * @param {{id: number, session_id: string}} row
 * @param {string} event
 * @param {Record<string, unknown>} data
 */
export function bodyOf(row, event, data) {
	const timestamp = new Date().toISOString();
	return JSON.stringify({
		event,
		data: { sessionId: row.session_id, session_db_id: row.id, timestamp, ...data },
	});
}

/** @param {string | Buffer} body @param {string} secret */
export function sign(body, secret) {
	return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

/**
 * One attempt; never rejects.
 * @param {{url: string, secret: string | null, body: string, event: string, session_id: string}} delivery @param {number} timeout milliseconds
 * @returns {Promise<Outcome>}
 */
export function deliver(delivery, timeout) {
	return new Promise((resolve) => {
		const send = delivery.url.startsWith("https:") ? https : http;
		const signal = AbortSignal.timeout(timeout);
		const options = { method: "POST", headers: headersOf(delivery), signal, agent: false };
		try {
			const request = send(delivery.url, options, (response) => answered(response, resolve));
			request.on("error", (error) =>
				resolve({ status: null, cause: signal.aborted ? "timeout" : causeOf(error) }),
			);
			request.end(delivery.body);
		} catch (error) {
			resolve({ status: null, cause: causeOf(error) });
		}
	});
}

/**
 * The status is all that counts; what the receiver says is not kept.
 * @param {import("node:http").IncomingMessage} response
 * @param {(outcome: Outcome) => void} resolve
 */
function answered(response, resolve) {
	resolve({ status: response.statusCode ?? 0 });
	let length = 0;
	response.on("data", (part) => (length += part.length) > LARGEST_RESPONSE && response.destroy());
	response.on("error", () => {});
}

/** @param {{body: string, secret: string | null, event: string, session_id: string}} delivery */
function headersOf({ body, secret, event, session_id }) {
	return {
		"Content-Type": "application/json",
		"Content-Length": Buffer.byteLength(body),
		"X-Webhook-Event": event,
		"X-Webhook-Session": session_id,
		"X-Webhook-Timestamp": String(Date.now()),
		...(secret ? { "X-Webhook-Signature": sign(body, secret) } : {}),
	};
}

/** @param {any} error */
function causeOf(error) {
	const code = String(error?.code ?? "");
	if (CAUSES[code]) return CAUSES[code];
	return /^(ERR_SSL|ERR_TLS|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED|EPROTO)/.test(code) ? "tls" : "reset";
}
