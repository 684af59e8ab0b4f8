import { AsyncLocalStorage } from "node:async_hooks";
import { Agent } from "node:https";
import { Browsers, fetchLatestWaWebVersion, jidDecode, jidNormalizedUser, makeWASocket } from "baileys";
import { silent } from "../log.js";
import { acknowledged, acknowledgedAlready, isIgnored, received, taken } from "./messages.js";

/**
 * One connection to WhatsApp, and the only place that knows how Baileys tells things.
 *
 * @typedef {object} Callbacks called only until the socket ends or is closed
 * @property {(text: string, milliseconds: number) => void} code a code to scan, and how long it lives
 * @property {() => void} scanned
 * @property {(self: {number: string, jid: string, name: string}) => void} open
 * @property {(code: number, why: string) => void} closed once
 * @property {() => void} credentials
 * @property {(event: "message.received" | "message.ack", data: Record<string, unknown>) => void} message
 *
 * @typedef {object} Options
 * @property {number} session @property {string} sessionKey @property {import("./auth.js").Auth} auth
 * @property {"scan" | "letters"} kind WhatsApp takes the letters only from a browser that it knows
 * @property {import("../config.js").Version | undefined} version @property {Callbacks} on
 */

/**
 * The session in whose name code runs, for errors that arrive outside of any callback.
 * @type {AsyncLocalStorage<number>}
 */
export const running = new AsyncLocalStorage();

const FIRST_CODE = 60_000;
const LATER_CODE = 20_000;
const KNOWN_BROWSER = Browsers.windows("Chrome");

/** WhatsApp did not do what it was asked; the words are for a person. */
export class WhatsAppRefused extends Error {}

/** @typedef {WhatsAppSocket} Socket */

export class WhatsAppSocket {
	#sock;
	#on;
	#config;
	#ended = false;
	#codes = 0;

	/** @param {import("../config.js").Config} config @param {Options} options */
	static open(config, options) {
		return running.run(options.session, () => new WhatsAppSocket(config, options));
	}

