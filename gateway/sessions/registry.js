import { setTimeout as pause } from "node:timers/promises";
import { described, log } from "../log.js";
import { qrPicture } from "../qr.js";
import { authOf } from "./auth.js";
import { Leaving } from "./leaving.js";
import { Session } from "./session.js";
import { WhatsAppSocket } from "./socket.js";
import { newerVersion } from "./version.js";

export class SessionExists extends Error {}

export class LimitReached extends Error {}

/**
 * All sessions of this process: found by number or by name, restored at start, remembered until their phones forgot them.
 */
export class Registry {
	/** @type {Map<number, Session>} */
	#sessions = new Map();
	/** @type {Map<string, Session>} */
	#names = new Map();
	/** @type {Map<number, Leaving>} */
	#leaving = new Map();
	#stopping = false;
	/** @type {import("../config.js").Version | undefined} */
	#version;

	/**
	 * @param {import("../config.js").Config} config
	 * @param {{database: import("../store/database.js").Database, sessions: import("../store/sessions.js").SessionStore, credentials: import("../store/credentials.js").CredentialStore, sent: import("../store/sent.js").SentStore}} stores
	 * @param {import("../webhooks/queue.js").WebhookQueue} webhooks
	 */
	constructor(config, stores, webhooks) {
		this.config = config;
		this.stores = stores;
		this.webhooks = webhooks;
		this.#version = /** @type {any} */ (
			JSON.parse(stores.database.readSetting("wa_version") ?? "null") ?? undefined
		);
		for (const row of stores.sessions.all()) {
			if (row.leaving_since) this.#leaving.set(row.id, new Leaving(row, this.#world()));
			else this.#remember(new Session(row, this.#world()));
		}
	}

	/**
	 * Every wanted session is `connecting` before anybody can ask; their sockets come one after the other.
	 */
	restore() {
		const wanted = this.all().filter(({ row }) => row.wanted);
		for (const session of wanted) session.restored();
		void this.#restoreSlowly(wanted);
	}

	/** What a slow moment held up is caught up with. @param {Session[]} wanted */
	async #restoreSlowly(wanted) {
		const { restoreGap } = this.config.times;
		let due = Date.now();
		for (const starting of [...wanted.filter((session) => session.isLive), ...this.#leaving.values()]) {
			if (this.#stopping) return;
			starting.start();
			due += restoreGap;
			await pause(Math.max(due - Date.now(), restoreGap / 4));
		}
	}

	/**
	 * @param {import("../store/sessions.js").NewRow} fields
	 * @throws {SessionExists | LimitReached}
	 * @returns {Session}
	 */
	create(fields) {
		if (this.byName(fields.owner, fields.session_id)) throw new SessionExists();
		if (this.#sessions.size >= this.config.maxSessions) throw new LimitReached();
		const session = new Session(this.stores.sessions.insert(fields), this.#world());
		this.#remember(session);
		return session;
	}

	/** @param {string} [owner] */
	all(owner) {
		return [...this.#sessions.values()].filter(({ row }) => owner === undefined || row.owner === owner);
	}

	/** @param {string} owner @param {number} id */
	byId(owner, id) {
		const session = this.#sessions.get(id);
		return session?.row.owner === owner ? session : undefined;
	}

	/** @param {string} owner @param {string} name */
	byName(owner, name) {
		return this.#names.get(`${owner} ${name}`);
	}

	/**
	 * The session is gone from the API at once; with a pairing its row stays until WhatsApp heard of it.
	 * @param {Session} session @returns {Promise<boolean>} whether no phone lists it any more
	 */
	async remove(session) {
		const { id, owner, session_id } = session.row;
		this.stores.sessions.update(id, { wanted: 0, leaving_since: Date.now() });
		session.row.leaving_since = Date.now();
		this.#sessions.delete(id);
		this.#names.delete(`${owner} ${session_id}`);
		const unlinked = await session.leave();
		if (unlinked) this.stores.sessions.remove(id);
		else this.#startLeaving(session.row);
		return unlinked;
	}

	stop() {
		this.#stopping = true;
		for (const one of [...this.#sessions.values(), ...this.#leaving.values()]) one.stop();
	}

	/** An error that no callback caught. @param {number} id @param {unknown} error */
	crashed(id, error) {
		this.#sessions.get(id)?.crashed(error);
	}

	get leavingCount() {
		return this.#leaving.size;
	}

	/** @param {import("../store/sessions.js").Row} row */
	#startLeaving(row) {
		const leaving = new Leaving(row, this.#world());
		this.#leaving.set(row.id, leaving);
		if (!this.#stopping) leaving.start();
	}

	/** @param {Session} session */
	#remember(session) {
		this.#sessions.set(session.row.id, session);
		this.#names.set(`${session.row.owner} ${session.row.session_id}`, session);
	}

	/** @returns {import("./world.js").World & import("./leaving.js").LeavingWorld} */
	#world() {
		return {
			times: this.config.times,
			auth: (session) => authOf(this.stores.credentials, session),
			openSocket: (options) => this.#openSocket(options),
			forgetCredentials: (session) => this.stores.credentials.forget(session),
			update: (session, change) => this.stores.sessions.update(session, change),
			emit: (session, event, data, expiresAt) => this.#emit(session, event, data, expiresAt),
			hear: ({ row }, message) => this.webhooks.addOnce(row, message),
			findNewerVersion: () => this.#findNewerVersion(),
			gone: (session) => this.#gone(session),
		};
	}

	/** @param {Omit<import("./socket.js").Options, "version" | "sent">} options */
	#openSocket(options) {
		const sent = this.stores.sent.of(options.session);
		return WhatsAppSocket.open(this.config, { ...options, sent, version: this.#version });
	}

	/** @param {number} id */
	#gone(id) {
		this.#leaving.delete(id);
		this.stores.sessions.remove(id);
	}

	/**
	 * @param {Session} session
	 * @param {string} event
	 * @param {() => Record<string, unknown>} data
	 * @param {number} [expiresAt]
	 */
	#emit(session, event, data, expiresAt) {
		const { code } = session;
		const payload =
			event === "session.qr" && code
				? () => ({ qrCode: qrPicture(code.text), expiresAt: new Date(code.expiresAt).toISOString() })
				: data;
		try {
			this.webhooks.add(session.row, event, payload, expiresAt);
		} catch (error) {
			log("error", "webhook.not_stored", { session: session.row.id, name: event, ...described(error) });
		}
	}

	async #findNewerVersion() {
		const found = await newerVersion(this.config, this.#version ?? this.config.version);
		if (!found) return false;
		this.#version = found;
		this.stores.database.writeSetting("wa_version", JSON.stringify(found));
		return true;
	}
}
