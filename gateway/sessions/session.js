import { described, log } from "../log.js";
import { decide } from "./policy.js";
import { Timers } from "./timers.js";

/**
 * @typedef {"disconnected" | "connecting" | "qr_code" | "connected"} State
 * @typedef {{text: string, shownAt: number, expiresAt: number}} Code
 *
 * @typedef {object} World what a session needs of the rest
 * @property {import("./times.js").Times} times
 * @property {(session: number) => import("./auth.js").Auth} auth
 * @property {(options: Omit<import("./socket.js").Options, "version">) => import("./socket.js").Socket} openSocket
 * @property {(session: number) => void} forgetCredentials
 * @property {(session: number, change: import("../store/sessions.js").Change) => void} update
 * @property {(session: Session, event: string, data: () => Record<string, unknown>, expiresAt?: number) => void} emit
 * @property {() => Promise<boolean>} findNewerVersion
 */

/** The session does not wait for a phone. */
export class NotWaiting extends Error {}

/** One linked number, or one that waits for a phone. Knows neither HTTP nor SQL. */
export class Session {
	/** @type {State} */
	#state = "disconnected";
	#generation = 0;
	/** @type {import("./socket.js").Socket | undefined} */
	#socket;
	/** @type {import("./auth.js").Auth | undefined} */
	#auth;
	#timers = new Timers((error) => this.crashed(error));
	#tries = 0;
	#openedAt = 0;
	#newerTried = false;
	/** When it ended of late, and with which code. @type {{code: number, at: number}[]} */
	#endings = [];
	/** Lost for so long that it is told as disconnected, and still tried. */
	#fallen = false;
	/** @type {PromiseWithResolvers<void> | undefined} */
	#nextCode;
	/** @type {Code | undefined} */
	code;
	/** @type {{code: number, reason: string, since: number} | undefined} why it is down, or was lost */
	drop;
	/** @type {"scan" | "letters"} */
	#kind = "scan";

	/** @param {import("../store/sessions.js").Row} row @param {World} world */
	constructor(row, world) {
		this.row = row;
		this.world = world;
		this.paired = Boolean(row.paired);
		this.updatedAt = row.updated_at;
		if (row.disconnect_code)
			this.drop = {
				code: row.disconnect_code,
				reason: row.disconnect_reason ?? "",
				since: row.updated_at,
			};
	}

	/** @returns {State} */
	get state() {
		return this.#fallen ? "disconnected" : this.#state;
	}

	get isConnected() {
		return this.#state === "connected";
	}

	/** Whether something is under way: a socket, or the wait for the next try. */
	get isLive() {
		return this.#state !== "disconnected";
	}

	/** After a start of the process; `start` opens the socket later. */
	restored() {
		if (this.paired) this.#enter("connecting");
		else this.#save({ wanted: 0 });
	}