	/** @param {import("../config.js").Config} config @param {Options} options */
	constructor(config, options) {
		this.#config = config;
		this.#on = options.on;
		this.#sock = makeWASocket(baileysOptions(config, options));
		const { ev, ws } = this.#sock;
		ev.on("creds.update", (update) =>
			this.#tell(() => {
				Object.assign(options.auth.state.creds, update);
				options.on.credentials();
			}),
		);
		ev.on("connection.update", (update) => this.#tell(() => this.#changed(update)));
		ev.on("messages.upsert", ({ messages }) =>
			this.#tell(() =>
				messages.forEach((message) => {
					this.#message("message.received", received(message, options.sessionKey));
					this.#message("message.ack", acknowledgedAlready(message));
				}),
			),
		);
		ev.on("messages.update", (changes) =>
			this.#tell(() => changes.forEach((change) => this.#message("message.ack", acknowledged(change)))),
		);
		ws.on("CB:ack,class:message", ({ attrs }) =>
			this.#tell(() => this.#message("message.ack", taken(attrs))),
		);
		ws.on("unexpected-response", (_request, response) => {
			response.destroy();
			this.#end(response.statusCode ?? 500, "http");
		});
	}

	/** No callback comes after this; what goes on at the other side goes on without us. */
	close() {
		this.#ended = true;
		// `end` waits for the other side's farewell, which a dead network never sends.
		void this.#sock.end(undefined).catch(() => {});
		const raw = /** @type {any} */ (this.#sock.ws).socket;
		setTimeout(() => raw?.terminate(), this.#config.times.terminate).unref();
	}

	/** Takes this device off the phone's list. @returns {Promise<boolean>} whether WhatsApp heard it */
	async unlink() {
		const jid = this.#sock.authState.creds.me?.id;
		const removal = {
			tag: "remove-companion-device",
			attrs: { jid: jid ?? "", reason: "user_initiated" },
		};
		const request = {
			tag: "iq",
			attrs: { to: "s.whatsapp.net", type: "set", xmlns: "md" },
			content: [removal],
		};
		/** @type {PromiseWithResolvers<boolean>} */
		const { promise, resolve } = Promise.withResolvers();
		this.#sock.query(request).then(
			() => resolve(true),
			() => {},
		);
		this.#sock.ev.on("connection.update", ({ lastDisconnect }) => {
			if (ending(lastDisconnect?.error)[0] === 401) resolve(true);
		});
		return Promise.race([promise, after(this.#config.times.logout, false)]);
	}

	/**
	 * @param {string} jid
	 * @param {string} text
	 * @returns {Promise<{id: string, chatId: string, timestamp: number}>}
	 */
	async sendText(jid, text) {
		const sent = await Promise.race([
			this.#sock.sendMessage(jid, { text }).catch(() => undefined),
			after(this.#config.times.send, undefined),
		]);
		if (!sent?.key.id) throw new WhatsAppRefused("WhatsApp did not take the message");
		return {
			id: sent.key.id,
			chatId: jidNormalizedUser(sent.key.remoteJid ?? jid),
			timestamp: Number(sent.messageTimestamp),
		};
	}

	/**
	 * @param {string} number digits
	 * @returns {Promise<string>} eight letters and digits to type on the phone
	 */
	async pairingCode(number) {
		const { ws } = this.#sock;
		/** @type {PromiseWithResolvers<boolean>} */
		const { promise: accepted, resolve } = Promise.withResolvers();
		const yes = () => resolve(true);
		const no = () => resolve(false);
		ws.on("CB:iq,type:result,link_code_companion_reg", yes);
		ws.on("CB:iq,type:error", no);
		try {
			const code = await this.#sock.requestPairingCode(number);
			if (await Promise.race([accepted, after(this.#config.times.pairingReply, false)])) return code;
			throw new WhatsAppRefused("WhatsApp refused to link this number with a code");
		} finally {
			ws.off("CB:iq,type:result,link_code_companion_reg", yes);
			ws.off("CB:iq,type:error", no);
		}
	}

	/** @param {Partial<import("baileys").ConnectionState>} update */
	#changed({ connection, qr, isNewLogin, lastDisconnect }) {
		if (qr) this.#on.code(qr, this.#config.test.qrMs ?? (this.#codes++ ? LATER_CODE : FIRST_CODE));
		if (isNewLogin) this.#on.scanned();
		if (connection === "open") this.#on.open(self(this.#sock.user));
		if (connection === "close") this.#end(...ending(lastDisconnect?.error));
	}

	/** @param {"message.received" | "message.ack"} event @param {Record<string, unknown> | undefined} data */
	#message(event, data) {
		if (data) this.#on.message(event, data);
	}

	/** @param {() => void} work */
	#tell(work) {
		if (!this.#ended) work();
	}

	/** @param {number} code @param {string} why */
	#end(code, why) {
		if (this.#ended) return;
		this.#ended = true;
		this.#on.closed(code, why);
	}
}

/** @param {import("../config.js").Config} config @param {Options} options @returns {any} */
function baileysOptions(config, { auth, kind, version }) {
	const given = {
		version: version ?? config.version,
		waWebSocketUrl: config.test.url,
		qrTimeout: config.test.qrMs,
		connectTimeoutMs: config.test.connectMs,
		keepAliveIntervalMs: config.test.keepAliveMs,
		agent: config.proxy ? throughProxy(config.proxy) : undefined,
	};
	return {
		...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
		auth: auth.state,
		logger: silent,
		browser: kind === "scan" && config.deviceName ? [config.deviceName, "Chrome", ""] : KNOWN_BROWSER,
		syncFullHistory: false,
		markOnlineOnConnect: false,
		shouldIgnoreJid: isIgnored,
	};
}

/** @param {string} proxy */
export function throughProxy(proxy) {
	return new Agent(/** @type {any} */ ({ proxyEnv: { HTTPS_PROXY: proxy } }));
}

/** @param {any} error @returns {[code: number, why: string]} */
export function ending(error) {
	const message = String(error?.message ?? "");
	const code = Number(error?.output?.statusCode) || 500;
	const [, why] = WHYS.find(([pattern]) => pattern.test(message)) ?? [null, "other"];
	return [code, why];
}

const WHYS = /** @type {[RegExp, string][]} */ ([
	[/^QR refs attempts ended/, "refs"],
	[/^Connection was lost/, "lost"],
	[/^WebSocket Error/, "network"],
	[/^Connection Terminated|^Connection Closed/, "cut"],
	[/^Connection Failure/, "failure"],
	[/^Stream Errored/, "stream"],
	[/^Multi-device beta/, "downgrade"],
]);

/** @param {import("baileys").Contact | undefined} user */
function self(user) {
	const jid = user?.id ?? "";
	return { number: jidDecode(jid)?.user ?? "", jid, name: user?.name ?? user?.notify ?? "" };
}

/**
 * @param {import("../config.js").Config} config @param {import("../config.js").Version | undefined} used
 * @returns {Promise<import("../config.js").Version | undefined>} one that WhatsApp Web has now, if it is newer
 */
export async function newerVersion(config, used) {
	const found = config.test.url ? config.test.newerVersion : (await fetchLatestWaWebVersion({})).version;
	const isNewer =
		found &&
		(!used ||
			found.some(
				(part, place) =>
					part > used[place] && found.slice(0, place).every((one, before) => one === used[before]),
			));
	return isNewer ? /** @type {import("../config.js").Version} */ (found) : undefined;
}

/** @template T @param {number} milliseconds @param {T} value @returns {Promise<T>} */
function after(milliseconds, value) {
	return new Promise((resolve) => setTimeout(resolve, milliseconds, value).unref());
}
