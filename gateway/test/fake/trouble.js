import { node } from "./nodes.js";

/**
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {"stream" | "failure" | "cut" | "close" | "xmlstreamend" | "downgrade"} DropKind
 */

/** Conditions that WhatsApp names by a word beside or instead of a number. */
const CONFLICTS = /** @type {Record<number, [string, Record<string, string | number>]>} */ ({
	401: ["device_removed", { code: 401 }],
	440: ["replaced", {}],
});

/** @type {Record<DropKind, (connection: Connection, code: number) => Promise<void> | void>} */
const DROPS = {
	stream: (connection, code) => {
		const [type, attrs] = CONFLICTS[code] ?? ["", { code }];
		return connection.finish(node("stream:error", attrs, type ? [node("conflict", { type })] : undefined));
	},
	failure: (connection, code) => connection.finish(node("failure", { reason: code, location: "atn" })),
	cut: (connection) => connection.ws.terminate(),
	close: (connection) => connection.ws.close(),
	xmlstreamend: (connection) => connection.finish(node("xmlstreamend")),
	downgrade: (connection) => connection.finish(node("ib", {}, [node("downgrade_webclient")])),
};

/**
 * @param {Connection} connection
 * @param {{ code?: number, how?: DropKind }} [drop]
 */
export function drop(connection, { code = 428, how = "stream" } = {}) {
	return DROPS[how](connection, code);
}

/** What the server does wrong from now on. Counts run down to zero; -1 means always. */
export class Trouble {
	/** says nothing to anybody, on old connections and new ones */
	silent = false;
	/** offers codes to those who are not linked */
	offer = true;
	/** says that all messages from the time offline are there */
	offline = true;
	#refused = { value: 0, times: 0 };
	#admission = { value: 0, times: 0 };
	#nack = { value: 0, times: 0 };

	/** @param {number} status answered instead of the upgrade @param {number} [times] */
	refuseUpgrades(status, times = -1) {
		this.#refused = { value: status, times };
	}

	/** @param {number} code the reason of the failure at login or registration @param {number} [times] */
	failAdmissions(code, times = -1) {
		this.#admission = { value: code, times };
	}

	/** @param {number} code the error in the acknowledgement of a message @param {number} [times] */
	refuseMessages(code, times = -1) {
		this.#nack = { value: code, times };
	}

	upgrade() {
		return take(this.#refused);
	}

	admission() {
		return take(this.#admission);
	}

	nack() {
		return take(this.#nack);
	}
}

/**
 * @param {{ value: number, times: number }} fault
 * @returns {number | undefined} its value while it lasts
 */
function take(fault) {
	if (!fault.times || !fault.value) return undefined;
	if (fault.times > 0) fault.times -= 1;
	return fault.value;
}
