/** @typedef {import("baileys").BinaryNode} BinaryNode */

export const SERVER = "s.whatsapp.net";

/**
 * @param {string} tag
 * @param {Record<string, string | number | undefined>} [attrs] an undefined one is left out
 * @param {BinaryNode[] | Uint8Array | string} [content]
 * @returns {BinaryNode}
 */
export function node(tag, attrs = {}, content) {
	const given = Object.entries(attrs).filter(([, value]) => value !== undefined);
	return { tag, attrs: Object.fromEntries(given.map(([name, value]) => [name, String(value)])), content };
}

/**
 * The answer to a query.
 * @param {BinaryNode} query
 * @param {BinaryNode[]} [content]
 */
export function result(query, content) {
	return node("iq", { id: query.attrs.id, from: SERVER, type: "result" }, content);
}

/**
 * @param {BinaryNode} query
 * @param {number} code
 * @param {string} text
 */
export function refusal(query, code, text) {
	return node("iq", { id: query.attrs.id, from: SERVER, type: "error" }, [node("error", { code, text })]);
}

/** Seconds, as stanzas carry them. */
export const now = () => Math.floor(Date.now() / 1000);
