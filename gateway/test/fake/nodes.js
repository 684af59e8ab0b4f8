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

/**
 * @param {string} tag
 * @param {import("./accounts.js").PublicKey} key
 */
export function keyNode(tag, { id, key, signature }) {
	const signed = signature ? [node("signature", {}, signature)] : [];
	return node(tag, {}, [node("id", {}, bytes(id, 3)), node("value", {}, key), ...signed]);
}

/**
 * @param {number} value
 * @param {number} length
 */
function bytes(value, length) {
	const buffer = Buffer.alloc(length);
	buffer.writeUIntBE(value, 0, length);
	return buffer;
}

/**
 * What somebody needs to begin a conversation: registration, identity and signed key.
 * @param {import("./accounts.js").Bundle} bundle
 */
export function bundleNodes({ registrationId, identity, signed }) {
	return [
		node("registration", {}, bytes(registrationId, 4)),
		node("identity", {}, identity),
		keyNode("skey", signed),
	];
}
