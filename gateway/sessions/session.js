import { described, log } from "../log.js";
import { Attempts } from "./attempts.js";
import { Codes, NotWaiting } from "./codes.js";
import { Conversation } from "./conversation.js";
import { Line } from "./line.js";
import { Loss } from "./loss.js";
import { decide } from "./policy.js";
import { Timers } from "./timers.js";

/** @typedef {"disconnected" | "connecting" | "qr_code" | "connected"} State */

/** One linked number, or one that waits for a phone. Knows neither HTTP nor SQL. */
export class Session {
	/** @type {State} */
	#state = "disconnected";
	#timers = new Timers((error) => this.crashed(error));
	#attempts;
	#line;
	#codes = new Codes();
	#loss;

	/** @param {import("../store/sessions.js").Row} row @param {import("./world.js").World} world */
	constructor(row, world) {
		this.row = row;
		this.world = world;
		this.paired = Boolean(row.paired);
		this.updatedAt = row.updated_at;
		this.#attempts = new Attempts(world.times);
		this.#line = new Line(row, world, this.#callbacks(), (error) => this.crashed(error));
		this.conversation = new Conversation(this, this.#line);
		this.#loss = new Loss(row);
	}

	/** @returns {State} */
	get state() {
		return this.#loss.hasFallen ? "disconnected" : this.#state;
	}

	/** The code that a phone can scan now. */
	get code() {
		return this.#codes.current;
	}

	/** Why it is down, or was lost. */
	get drop() {
		return this.#loss.drop;
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
		else this.save({ wanted: 0 });
	}

	start() {
		if (this.#state === "connecting" && !this.#line.isOpen && !this.#timers.has("retry"))
			this.#open("scan");
	}

	connect() {
		if (this.isLive && !this.#loss.hasFallen) return;
		this.#attempts.reset();
		this.#clear();
		this.save({ wanted: 1, disconnect_code: null, disconnect_reason: null });
		this.#open("scan");
	}

	disconnect() {
		const wasLive = this.isLive;
		this.stop();
		this.#clear();
		if (!this.paired) this.#forget();
		this.save({ wanted: 0, disconnect_code: null, disconnect_reason: null });
		if (wasLive) this.#emit("session.disconnected", { reason: "disconnect", willReconnect: false });
	}

	restart() {
		this.disconnect();
		this.connect();
	}

	/** @returns {Promise<boolean>} whether WhatsApp took the device off the phone's list */
	async leave() {
		const wasLive = this.isLive;
		this.#line.mute();
		const unlinked = this.isConnected && (await this.#line.socket.unlink());
		this.stop();
		this.#line.revoke();
		if (wasLive) this.#emit("session.disconnected", { reason: "disconnect", willReconnect: false });
		return unlinked || !this.paired;
	}

	/** @param {string} number @throws {NotWaiting} @returns {Promise<{code: string, expiresAt: number}>} */
	async pairingCode(number) {
		if (this.#state !== "qr_code" || this.#codes.isAwaited) throw new NotWaiting();
		if (this.#line.kind !== "letters") await this.#codes.next(() => this.#open("letters"));
		const shownAt = Date.now();
		const code = await this.#line.socket.pairingCode(number);
		return { code, expiresAt: shownAt + this.world.times.pairingCode };
	}

	/** An error of our own in the session's name. @param {unknown} error */
	crashed(error) {
		log("error", "session.crashed", { session: this.row.id, ...described(error) });
		if (this.isLive) this.#ended(500, "crash");
	}

	/** @param {import("./line.js").Kind} kind */
	#open(kind) {
		this.#enter("connecting");
		try {
			this.#line.open(kind);
			this.paired = Boolean(this.#line.paired);
		} catch (error) {
			this.crashed(error);
		}
	}

	/** @returns {import("./socket.js").Callbacks} */
	#callbacks() {
		return {
			code: (text, milliseconds) => this.#showCode(text, milliseconds),
			scanned: () => this.#scanned(),
			open: (self) => this.#opened(self),
			closed: (code, why) => this.#ended(code, why),
			credentials: () => this.#keep(),
			heard: (message) => this.conversation.heard(message),
			acknowledged: (data) => this.conversation.acknowledged(data),
			restricted: (restriction) => this.conversation.restrict(restriction),
		};
	}

	/** @param {string} text @param {number} milliseconds */
	#showCode(text, milliseconds) {
		this.#codes.show(text, milliseconds);
		this.#line.unwatch();
		this.#enter("qr_code");
		this.world.emit(this, "session.qr", () => ({}), this.code?.expiresAt);
	}

	#scanned() {
		this.#attempts.scanned();
		this.#codes.hide();
		this.#enter("connecting");
		this.#line.watch();
	}

	#keep() {
		this.#line.keep();
		this.paired = Boolean(this.#line.paired);
	}

	/** @param {{number: string, jid: string, name: string}} self */
	#opened({ number, jid, name }) {
		this.#clear();
		this.#line.unwatch();
		this.#attempts.opened();
		this.#enter("connected");
		this.save({
			number,
			jid,
			profile_name: name,
			last_activity: Date.now(),
			disconnect_code: null,
			disconnect_reason: null,
		});
		this.conversation.opened();
		this.#emit("session.connected", { phoneNumber: number });
		log("info", "session.connected", { session: this.row.id });
	}

	/** @param {number} code @param {string} why */
	#ended(code, why) {
		this.#closeLine();
		this.#codes.hide();
		this.#attempts.closed();
		const verdict = this.#verdict(code, why);
		log("info", "session.ended", { session: this.row.id, code, why, act: verdict.act });
		this.#follow(verdict);
	}

	/** @param {number} code @param {string} why */
	#verdict(code, why) {
		return decide(this.#attempts.ending(code, why, this.paired), this.world.times);
	}

	/** @param {import("./policy.js").Verdict} verdict */
	#follow(verdict) {
		if (verdict.act === "restart") {
			this.#attempts.again();
			this.#open(this.#line.kind);
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
		this.#attempts.again();
		this.#enter("connecting");
		this.#codes.cancel();
		const isNew = this.#loss.add({ code, reason });
		this.#timers.start("retry", after, () => this.#open("scan"));
		if (!this.paired) return;
		if (!this.#timers.has("patience") && !this.#loss.hasFallen)
			this.#timers.start("patience", this.world.times.patience, () => this.#fall());
		if (isNew) this.#emit("session.disconnected", { reason, code, willReconnect: true });
	}

	#fall() {
		this.#loss.fall();
		this.updatedAt = Date.now();
		const { code, reason } = /** @type {{code: number, reason: string}} */ (this.drop);
		this.#emit("session.disconnected", { reason, code, willReconnect: true });
	}

	async #tryNewer() {
		this.#attempts.lookedForNewer();
		this.#enter("connecting");
		const isOurs = this.#line.mark();
		const found = await this.world.findNewerVersion().catch(() => false);
		if (!isOurs()) return;
		if (found) this.#open(this.#line.kind);
		else this.#follow(this.#verdict(405, "failure"));
	}

