import {
	aesDecryptCTR,
	aesDecryptGCM,
	aesEncryptCTR,
	Curve,
	derivePairingCodeKey,
	getBinaryNodeChild,
	getBinaryNodeChildBuffer,
	hkdf,
	hmacSign,
	proto,
	WA_ADV_ACCOUNT_SIG_PREFIX,
} from "baileys";
import { randomBytes } from "node:crypto";
import { node, now, refusal, result, SERVER } from "./nodes.js";
import { askForPasskey } from "./standing.js";

/**
 * @typedef {import("baileys").BinaryNode} BinaryNode
 * @typedef {import("./accounts.js").Account} Account
 * @typedef {import("./connection.js").Connection} Connection
 * @typedef {{ number: string, ref: string, wrapped: Uint8Array, primary?: { private: Uint8Array, public: Uint8Array },
 *   companion?: Uint8Array, done?: (linked: boolean) => void }} Hello
 */

const DEVICES_ALLOWED = 4;
/** WhatsApp refuses a code for any display but these (WhiskeySockets/Baileys #2560). */
const CANONICAL_DISPLAY = /^(Chrome|Edge|Firefox|IE|Opera|Safari) \((Mac OS|Windows|Ubuntu|Linux)\)$/;

/**
 * @param {string} text as in the code
 * @returns {{ ref: string, noise: Buffer, identity: Buffer, secret: Buffer }}
 */
export function parseQr(text) {
	const [ref, ...keys] = text.slice(text.indexOf("#") + 1).split(",");
	if (keys.length < 3) throw new Error("this is no code of WhatsApp");
	const [noise, identity, secret] = keys.map((key) => Buffer.from(key, "base64"));
	return { ref, noise, identity, secret };
}

/**
 * What the phone signs, so that the companion can prove whose device it is.
 * @param {Account} account
 * @param {number} keyIndex
 * @param {Uint8Array} identity of the companion
 * @param {Uint8Array} secret known to phone and companion only
 */
function deviceIdentity(account, keyIndex, identity, secret) {
	const inner = proto.ADVDeviceIdentity.encode({ rawId: account.registrationId, timestamp: now(), keyIndex }).finish();
	const signed = Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, inner, identity]);
	const details = proto.ADVSignedDeviceIdentity.encode({
		details: inner,
		accountSignatureKey: account.identity.public,
		accountSignature: Curve.sign(account.identity.private, signed),
	}).finish();
	return proto.ADVSignedDeviceIdentityHMAC.encode({ details, hmac: hmacSign(details, secret) }).finish();
}

/**
 * Tells the companion that it is linked.
 * @param {Connection} connection
 * @param {Account} account
 * @param {Uint8Array} secret
 * @returns {Promise<import("./accounts.js").Device>} when the companion has signed; refused when it goes away before
 */
export async function pairSuccess(connection, account, secret) {
	const { registration } = connection;
	if (!registration || connection.pairing) throw new Error("this code was used already");
	if (account.devices.size >= DEVICES_ALLOWED) throw new Error("the phone has four linked devices already");
	if (account.needsPasskey) {
		await askForPasskey(connection);
		throw new Error("the phone waits for a passkey");
	}
	const device = account.newDevice(connection.noiseKey, registration.display);
	connection.pairing = device;
	const signed = new Promise((resolve, reject) => {
		connection.onSigned = resolve;
		connection.closed.then(() => reject(new Error("could not link the device")));
	});
	await connection.send(
		node("iq", { from: SERVER, type: "set", id: `pair-${device.id}` }, [
			node("pair-success", {}, [
				node("device-identity", {}, deviceIdentity(account, device.id, registration.identity, secret)),
				node("platform", { name: "smba" }),
				node("device", { jid: device.jid, lid: device.lid }),
			]),
		]),
	);
	return signed;
}

/** Pairing by a code of eight characters: what the companion asks of the server, and what the phone does. */
export class LinkCodes {
	/** @type {Map<Connection, Hello>} */
	#hellos = new Map();
	strictDisplay = true;
	refuse = false;

	/**
	 * @param {Connection} connection
	 * @param {BinaryNode} query
	 */
	async handle(connection, query) {
		const request = /** @type {BinaryNode} */ (getBinaryNodeChild(query, "link_code_companion_reg"));
		if (request.attrs.stage === "companion_hello") return this.#hello(connection, query, request);
		await connection.send(result(query));
		await this.#finish(connection, request);
	}

