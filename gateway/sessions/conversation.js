import { log } from "../log.js";

/** @typedef {import("./socket.js").Restriction} Restriction */

/** What is said on a session's line, and whether WhatsApp lets its account begin to talk. */
export class Conversation {
	/**
	 * @param {import("./session.js").Session} session
	 * @param {import("./line.js").Line} line
	 */
	constructor(session, line) {
		this.session = session;
		this.line = line;
	}

	/** WhatsApp lets the account begin no conversation. @returns {Restriction | undefined} */
	get restriction() {
		const { restriction: reason, restricted_until: until } = this.session.row;
		return reason && (until === null || until > Date.now()) ? { until, reason } : undefined;
	}

	/** It may have been lifted while nobody was there to hear of it. */
	opened() {
		if (this.restriction) this.line.socket.askStanding();
	}

	/** @param {string} jid @param {string} text */
	send(jid, text) {
		this.#isActive();
		return this.line.socket.sendText(jid, text);
	}

	/** @param {Record<string, unknown>} message */
	heard(message) {
		this.#isActive();
		this.session.world.hear(this.session, message);
		return true;
	}

	/** @param {Record<string, unknown>} data */
	acknowledged(data) {
		this.#isActive();
		this.session.world.emit(this.session, "message.ack", () => data);
	}

	/** @param {Restriction} [restriction] */
	restrict({ until, reason } = { until: null, reason: "" }) {
		this.session.save({ restriction: reason || null, restricted_until: until });
		log("info", "session.restricted", { session: this.session.row.id, restricted: Boolean(reason) });
	}

	#isActive() {
		this.session.row.last_activity = Date.now();
	}
}
