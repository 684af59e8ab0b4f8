import { AsyncLocalStorage } from "node:async_hooks";
import { areJidsSameUser, makeWASocket } from "baileys";
import { Hearing } from "./hearing.js";
import { arrived, noted, received, taken } from "./messages.js";
import { askStanding, sendText, WhatsAppRefused } from "./sending.js";
import { after } from "./timers.js";
import { baileysOptions, ending, self } from "./whatsapp.js";

/**
 * One connection to WhatsApp, and the only place that knows how Baileys tells things.
 *
 * @typedef {object} Callbacks called only until the socket ends or is closed
 * @property {(text: string, milliseconds: number) => void} code a code to scan, and how long it lives
 * @property {() => void} scanned
 * @property {(self: {number: string, jid: string, name: string}) => void} open
 * @property {(code: number, why: string) => void} closed once
 * @property {() => void} credentials
 * @property {(data: Record<string, unknown>) => boolean} heard a message that is not confirmed to WhatsApp unless the answer is true
 * @property {(data: Record<string, unknown>) => void} acknowledged what became of a message of ours
 * @property {(restriction: Restriction | undefined) => void} restricted
 *
 * @typedef {object} Options
 * @property {number} session @property {string} sessionKey @property {import("./auth.js").Auth} auth
 * @property {"scan" | "letters"} kind WhatsApp takes the letters only from a browser that it knows
 * @property {import("../config.js").Version | undefined} version @property {Callbacks} on
 * @property {import("../store/sent.js").Sent} sent
 *
 * @typedef {{until: number | null, reason: string}} Restriction milliseconds, and WhatsApp's word
 */

/**
 * The session in whose name code runs, for errors that arrive outside of any callback.
 * @type {AsyncLocalStorage<number>}
 */
export const running = new AsyncLocalStorage();

const FIRST_CODE = 60_000;
const LATER_CODE = 20_000;
const PASSKEY = ["passkey_prologue_request", "crsc_continuation"];

/** @typedef {WhatsAppSocket} Socket */

export class WhatsAppSocket {
	#sock;
	#on;
	#config;
	#sent;
	#hearing;
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
		this.#sent = options.sent;
		this.#hearing = new Hearing(options.auth.state.creds, (message) =>
			this.#hear(message, options.sessionKey),
		);
		this.#sock = makeWASocket({
			...baileysOptions(config, options),
			makeSignalRepository: this.#hearing.repository,
		});
		this.#listenToBaileys(options);
		this.#listenToWhatsApp(options);
	}

	/** @param {Options} options */
	#listenToBaileys({ auth, on, sessionKey }) {
		const { ev } = this.#sock;
		ev.on("creds.update", (update) =>
			this.#tell(() => {
				Object.assign(auth.state.creds, update);
				on.credentials();
			}),
		);
		ev.on("connection.update", (update) => this.#tell(() => this.#changed(update)));
		ev.on("messages.upsert", ({ messages }) =>
			this.#tell(() => {
				for (const message of messages)
					if (!this.#hearing.hasTold(message.key.id)) this.#hear(message, sessionKey);
			}),
		);
	}

	/** What Baileys does not tell, or too late. @param {Options} options */
	#listenToWhatsApp({ auth, on }) {
		const { ws } = this.#sock;
		ws.prependListener("CB:message", (stanza) => this.#hearing.remember(stanza));
		ws.on("CB:ack,class:message", ({ attrs }) => this.#tell(() => on.acknowledged(taken(attrs))));
		ws.on("CB:receipt", (receipt) => this.#tell(() => this.#fates(receipt).forEach(on.acknowledged)));
		for (const type of PASSKEY)
			ws.on(`CB:notification,type:${type}`, () => auth.paired() || this.#end(0, "passkey"));
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
	 */
	sendText(jid, text) {
		return sendText(this.#sock, { times: this.#config.times, sent: this.#sent }, jid, text);
	}

	/** Whether the account is still restricted; the answer comes as `restricted`. */
	askStanding() {
		void askStanding(this.#sock);
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
	#changed({ connection, qr, isNewLogin, lastDisconnect, reachoutTimeLock }) {
		if (qr) this.#on.code(qr, this.#config.test.qrMs ?? (this.#codes++ ? LATER_CODE : FIRST_CODE));
		if (isNewLogin) this.#on.scanned();
		if (reachoutTimeLock) this.#on.restricted(restriction(reachoutTimeLock));
		if (connection === "open") this.#on.open(self(this.#sock.user));
		if (connection === "close") this.#end(...ending(lastDisconnect?.error));
	}

	/**
	 * @param {import("baileys").WAMessage} message
	 * @param {string} to
	 * @returns {boolean} whether it was a message to somebody
	 */
	#hear(message, to) {
		const data = received(message, to);
		if (data && (this.#ended || !this.#on.heard(data))) throw new Error("the message could not be told");
		return data !== undefined;
	}

	/** @param {import("baileys").BinaryNode} receipt */
	#fates(receipt) {
		const { id = "", lid } = this.#sock.authState.creds.me ?? {};
		const isOwn = (/** @type {string} */ jid) => areJidsSameUser(jid, id) || areJidsSameUser(jid, lid);
		if (!isOwn(receipt.attrs.from)) return arrived(receipt);
		return noted(receipt, (messageId) => {
			const { jid = "" } = this.#sent.find(messageId) ?? {};
			return isOwn(jid) ? jid : undefined;
		});
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

/** @param {import("baileys").ReachoutTimelockState} lock @returns {Restriction | undefined} */
function restriction({ isActive, timeEnforcementEnds, enforcementType }) {
	if (!isActive) return undefined;
	return { until: timeEnforcementEnds?.getTime() ?? null, reason: enforcementType ?? "DEFAULT" };
}
