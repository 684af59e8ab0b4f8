import { decodeBinaryNode, encodeBinaryNode, proto } from "baileys";
import { frame, FrameReader } from "./frames.js";
import { answer } from "./stanzas.js";
import { node, now, SERVER } from "./nodes.js";
import { Noise } from "./noise.js";
import { redeliver } from "./messages.js";

/**
 * @typedef {import("baileys").BinaryNode} BinaryNode
 * @typedef {import("./accounts.js").Device} Device
 * @typedef {{ identity: Uint8Array, display: string, version: number[] }} Registration
 */

const FAREWELL = 200;

/** One client on the wire: handshake, admission, and then stanzas, one after the other. */
export class Connection {
	#noise = new Noise();
	#reader = new FrameReader();
	#work = Promise.resolve();
	/** @type {"hello" | "finish" | "open"} */
	#stage = "hello";
	/** began in a silence, and is never answered */
	#deaf = false;
	/** @type {Device | null} the device that has logged in */
	device = null;
	/** @type {Device | null} the device that this connection is about to become, when it has signed */
	pairing = null;
	/** @type {(device: Device) => void} */
	onSigned = () => {};
	/** @type {Registration | null} */
	registration = null;
	/** @type {Buffer} */
	noiseKey = Buffer.alloc(0);
	/** @type {string[]} */
	refs = [];
	/** @type {Set<string>} ids of messages that came again because the first copy could not be read */
	replaced = new Set();

	/**
	 * @param {import("./server.js").World} world
	 * @param {import("ws").WebSocket} ws
	 */
	constructor(world, ws) {
		this.world = world;
		this.ws = ws;
		/** @type {Promise<void>} */
		this.closed = new Promise((resolve) => ws.once("close", () => resolve()));
		ws.on("error", () => ws.terminate());
		ws.on("message", (data) => {
			this.#work = this.#work.then(() => this.#receive(/** @type {Buffer} */ (data))).catch((error) => this.#fail(error));
		});
		this.closed.then(() => this.#gone());
	}

	get isOpen() {
		return this.ws.readyState === this.ws.OPEN;
	}

	#gone() {
		this.world.connections.delete(this);
		if (this.device?.connection === this) this.device.connection = null;
	}

	/** @param {unknown} error */
	#fail(error) {
		if (this.isOpen) this.world.faults.push(error);
		this.ws.terminate();
	}

	/** @param {Buffer} data */
	async #receive(data) {
		if (this.world.trouble.silent && this.#stage !== "open") this.#deaf = true;
		if (this.#deaf) return;
		for (const payload of this.#reader.push(data)) await this.#frame(payload);
	}

	/** @param {Buffer} payload */
	async #frame(payload) {
		if (this.#stage === "open") return answer(this, await decodeBinaryNode(this.#noise.open(payload)));
		if (this.#stage === "hello") {
			this.ws.send(frame(this.#noise.answer(payload)));
			this.#stage = "finish";
			return;
		}
		const finish = this.#noise.accept(payload);
		this.noiseKey = finish.noiseKey;
		this.#stage = "open";
		await this.#admit(finish.payload);
	}

	/** @param {BinaryNode} stanza */
	async send(stanza) {
		if (this.isOpen && this.#stage === "open") this.ws.send(frame(this.#noise.seal(encodeBinaryNode(stanza))));
	}

	/**
	 * A last word, and the end.
	 * @param {BinaryNode} stanza
	 */
	async finish(stanza) {
		await this.send(stanza);
		// Baileys decodes in its own time: a farewell that comes too soon would be all that it hears
		setTimeout(() => this.ws.close(), FAREWELL).unref();
	}

	/** @param {proto.ClientPayload} payload */
	async #admit(payload) {
		const refused = this.world.trouble.admission();
		if (refused) return this.finish(node("failure", { reason: refused, location: "atn" }));
		if (payload.devicePairingData) return this.#offer(payload);
		await this.#login(String(payload.username), payload.device ?? 0);
	}

	/** @param {proto.ClientPayload} payload */
	async #offer(payload) {
		const data = /** @type {any} */ (payload.devicePairingData);
		const { os, platformType } = proto.DeviceProps.decode(data.deviceProps);
		const { primary, secondary, tertiary } = /** @type {any} */ (payload.userAgent?.appVersion);
		const display = `${proto.DeviceProps.PlatformType[platformType ?? 0]} (${os})`;
		this.registration = { identity: Buffer.from(data.eIdent), display, version: [primary, secondary, tertiary] };
		if (!this.world.trouble.offer) return;
		this.refs = this.world.newRefs();
		const refs = this.refs.map((ref) => node("ref", {}, Buffer.from(ref)));
		await this.send(node("iq", { from: SERVER, type: "set", id: "pair-device" }, [node("pair-device", {}, refs)]));
	}

	/**
	 * @param {string} number
	 * @param {number} id
	 */
	async #login(number, id) {
		const device = this.world.accounts.get(number)?.devices.get(id);
		if (!device?.noiseKey.equals(this.noiseKey)) return this.finish(node("failure", { reason: 401, location: "atn" }));
		await device.connection?.finish(node("stream:error", {}, [node("conflict", { type: "replaced" })]));
		this.device = device;
		device.connection = this;
		device.logins += 1;
		await this.send(node("success", { t: now(), lid: device.lid }));
		await this.send(node("ib", {}, [node("edge_routing", {}, [node("routing_info", {}, Buffer.from([8, 8, 8]))])]));
		const count = await redeliver(device);
		if (this.world.trouble.offline) await this.send(node("ib", {}, [node("offline", { count })]));
	}
}