	start() {
		if (this.#state === "connecting" && !this.#socket && !this.#timers.has("retry")) this.#open("scan");
	}

	connect() {
		if (this.isLive && !this.#fallen) return;
		this.#tries = 0;
		this.#endings = [];
		this.#newerTried = false;
		this.#clear();
		this.#save({ wanted: 1, disconnect_code: null, disconnect_reason: null });
		this.#open("scan");
	}

	disconnect() {
		const wasLive = this.isLive;
		this.#halt();
		this.#clear();
		if (!this.paired) this.#forget();
		this.#save({ wanted: 0, disconnect_code: null, disconnect_reason: null });
		if (wasLive) this.#emit("session.disconnected", { reason: "disconnect", willReconnect: false });
	}

	restart() {
		this.disconnect();
		this.connect();
	}

	/** The process ends, or the session leaves: nothing is told, nothing is stored. */
	stop() {
		this.#halt();
	}

	/** @returns {Promise<boolean>} whether WhatsApp took the device off the phone's list */
	async leave() {
		const socket = this.#socket;
		const wasLive = this.isLive;
		this.#generation++;
		const unlinked = this.isConnected && socket ? await socket.unlink() : false;
		this.#halt();
		this.#auth?.revoke();
		if (wasLive) this.#emit("session.disconnected", { reason: "disconnect", willReconnect: false });
		return unlinked || !this.paired;
	}

	/** @param {string} jid @param {string} text */
	sendText(jid, text) {
		this.row.last_activity = Date.now();
		return /** @type {import("./socket.js").Socket} */ (this.#socket).sendText(jid, text);
	}

	/** @param {string} number @throws {NotWaiting} @returns {Promise<{code: string, expiresAt: number}>} */
	async pairingCode(number) {
		if (this.#state !== "qr_code" || this.#nextCode) throw new NotWaiting();
		if (this.#kind !== "letters") await this.#reopenForLetters();
		const shownAt = Date.now();
		const code = await /** @type {import("./socket.js").Socket} */ (this.#socket).pairingCode(number);
		return { code, expiresAt: shownAt + this.world.times.pairingCode };
	}

	/** An error of our own in the session's name. @param {unknown} error */
	crashed(error) {
		log("error", "session.crashed", { session: this.row.id, ...described(error) });
		if (this.isLive) this.#ended(500, "crash");
	}

	async #reopenForLetters() {
		this.#nextCode = Promise.withResolvers();
		const { promise } = this.#nextCode;
		promise.catch(() => {});
		this.#open("letters");
		await promise;
	}

	/** @param {"scan" | "letters"} kind */
	#open(kind) {
		this.#closeSocket();
		const generation = this.#generation;
		this.#kind = kind;
		this.#enter("connecting");
		this.#watch();
		try {
			this.#auth = this.world.auth(this.row.id);
			this.paired = this.#auth.paired();
			const { id: session, session_id: sessionKey } = this.row;
			this.#socket = this.world.openSocket({
				session,
				sessionKey,
				auth: this.#auth,
				kind,
				on: this.#callbacks(generation),
			});
		} catch (error) {
			this.crashed(error);
		}
	}

	/**
	 * @param {number} generation a callback of an older socket does nothing
	 * @returns {import("./socket.js").Callbacks}
	 */
	#callbacks(generation) {
		/** @template {unknown[]} A @param {(...values: A) => void} work @returns {(...values: A) => void} */
		const guarded =
			(work) =>
			(...values) => {
				if (generation !== this.#generation) return;
				try {
					work(...values);
				} catch (error) {
					this.crashed(error);
				}
			};
		return {
			code: guarded((text, milliseconds) => this.#showCode(text, milliseconds)),
			scanned: guarded(() => this.#scanned()),
			open: guarded((self) => this.#opened(self)),
			closed: guarded((code, why) => this.#ended(code, why)),
			credentials: guarded(() => this.#keep()),
			message: guarded((event, data) => this.#message(event, data)),
		};
	}

	/** @param {string} text @param {number} milliseconds */
	#showCode(text, milliseconds) {
		const shownAt = Date.now();
		this.code = { text, shownAt, expiresAt: shownAt + milliseconds };
		this.#timers.stop("watchdog");
		this.#enter("qr_code");
		this.#nextCode?.resolve();
		this.#nextCode = undefined;
		this.world.emit(this, "session.qr", () => ({}), this.code.expiresAt);
	}

	#scanned() {
		this.#tries = 0;
		this.code = undefined;
		this.#enter("connecting");
		this.#watch();
	}

	#keep() {
		this.#auth?.save();
		this.paired = Boolean(this.#auth?.paired());
	}

	/** @param {{number: string, jid: string, name: string}} self */
	#opened({ number, jid, name }) {
		this.#clear();
		this.#openedAt = Date.now();
		this.#enter("connected");
		const now = this.#openedAt;
		this.#save({
			number,
			jid,
			profile_name: name,
			last_activity: now,
			disconnect_code: null,
			disconnect_reason: null,
		});
		this.#emit("session.connected", { phoneNumber: number });
		log("info", "session.connected", { session: this.row.id });
	}

	/** @param {"message.received" | "message.ack"} event @param {Record<string, unknown>} data */
	#message(event, data) {
		this.row.last_activity = Date.now();
		this.#emit(event, event === "message.received" ? { message: data } : data);
	}

	/** @param {number} code @param {string} why */
	#ended(code, why) {
		this.#closeSocket();
		this.code = undefined;
		if (this.#openedAt && Date.now() - this.#openedAt >= this.world.times.steady) this.#tries = 0;
		this.#openedAt = 0;
		const verdict = decide(this.#ending(code, why), this.world.times);
		log("info", "session.ended", { session: this.row.id, code, why, act: verdict.act });
		this.#follow(verdict);
	}

	/** @param {number} code @param {string} why @returns {import("./policy.js").Ending} */
	#ending(code, why) {
		const now = Date.now();
		this.#endings = [...this.#endings, { code, at: now }].filter(
			({ at }) => now - at < this.world.times.memory,
		);
		const alike = this.#endings.filter((one) => one.code === code).length;
		return { code, why, paired: this.paired, tries: this.#tries, alike, newerTried: this.#newerTried };
	}

	/** @param {import("./policy.js").Verdict} verdict */
	#follow(verdict) {
		if (verdict.act === "restart") {
			this.#tries++;
			this.#open(this.#kind);
		} else if (verdict.act === "again") {
			this.#tryAgain(verdict);
		} else if (verdict.act === "newer") {
			void this.#tryNewer();
		} else {
			this.#goDown(verdict);
		}
	}

	/** @param {{after: number, code: number, reason: string}} verdict */
	#tryAgain({ after, code, reason }) {
		this.#tries++;
		this.#enter("connecting");
		this.#nextCode?.reject(new NotWaiting());
		this.#nextCode = undefined;
		const isNew = !this.drop;
		this.drop = { code, reason, since: this.drop?.since ?? Date.now() };
		this.#timers.start("retry", after, () => this.#open("scan"));
		if (!this.paired) return;
		if (!this.#timers.has("patience") && !this.#fallen)
			this.#timers.start("patience", this.world.times.patience, () => this.#fall());
		if (isNew) this.#emit("session.disconnected", { reason, code, willReconnect: true });
	}

	#fall() {
		this.#fallen = true;
		this.#touch();
		const { code, reason } = /** @type {{code: number, reason: string}} */ (this.drop);
		this.#emit("session.disconnected", { reason, code, willReconnect: true });
	}

