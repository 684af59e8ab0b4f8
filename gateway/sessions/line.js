import { Timers } from "./timers.js";

/** @typedef {"scan" | "letters"} Kind */

/**
 * The one connection that a session has at a time: callbacks of an older one do nothing, errors in a callback are
 * the session's, and silence is an ending.
 */
export class Line {
	#generation = 0;
	/** @type {import("./socket.js").Socket | undefined} */
	#socket;
	/** @type {import("./auth.js").Auth | undefined} */
	#auth;
	#watchdog;
	/** @type {Kind} */
	kind = "scan";

	/**
	 * @param {import("../store/sessions.js").Row} row
	 * @param {Pick<import("./world.js").World, "auth" | "openSocket" | "times">} world
	 * @param {import("./socket.js").Callbacks} on
	 * @param {(error: unknown) => void} crashed
	 */
	constructor(row, world, on, crashed) {
		this.row = row;
		this.world = world;
		this.on = on;
		this.crashed = crashed;
		this.#watchdog = new Timers(crashed);
	}

	get isOpen() {
		return this.#socket !== undefined;
	}

	/** @returns {boolean | undefined} nothing is known without credentials */
	get paired() {
		return this.#auth?.paired();
	}

	/** Instead of the connection that is there. @param {Kind} kind */
	open(kind) {
		this.close();
		this.kind = kind;
		this.watch();
		const auth = this.world.auth(this.row.id);
		this.#auth = auth;
		const { id: session, session_id: sessionKey } = this.row;
		this.#socket = this.world.openSocket({ session, sessionKey, auth, kind, on: this.#guarded() });
	}

	close() {
		this.#generation++;
		this.unwatch();
		this.#socket?.close();
		this.#socket = undefined;
	}

	/** What comes on it from now on is nobody's; its words to WhatsApp still go out. */
	mute() {
		this.#generation++;
	}

	watch() {
		this.#watchdog.start("watchdog", this.world.times.watchdog, () => this.on.closed(408, "silence"));
	}

	unwatch() {
		this.#watchdog.stopAll();
	}

	/** Whether a callback for what was asked now would still be ours. @returns {() => boolean} */
	mark() {
		const generation = this.#generation;
		return () => generation === this.#generation;
	}

	keep() {
		this.#auth?.save();
	}

	/** Nothing of the credentials reaches the disk any more. */
	revoke() {
		this.#auth?.revoke();
		this.#auth = undefined;
	}

	get socket() {
		return /** @type {import("./socket.js").Socket} */ (this.#socket);
	}

	/** @returns {import("./socket.js").Callbacks} */
	#guarded() {
		const isOurs = this.mark();
		/** @param {(...values: any[]) => any} work @returns {(...values: any[]) => any} */
		const guard =
			(work) =>
			(...values) => {
				if (!isOurs()) return undefined;
				try {
					return work(...values);
				} catch (error) {
					this.crashed(error);
				}
			};
		return /** @type {any} */ (
			Object.fromEntries(Object.entries(this.on).map(([name, work]) => [name, guard(work)]))
		);
	}
}
