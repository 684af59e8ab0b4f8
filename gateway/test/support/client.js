import { BufferJSON, initAuthCreds, makeWASocket } from "baileys";
import { until } from "./until.js";

/** @typedef {Partial<import("baileys").UserFacingSocketConfig>} Options */

const silent = /** @type {any} */ ({ level: "silent" });
for (const level of ["trace", "debug", "info", "warn", "error"]) silent[level] = () => {};
silent.child = () => silent;

/** Credentials and keys that live in memory. */
function memory() {
	/** @type {Map<string, string>} */
	const rows = new Map();
	const keys = {
		get: async (/** @type {string} */ type, /** @type {string[]} */ ids) => {
			const found = ids.map((id) => [id, JSON.parse(rows.get(`${type}/${id}`) ?? "null", BufferJSON.reviver)]);
			return Object.fromEntries(found.filter(([, value]) => value !== null));
		},
		set: async (/** @type {Record<string, Record<string, any>>} */ data) => {
			for (const [type, values] of Object.entries(data))
				for (const [id, value] of Object.entries(values))
					value ? rows.set(`${type}/${id}`, JSON.stringify(value, BufferJSON.replacer)) : rows.delete(`${type}/${id}`);
		},
	};
	return { creds: initAuthCreds(), keys: /** @type {import("baileys").SignalKeyStore} */ (keys) };
}

/** Plain Baileys, with what it has said so far. */
export class Client {
	/** @type {string[]} */
	codes = [];
	/** @type {import("baileys").WAMessage[]} */
	messages = [];
	/** @type {import("baileys").WAMessageUpdate[]} */
	updates = [];
	/** @type {any} */
	lastError;
	#state = "";
	#codeAnswer = "";

	/**
	 * @param {string} url
	 * @param {Options} [options]
	 */
	constructor(url, options = {}) {
		this.url = url;
		this.options = options;
		this.auth = options.auth ?? memory();
		this.sock = this.#connect();
	}

	#connect() {
		const sock = makeWASocket({
			logger: silent,
			syncFullHistory: false,
			markOnlineOnConnect: false,
			browser: ["Xappiens", "Chrome", "1.0"],
			...this.options,
			waWebSocketUrl: this.url,
			auth: this.auth,
		});
		this.#state = "connecting";
		sock.ev.on("creds.update", (update) => Object.assign(this.auth.creds, update));
		sock.ev.on("connection.update", ({ qr, connection, lastDisconnect }) => {
			if (qr) this.codes.push(qr);
			if (connection) this.#state = connection;
			if (connection === "close") this.lastError = lastDisconnect?.error;
		});
		sock.ev.on("messages.upsert", ({ messages }) => this.messages.push(...messages));
		sock.ev.on("messages.update", (updates) => this.updates.push(...updates));
		sock.ws.on("CB:iq,type:error", () => (this.#codeAnswer = "refused"));
		sock.ws.on("CB:iq,type:result,link_code_companion_reg", () => (this.#codeAnswer = "accepted"));
		return sock;
	}

	/** The same device, on a new connection. */
	reopen() {
		this.sock = this.#connect();
		return this;
	}

	/** The newest code, as soon as there is one. */
	qr() {
		return until(() => this.codes.at(-1), { what: "a code" });
	}

	open() {
		return until(() => this.#state === "open", { what: "open" });
	}

	/** After a first login Baileys holds its events back until the history has come. */
	online() {
		return until(() => (this.auth.creds.accountSyncCounter ?? 0) > 0, { what: "the first synchronisation" });
	}

	/** @returns {Promise<number>} the code with which Baileys says that it ended */
	async closed() {
		await until(() => this.#state === "close", { within: 15_000, what: "closed" });
		return this.lastError?.output?.statusCode;
	}

	/** @returns {Promise<string>} what the server said to the last request for a code */
	async codeAnswer() {
		const answer = await until(() => this.#codeAnswer, { what: "an answer to the request for a code" });
		this.#codeAnswer = "";
		return answer;
	}

	/** Plain texts that have come in. */
	texts() {
		return this.messages.flatMap(({ key, message }) => {
			const text = message?.conversation || message?.extendedTextMessage?.text;
			return text && !key.fromMe ? [text] : [];
		});
	}

	/**
	 * The newest status of a message; while Baileys holds its events back, an update is merged into the message's own event.
	 * @param {string | null | undefined} id
	 */
	statusOf(id) {
		const update = this.updates.findLast(({ key }) => key.id === id)?.update;
		return update?.status ?? this.messages.findLast(({ key }) => key.id === id)?.status;
	}

	async end() {
		/** @type {any} */ (this.sock.ws).socket?.terminate();
		await this.sock.end(undefined);
	}
}
