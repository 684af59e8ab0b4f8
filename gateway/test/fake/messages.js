import { getBinaryNodeChild, getBinaryNodeChildren, KEY_BUNDLE_TYPE, proto, unpadRandomMax16, writeRandomPadMax16 } from "baileys";
import libsignal from "libsignal";
import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import { bundleNodes, node, now } from "./nodes.js";
import { typed } from "./noise.js";

/**
 * @typedef {import("baileys").BinaryNode} BinaryNode
 * @typedef {import("./accounts.js").Account} Account
 * @typedef {import("./accounts.js").Device} Device
 * @typedef {import("./connection.js").Connection} Connection
 */

const { ProtocolAddress, SessionBuilder, SessionCipher } = /** @type {any} */ (libsignal);

export const newMessageId = () => `3EB0${randomBytes(9).toString("hex").toUpperCase()}`;

/**
 * @param {Account} owner whose sessions are used
 * @param {Device} device
 */
function cipher(owner, device) {
	return new SessionCipher(owner.store, new ProtocolAddress(device.account.lidUser, device.id));
}

/**
 * The phone of `sender` says something to one linked device, which gets it as soon as it is there.
 * @param {Account} sender
 * @param {Device} device
 * @param {proto.IMessage} message
 * @param {Record<string, string>} attrs
 */
async function tell(sender, device, message, attrs) {
	if (!device.bundle) return;
	const talk = cipher(sender, device);
	if (!(await talk.hasOpenSession())) await openSession(sender, device);
	sender.sent.set(attrs.id, message);
	const { type, body } = await talk.encrypt(writeRandomPadMax16(proto.Message.encode(message).finish()));
	const sealed = node("enc", { v: 2, type: type === 3 ? "pkmsg" : "msg" }, Buffer.from(body, "binary"));
	const stanza = node("message", { from: sender.jid, sender_lid: sender.lid, t: now(), ...attrs }, [sealed]);
	device.queue.set(attrs.id, stanza);
	await device.connection?.send(stanza);
}

/**
 * @param {Account} owner
 * @param {Device} device
 */
async function openSession(owner, device) {
	const { identity, registrationId, signed } = /** @type {import("./accounts.js").Bundle} */ (device.bundle);
	const [preKey] = device.preKeys.splice(0, 1);
	const address = new ProtocolAddress(device.account.lidUser, device.id);
	await new SessionBuilder(owner.store, address).initOutgoing({
		registrationId,
		identityKey: typed(identity),
		signedPreKey: { keyId: signed.id, publicKey: typed(signed.key), signature: signed.signature },
		preKey: preKey && { keyId: preKey.id, publicKey: typed(preKey.key) },
	});
}

/**
 * @param {Account} sender
 * @param {Account} to
 * @param {string} text
 * @returns {Promise<string>} the message's id
 */
export async function sendText(sender, to, text) {
	const id = newMessageId();
	const attrs = { id, type: "text", notify: `Contact ${sender.number.slice(-3)}` };
	sender.sentTo.add(to.number);
	for (const device of to.devices.values()) await tell(sender, device, { conversation: text }, attrs);
	return id;
}

/**
 * The first thing that a phone sends to a new device is its history; Baileys holds back all events until it is there.
 * @param {Device} device
 */
export async function greet(device) {
	if (device.greeted) return;
	device.greeted = true;
	const { INITIAL_BOOTSTRAP: syncType } = proto.HistorySync.HistorySyncType;
	const history = deflateSync(proto.HistorySync.encode({ syncType, progress: 100 }).finish());
	const historySyncNotification = { syncType, progress: 100, chunkOrder: 1, initialHistBootstrapInlinePayload: history };
	const type = proto.Message.ProtocolMessage.Type.HISTORY_SYNC_NOTIFICATION;
	const message = { protocolMessage: { type, historySyncNotification } };
	await tell(device.account, device, message, { id: newMessageId(), type: "text", category: "peer" });
}

/**
 * What was not confirmed comes again, marked as `offline`.
 * @param {Device} device
 */
export async function redeliver(device) {
	for (const stanza of device.queue.values()) {
		const again = { ...stanza, attrs: { ...stanza.attrs, offline: "1" } };
		await device.connection?.send(again);
	}
	return device.queue.size;
}

/**
 * A receipt or acknowledgement of a device.
 * @param {Connection} connection
 * @param {BinaryNode} stanza
 */
export async function acknowledge(connection, stanza) {
	const { device, world } = connection;
	const { id, to, type } = stanza.attrs;
	if (!device) return;
	const mine = device.queue.get(id);
	const author = world.find(mine?.attrs.from ?? to ?? "");
	const account = author && "devices" in author ? author : undefined;
	if (stanza.tag === "receipt") await connection.send(node("ack", { id, class: "receipt", from: to, type }));
	if (type === "retry" && mine && account?.sent.has(id)) {
		connection.replaced.add(id);
		return again(account, device, mine);
	}
	// Baileys asks again, and then refuses the copy that it could not read: the one that has come instead stays
	if (!(stanza.attrs.error && connection.replaced.delete(id))) device.queue.delete(id);
	if (stanza.attrs.error) account?.unread.push(id);
	else if (stanza.tag === "receipt") account?.receipts.push({ id, by: device.account.number, type: type ?? "delivered" });
}