	/**
	 * @param {Connection} connection
	 * @param {BinaryNode} query
	 * @param {BinaryNode} request
	 */
	async #hello(connection, query, request) {
		const display = getBinaryNodeChildBuffer(request, "companion_platform_display")?.toString() ?? "";
		if (this.refuse || (this.strictDisplay && !CANONICAL_DISPLAY.test(display)))
			return connection.send(refusal(query, 400, "bad-request"));
		const ref = `code-${randomBytes(12).toString("base64url")}`;
		const wrapped = getBinaryNodeChildBuffer(request, "link_code_pairing_wrapped_companion_ephemeral_pub");
		const hello = { number: request.attrs.jid.split("@")[0], ref, wrapped: /** @type {Uint8Array} */ (wrapped) };
		this.#hellos.set(connection, hello);
		const answer = node("link_code_companion_reg", { stage: "companion_hello" }, [
			node("link_code_pairing_ref", {}, Buffer.from(ref)),
		]);
		await connection.send(result(query, [answer]));
	}

	/**
	 * The phone's owner types a code. A wrong one is noticed by the phone only, as in life.
	 * @param {Account} account
	 * @param {string} code
	 * @returns {Promise<boolean>} whether the phone says that a device was linked
	 */
	async enter(account, code) {
		const [connection, hello] = this.#waiting(account.number);
		const typed = code.replace("-", "").toUpperCase();
		const key = await derivePairingCodeKey(typed, Buffer.from(hello.wrapped.slice(0, 32)));
		hello.companion = aesDecryptCTR(hello.wrapped.slice(48), key, hello.wrapped.slice(32, 48));
		hello.primary = Curve.generateKeyPair();
		const linked = new Promise((/** @type {(linked: boolean) => void} */ resolve) => (hello.done = resolve));
		connection.closed.then(() => hello.done?.(false));
		await connection.send(await this.#primaryHello(account, hello, typed));
		return linked;
	}

	/** @param {string} number */
	#waiting(number) {
		const all = [...this.#hellos].filter(([connection, hello]) => connection.isOpen && hello.number === number);
		const last = all.at(-1);
		if (!last) throw new Error(`no device waits for a code of ${number}`);
		return last;
	}

	/**
	 * @param {Account} account
	 * @param {Hello} hello
	 * @param {string} code
	 */
	async #primaryHello(account, hello, code) {
		const [salt, iv] = [randomBytes(32), randomBytes(16)];
		const own = /** @type {{ public: Uint8Array }} */ (hello.primary).public;
		const wrapped = Buffer.concat([salt, iv, aesEncryptCTR(own, await derivePairingCodeKey(code, salt), iv)]);
		return node("notification", { from: SERVER, type: "link_code_companion_reg", id: `hello-${hello.ref}`, t: now() }, [
			node("link_code_companion_reg", { stage: "primary_hello" }, [
				node("link_code_pairing_ref", {}, Buffer.from(hello.ref)),
				node("primary_identity_pub", {}, account.identity.public),
				node("link_code_pairing_wrapped_primary_ephemeral_pub", {}, wrapped),
			]),
		]);
	}

	/**
	 * @param {Connection} connection
	 * @param {BinaryNode} request
	 */
	async #finish(connection, request) {
		const hello = this.#hellos.get(connection);
		const bundle = getBinaryNodeChildBuffer(request, "link_code_pairing_wrapped_key_bundle");
		if (!hello?.companion || !hello.primary || !bundle) return;
		const account = connection.world.account(hello.number);
		const shared = Curve.sharedKey(hello.primary.private, hello.companion);
		const secret = companionSecret(account, shared, bundle, connection.registration?.identity);
		if (!secret) return hello.done?.(false);
		this.#hellos.delete(connection);
		pairSuccess(connection, account, secret).then(
			() => hello.done?.(true),
			() => hello.done?.(false),
		);
	}
}

/**
 * @param {Account} account
 * @param {Uint8Array} shared
 * @param {Uint8Array} bundle salt, IV and, sealed, both identities and a random
 * @param {Uint8Array} [identity] of the companion
 * @returns {Uint8Array | null} null when the code was wrong
 */
function companionSecret(account, shared, bundle, identity) {
	const [salt, iv, sealed] = [bundle.slice(0, 32), bundle.slice(32, 44), bundle.slice(44)];
	const key = hkdf(shared, 32, { salt: Buffer.from(salt), info: "link_code_pairing_key_bundle_encryption_key" });
	let plain;
	try {
		plain = aesDecryptGCM(sealed, key, iv, Buffer.alloc(0));
	} catch {
		return null;
	}
	if (!identity || !plain.subarray(0, 32).equals(identity)) return null;
	const identityShared = Curve.sharedKey(account.identity.private, identity);
	return hkdf(Buffer.concat([shared, identityShared, plain.subarray(64)]), 32, { info: "adv_secret" });
}
