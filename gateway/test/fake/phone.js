import { receipt, sendText } from "./messages.js";
import { restrict } from "./standing.js";
import { node } from "./nodes.js";
import { pairSuccess, parseQr } from "./pairing.js";
import { drop } from "./trouble.js";

/** @typedef {import("./accounts.js").Device} Device */

/** A phone in somebody's hand. */
export class Phone {
	/**
	 * @param {import("./server.js").World} world
	 * @param {import("./accounts.js").Account} account
	 */
	constructor(world, account) {
		this.world = world;
		this.account = account;
	}

	get number() {
		return this.account.number;
	}

	/** Everything that this phone has decrypted, oldest first. */
	get received() {
		return this.account.received;
	}

	/** Receipts of linked devices for what this phone has sent. */
	get receipts() {
		return this.account.receipts;
	}

	/** @returns {Device[]} as the phone lists its linked devices */
	get devices() {
		return [...this.account.devices.values()];
	}

	/**
	 * Points the camera at a code.
	 * @param {string} text
	 * @returns {Promise<Device>} when the device has signed; it opens a new connection after that
	 * @throws when no device waits, or when the account needs a passkey
	 */
	async scan(text) {
		const { ref, noise, identity, secret } = parseQr(text);
		const connection = [...this.world.connections].find((one) => one.refs.includes(ref));
		if (!connection?.noiseKey.equals(noise) || !Buffer.from(connection.registration?.identity ?? []).equals(identity))
			throw new Error("no device waits with this code");
		return pairSuccess(connection, this.account, secret);
	}

	/**
	 * @param {string} code eight characters, with or without the dash
	 * @returns {Promise<boolean>} whether a device was linked
	 */
	enterCode(code) {
		return this.world.codes.enter(this.account, code);
	}

	/**
	 * @param {string} to number
	 * @param {string} body
	 * @returns {Promise<string>} id of the message
	 */
	text(to, body) {
		return sendText(this.account, this.world.account(to), body);
	}

	/**
	 * Opens a chat, so that its author hears that the message was read.
	 * @param {string} id of a message received
	 */
	async read(id) {
		const heard = this.received.find((message) => message.id === id);
		if (!heard) throw new Error(`this phone has no message ${id}`);
		for (const device of this.world.account(heard.from).devices.values()) await receipt(this.account, device, id, "read");
	}

	/** Nothing arrives at this phone, and so nothing is said to have arrived. */
	turnOff() {
		this.account.isOn = false;
	}

	async turnOn() {
		this.account.isOn = true;
		for (const arrival of this.account.arrivals.splice(0)) await arrival();
	}

	/**
	 * WhatsApp lets this account begin no conversation.
	 * @param {number | null} until seconds
	 * @param {string} [type]
	 */
	restrict(until, type = "DEFAULT") {
		return restrict(this.account, { until, type });
	}

	/** The restriction is lifted. */
	free() {
		return restrict(this.account, null);
	}

	/** Removes all linked devices, or one. @param {number} [id] */
	async logout(id) {
		for (const device of this.devices.filter((one) => id === undefined || one.id === id)) {
			this.account.devices.delete(device.id);
			if (device.connection) await drop(device.connection, { code: 401 });
		}
	}
}