/**
 * A device could not read a message: it comes again, in a new session.
 * @param {Account} sender
 * @param {Device} device
 * @param {BinaryNode} stanza
 */
async function again(sender, device, { attrs }) {
	await openSession(sender, device);
	await tell(sender, device, /** @type {proto.IMessage} */ (sender.sent.get(attrs.id)), attrs);
}

/**
 * A message of a device: every phone and device that it is for gets its copy.
 * @param {Connection} connection
 * @param {BinaryNode} stanza
 */
export async function relay(connection, stanza) {
	const { device, world } = connection;
	const { id, to } = stanza.attrs;
	if (!device) return;
	const error = world.trouble.nack() ?? locked(world, device.account, to);
	await connection.send(node("ack", { id, class: "message", from: to, t: now(), error }));
	if (error) return;
	for (const copy of copies(stanza)) await deliver(world, device, copy, stanza);
}

/**
 * An account that is restricted may answer those who have written to it, and nobody else.
 * @param {import("./server.js").World} world
 * @param {Account} account
 * @param {string} to
 */
function locked(world, account, to) {
	const target = world.find(to);
	if (!account.restriction || !target || target === account) return undefined;
	const hasWritten = "sentTo" in target && target.sentTo.has(account.number);
	return hasWritten ? undefined : 463;
}

/** @param {BinaryNode} stanza */
function copies(stanza) {
	const many = getBinaryNodeChildren(getBinaryNodeChild(stanza, "participants"), "to");
	const list = many.length ? many : [{ ...stanza, attrs: { jid: stanza.attrs.to } }];
	return list.map((one) => ({ to: one.attrs.jid, sealed: /** @type {BinaryNode} */ (getBinaryNodeChild(one, "enc")) }));
}

/**
 * @param {import("./server.js").World} world
 * @param {Device} from
 * @param {{ to: string, sealed: BinaryNode }} copy
 * @param {BinaryNode} stanza
 */
async function deliver(world, from, { to, sealed }, stanza) {
	const target = world.find(to);
	if (!target) return;
	if ("devices" in target) return target.isOn ? hear(world, target, from, sealed, stanza) : later(target, () => hear(world, target, from, sealed, stanza));
	const { id, type } = stanza.attrs;
	const identity = getBinaryNodeChild(stanza, "device-identity");
	const attrs = { from: from.jid, sender_lid: from.lid, id, type, t: now() };
	const own = target.account === from.account ? { recipient: stanza.attrs.to } : {};
	const forwarded = node("message", { ...attrs, ...own }, identity ? [sealed, identity] : [sealed]);
	target.queue.set(id, forwarded);
	await target.connection?.send(forwarded);
}

/** @param {Account} account @param {() => Promise<void>} arrival */
function later(account, arrival) {
	account.arrivals.push(arrival);
}

/**
 * A phone decrypts, remembers, and says that it has it; what it cannot read it asks for again.
 * @param {import("./server.js").World} world
 * @param {Account} account
 * @param {Device} from
 * @param {BinaryNode} sealed
 * @param {BinaryNode} stanza
 */
async function hear(world, account, from, sealed, stanza) {
	const { id } = stanza.attrs;
	const message = await opened(account, from, sealed);
	if (!message) return askAgain(account, from, id);
	account.undecrypted.delete(id);
	const fromMe = account === from.account;
	const isNew = account.received.every((heard) => heard.id !== id);
	if (isNew) account.received.push({ from: from.account.number, id, text: textOf(message), fromMe });
	if (!fromMe) await receipt(account, from, id);
	else if (world.find(stanza.attrs.to) === account) await receipt(account, from, id, "sender");
}

/**
 * @param {Account} account
 * @param {Device} from
 * @param {BinaryNode} sealed
 */
async function opened(account, from, { attrs, content }) {
	const talk = cipher(account, from);
	const decrypt = attrs.type === "pkmsg" ? talk.decryptPreKeyWhisperMessage : talk.decryptWhisperMessage;
	try {
		const padded = await decrypt.call(talk, Buffer.from(/** @type {Uint8Array} */ (content)));
		return proto.Message.decode(unpadRandomMax16(padded));
	} catch {
		return undefined;
	}
}

/**
 * @param {Account} account
 * @param {Device} from
 * @param {string} id
 */
async function askAgain(account, from, id) {
	const count = (account.undecrypted.get(id) ?? 0) + 1;
	account.undecrypted.set(id, count);
	const bundle = [node("type", {}, KEY_BUNDLE_TYPE), ...bundleNodes(account.bundle).slice(1)];
	const [registration] = bundleNodes(account.bundle);
	const content = [node("retry", { count, id, t: now(), v: 1 }), registration, node("keys", {}, bundle)];
	const request = node("receipt", { from: account.jid, id, type: "retry", t: now() }, content);
	from.queue.set(id, request);
	await from.connection?.send(request);
}

/** @param {proto.IMessage} message */
function textOf(message) {
	const inner = message.deviceSentMessage?.message ?? message;
	return inner.conversation || inner.extendedTextMessage?.text || "";
}

/**
 * @param {Account} reader
 * @param {Device} author
 * @param {string} id
 * @param {"read" | "sender"} [type] none means delivered; `sender`: the own phone has its copy
 */
export async function receipt(reader, author, id, type) {
	const recipient = type === "sender" ? reader.jid : undefined;
	await author.connection?.send(node("receipt", { from: reader.jid, id, type, recipient, t: now() }));
}