	async #tryNewer() {
		this.#newerTried = true;
		this.#enter("connecting");
		const generation = this.#generation;
		const found = await this.world.findNewerVersion().catch(() => false);
		if (generation !== this.#generation) return;
		if (found) this.#open(this.#kind);
		else this.#follow(decide(this.#ending(405, "failure"), this.world.times));
	}

	/** @param {{code: number, reason: string, forget: boolean}} verdict */
	#goDown({ code, reason, forget }) {
		this.#halt();
		this.#clear();
		this.drop = { code, reason, since: Date.now() };
		if (forget) this.#forget();
		this.#save({ wanted: 0, disconnect_code: code, disconnect_reason: reason });
		this.#emit("session.disconnected", { reason, code, willReconnect: false });
	}

	#forget() {
		this.#auth?.revoke();
		this.#auth = undefined;
		this.world.forgetCredentials(this.row.id);
		this.paired = false;
		this.#save({ number: null, jid: null, profile_name: null });
	}

	#halt() {
		this.#closeSocket();
		this.#timers.stopAll();
		this.#nextCode?.reject(new NotWaiting());
		this.#nextCode = undefined;
		this.code = undefined;
		this.#enter("disconnected");
		this.#fallen = false;
	}

	#clear() {
		this.drop = undefined;
		this.#fallen = false;
		this.#timers.stopAll();
	}

	#closeSocket() {
		this.#generation++;
		this.#timers.stop("watchdog", "retry");
		this.#socket?.close();
		this.#socket = undefined;
	}

	#watch() {
		this.#timers.start("watchdog", this.world.times.watchdog, () => this.#ended(408, "silence"));
	}

	/** @param {State} state */
	#enter(state) {
		this.#state = state;
		this.#touch();
	}

	#touch() {
		this.updatedAt = Date.now();
	}

	/** @param {import("../store/sessions.js").Change} change */
	#save(change) {
		this.world.update(this.row.id, change);
		Object.assign(this.row, change);
	}

	/** @param {string} event @param {Record<string, unknown>} data */
	#emit(event, data) {
		this.world.emit(this, event, () => data);
	}
}
