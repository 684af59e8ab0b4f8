import { Curve, generateRegistrationId, signedKeyPair } from "baileys";
import libsignal from "libsignal";
import { SERVER } from "./nodes.js";
import { typed } from "./noise.js";

const { SessionRecord } = /** @type {any} */ (libsignal);

/**
 * @typedef {import("baileys").BinaryNode} BinaryNode
 * @typedef {{ from: string, id: string, text: string, fromMe: boolean }} Heard
 * @typedef {{ id: number, key: Uint8Array, signature?: Uint8Array }} PublicKey
 * @typedef {{ identity: Uint8Array, registrationId: number, signed: PublicKey }} Bundle
 */

/** A device that an account has linked, as the server knows it. */
export class Device {
	/** @type {Bundle | undefined} */
	bundle;
	/** @type {PublicKey[]} one-time keys that are not handed out yet */
	preKeys = [];
	/** @type {Map<string, BinaryNode>} by message id, until the device has said that it has it */
	queue = new Map();
	/** @type {import("./connection.js").Connection | null} */
	connection = null;
	greeted = false;
	logins = 0;

	/**
	 * @param {Account} account
	 * @param {number} id
	 * @param {Uint8Array} noiseKey
	 * @param {string} platform what the phone's list of linked devices shows
	 */
	constructor(account, id, noiseKey, platform) {
		this.account = account;
		this.id = id;
		this.noiseKey = Buffer.from(noiseKey);
		this.platform = platform;
	}

	get jid() {
		return `${this.account.number}:${this.id}@${SERVER}`;
	}

	get lid() {
		return `${this.account.lidUser}:${this.id}@lid`;
	}
}

/** A WhatsApp account: what its phone knows, its linked devices, and what it has heard. */
export class Account {
	identity = Curve.generateKeyPair();
	registrationId = generateRegistrationId();
	signed = signedKeyPair(this.identity, 1);
	/** @type {Map<number, Device>} */
	devices = new Map();
	/** @type {Heard[]} */
	received = [];
	/** @type {{ id: string, by: string, type: string }[]} receipts for what this account has sent */
	receipts = [];
	/** @type {Map<string, import("baileys").proto.IMessage>} what this phone has sent, for those who ask for it again */
	sent = new Map();
	/** @type {Set<string>} numbers that this phone has written to */
	sentTo = new Set();
	/** @type {Map<string, number>} ids of messages that this phone could not decrypt, and how often it has asked again */
	undecrypted = new Map();
	/** @type {(() => Promise<void>)[]} what arrives when the phone is on again */
	arrivals = [];
	isOn = true;
	/** WhatsApp asks this account for a passkey before it links a device. */
	needsPasskey = false;
	/** @type {{ until: number | null, type: string } | null} a reach-out time lock; seconds */
	restriction = null;
	/** @type {string[]} ids of messages from here that a linked device gave up to read */
	unread = [];
	/** @type {Map<string, any>} libsignal's sessions by address, written down: a failed attempt must not leave traces */
	sessions = new Map();
	#lastDevice = 0;

	/** @param {string} number */
	constructor(number) {
		this.number = number;
		this.lidUser = `10${number}`;
	}

	get jid() {
		return `${this.number}@${SERVER}`;
	}

	get lid() {
		return `${this.lidUser}@lid`;
	}

	/** WhatsApp was installed anew: what was sealed for the old keys cannot be read. */
	loseKeys() {
		this.sessions.clear();
		this.identity = Curve.generateKeyPair();
		this.signed = signedKeyPair(this.identity, 1);
	}

	/** @returns {Bundle} */
	get bundle() {
		const { keyPair, signature, keyId } = this.signed;
		const signed = { id: keyId, key: keyPair.public, signature };
		return { identity: this.identity.public, registrationId: this.registrationId, signed };
	}

	/**
	 * It is in the list of linked devices when it has signed.
	 * @param {Uint8Array} noiseKey
	 * @param {string} platform
	 */
	newDevice(noiseKey, platform) {
		return new Device(this, ++this.#lastDevice, noiseKey, platform);
	}

	/** What libsignal asks of a store; the phone trusts everybody and never runs out of keys. */
	get store() {
		const { identity, signed, sessions } = this;
		/** @param {{ private: Uint8Array, public: Uint8Array }} pair */
		const pair = (pair) => ({ privKey: Buffer.from(pair.private), pubKey: typed(pair.public) });
		return {
			loadSession: async (/** @type {string} */ id) => sessions.has(id) && SessionRecord.deserialize(sessions.get(id)),
			storeSession: async (/** @type {string} */ id, /** @type {any} */ record) => sessions.set(id, record.serialize()),
			isTrustedIdentity: async () => true,
			loadPreKey: async () => undefined,
			removePreKey: async () => undefined,
			loadSignedPreKey: async () => pair(signed.keyPair),
			getOurIdentity: async () => pair(identity),
			getOurRegistrationId: async () => this.registrationId,
		};
	}
}
