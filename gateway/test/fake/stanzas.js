import { getAllBinaryNodeChildren, getBinaryNodeChild, getBinaryNodeChildBuffer, getBinaryNodeChildren, getBinaryNodeChildUInt, jidDecode } from "baileys";
import { acknowledge, greet, relay } from "./messages.js";
import { bundleNodes, keyNode, node, now, result, SERVER } from "./nodes.js";
import { timelock } from "./standing.js";

/**
 * @typedef {import("baileys").BinaryNode} BinaryNode
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {(connection: Connection, stanza: BinaryNode) => unknown} Handler
 */

/** Queries by namespace; what is not here gets an empty result, as `passive`, `abt`, `privacy`, `w:p` and `w:stats` do. */
const QUERIES = /** @type {Record<string, Handler>} */ ({
	encrypt: keys,
	usync: users,
	md: device,
	blocklist: (connection, query) => connection.send(result(query, [node("list")])),
	"w:sync:app:state": appState,
	"w:mex": graph,
});

const STANZAS = /** @type {Record<string, Handler>} */ ({
	iq: (connection, stanza) => {
		if (stanza.attrs.type === "result") return signed(connection, stanza);
		const handler = QUERIES[stanza.attrs.xmlns];
		return handler ? handler(connection, stanza) : connection.send(result(stanza));
	},
	message: relay,
	receipt: acknowledge,
	ack: acknowledge,
});

/** @type {Handler} */
export function answer(connection, stanza) {
	if (connection.world.trouble.silent) return;
	return STANZAS[stanza.tag]?.(connection, stanza);
}

/** @param {Connection} connection @param {BinaryNode} stanza */
async function signed(connection, stanza) {
	const device = connection.pairing;
	if (!device || !getBinaryNodeChild(stanza, "pair-device-sign")) return;
	device.account.devices.set(device.id, device);
	connection.onSigned(device);
	await connection.finish(node("stream:error", { code: 515 }));
}

/** @param {Connection} connection @param {BinaryNode} query */
async function device(connection, query) {
	if (getBinaryNodeChild(query, "link_code_companion_reg")) return connection.world.codes.handle(connection, query);
	const removed = connection.device;
	if (!getBinaryNodeChild(query, "remove-companion-device") || !removed) return connection.send(result(query));
	removed.account.devices.delete(removed.id);
	await connection.finish(node("stream:error", { code: 401 }, [node("conflict", { type: "device_removed" })]));
}

/** @param {Connection} connection @param {BinaryNode} query */
async function keys(connection, query) {
	const [request] = getAllBinaryNodeChildren(query);
	const { device } = connection;
	if (!device) return connection.send(result(query));
	if (request.tag === "count") return connection.send(result(query, [node("count", { value: device.preKeys.length })]));
	if (request.tag === "digest") return connection.send(result(query, [node("digest")]));
	if (request.tag === "key") return connection.send(result(query, [node("list", {}, bundles(connection, request))]));
	await upload(connection, query);
}

/** @param {Connection} connection @param {BinaryNode} query */
async function upload(connection, query) {
	const device = /** @type {import("./accounts.js").Device} */ (connection.device);
	const identity = getBinaryNodeChildBuffer(query, "identity");
	const signed = getBinaryNodeChild(query, "skey");
	if (identity && signed) {
		const registrationId = /** @type {number} */ (getBinaryNodeChildUInt(query, "registration", 4));
		device.bundle = { identity: Buffer.from(identity), registrationId, signed: publicKey(signed) };
		device.preKeys.push(...getBinaryNodeChildren(getBinaryNodeChild(query, "list"), "key").map(publicKey));
	}
	await connection.send(result(query));
	await greet(device);
}

/**
 * @param {BinaryNode} key
 * @returns {import("./accounts.js").PublicKey}
 */
function publicKey(key) {
	const value = /** @type {Uint8Array} */ (getBinaryNodeChild(key, "value")?.content);
	const signature = /** @type {Uint8Array | undefined} */ (getBinaryNodeChild(key, "signature")?.content);
	return { id: /** @type {number} */ (getBinaryNodeChildUInt(key, "id", 3)), key: value, signature };
}

/**
 * @param {Connection} connection
 * @param {BinaryNode} request
 */
function bundles(connection, request) {
	return getBinaryNodeChildren(request, "user").map(({ attrs: { jid } }) => {
		const found = connection.world.find(jid);
		const bundle = found?.bundle;
		if (!bundle) return node("user", { jid }, [node("error", { code: 406, text: "not-acceptable" })]);
		return node("user", { jid }, [
			...bundleNodes(bundle),
			...("preKeys" in found ? found.preKeys.splice(0, 1).map((key) => keyNode("key", key)) : []),
		]);
	});
}

/**
 * Whoever is asked for is on WhatsApp, except numbers that the world calls strangers.
 * @param {Connection} connection
 * @param {BinaryNode} query
 */
async function users(connection, query) {
	const { world } = connection;
	const list = getBinaryNodeChild(getBinaryNodeChild(query, "usync"), "list");
	const found = getBinaryNodeChildren(list, "user").map((user) => {
		const phone = getBinaryNodeChild(user, "contact")?.content?.toString();
		const number = phone ? phone.replace("+", "") : (jidDecode(user.attrs.jid)?.user ?? "");
		const byLid = user.attrs.jid?.endsWith("@lid");
		const account = byLid ? world.accountByLid(number) : world.account(number);
		if (!account || world.strangers.has(account.number))
			return node("user", { jid: `${number}@${SERVER}` }, [node("contact", { type: "out" })]);
		return node("user", { jid: byLid ? account.lid : account.jid }, [
			node("devices", {}, [node("device-list", {}, devices(account))]),
			node("lid", { val: account.lid }),
			node("contact", { type: "in" }),
		]);
	});
	await connection.send(result(query, [node("usync", {}, [node("list", {}, found)])]));
}

/** @param {import("./accounts.js").Account} account */
function devices(account) {
	const linked = [...account.devices.values()].filter((device) => device.bundle);
	return [node("device", { id: 0 }), ...linked.map(({ id }) => node("device", { id, "key-index": id }))];
}

/** @param {Connection} connection @param {BinaryNode} query */
async function appState(connection, query) {
	const asked = getBinaryNodeChildren(getBinaryNodeChild(query, "sync"), "collection");
	const none = asked.map(({ attrs: { name } }) => node("collection", { name, version: 0, t: now() }));
	await connection.send(result(query, [node("sync", {}, none)]));
}

/** The only question in GraphQL that is answered: whether the account is restricted. @type {Handler} */
function graph(connection, query) {
	const data = { xwa2_fetch_account_reachout_timelock: timelock(connection.device?.account.restriction ?? null) };
	return connection.send(result(query, [node("result", {}, Buffer.from(JSON.stringify({ data })))]));
}