	/** @param {{code: number | null, reason: string, forget: boolean}} verdict */
	#goDown({ code, reason, forget }) {
		this.stop();
		this.#clear();
		this.#loss.end({ code, reason });
		if (forget) this.#forget();
		this.save({ wanted: 0, disconnect_code: code, disconnect_reason: reason });
		this.#emit("session.disconnected", { reason, code, willReconnect: false });
	}

	#forget() {
		this.#line.revoke();
		this.world.forgetCredentials(this.row.id);
		this.paired = false;
		const nobody = { number: null, jid: null, profile_name: null };
		this.save({ ...nobody, restriction: null, restricted_until: null });
	}

	/** Nothing is told, nothing is stored. */
	stop() {
		this.#closeLine();
		this.#timers.stopAll();
		this.#codes.cancel();
		this.#codes.hide();
		this.#enter("disconnected");
		this.#loss.rise();
	}

	#clear() {
		this.#loss.clear();
		this.#timers.stopAll();
	}

	#closeLine() {
		this.#timers.stop("retry");
		this.#line.close();
	}

	/** @param {State} state */
	#enter(state) {
		this.#state = state;
		this.updatedAt = Date.now();
	}

	/** @param {import("../store/sessions.js").Change} change */
	save(change) {
		this.world.update(this.row.id, change);
		Object.assign(this.row, change);
		this.updatedAt = Date.now();
	}

	/** @param {string} event @param {Record<string, unknown>} data */
	#emit(event, data) {
		this.world.emit(this, event, () => data);
	}
}
