import { log } from "../log.js";
import { backoff } from "./policy.js";

/** After these WhatsApp does not know the device any more, or never will listen to it again. */
const GONE = new Set([401, 403, 411]);

/**
 * A deleted session whose phone still lists it: comes back in the background only to log out.
 * @typedef {object} LeavingWorld
 * @property {import("./times.js").Times} times
 * @property {(session: number) => import("./auth.js").Auth} auth
 * @property {(options: Omit<import("./socket.js").Options, "version" | "sent">) => import("./socket.js").Socket} openSocket
 * @property {(session: number) => void} gone
 */
export class Leaving {
	#tries = 0;
	/** @type {import("./socket.js").Socket | undefined} */
	#socket;
	/** @type {NodeJS.Timeout | undefined} */
	#timer;

	/** @param {import("../store/sessions.js").Row} row @param {LeavingWorld} world */
	constructor(row, world) {
		this.row = row;
		this.world = world;
	}

	start() {
		const { times } = this.world;
		if (Date.now() - (this.row.leaving_since ?? 0) > times.leavingFor) return this.#done("given_up");
		this.#later(times.watchdog, () => this.#ended(408));
		try {
			this.#connect();
		} catch {
			this.#ended(500);
		}
	}

	stop() {
		clearTimeout(this.#timer);
		this.#socket?.close();
		this.#socket = undefined;
	}

	#connect() {
		const { id: session, session_id: sessionKey } = this.row;
		const auth = this.world.auth(session);
		if (!auth.paired()) return this.#done("never_paired");
		/** @type {import("./socket.js").Callbacks} */
		const on = {
			open: () => void this.#unlink(),
			closed: (code) => this.#ended(code),
			credentials: auth.save,
			code: () => this.#done("unlinked"),
			scanned: () => {},
			heard: () => false,
			acknowledged: () => {},
			restricted: () => {},
		};
		this.#socket = this.world.openSocket({ session, sessionKey, auth, kind: "scan", on });
	}

	async #unlink() {
		const socket = this.#socket;
		const heard = await socket?.unlink();
		if (this.#socket !== socket) return;
		if (heard) this.#done("unlinked");
		else this.#ended(408);
	}

	/** @param {number} code */
	#ended(code) {
		this.stop();
		if (GONE.has(code)) return this.#done("unlinked");
		const { times } = this.world;
		const after =
			code === 515 ? 0 : backoff(this.#tries++, { ...times, backoffLongest: times.leavingLongest });
		this.#later(after, () => this.start());
	}

	/** @param {string} how */
	#done(how) {
		this.stop();
		log("info", "session.left", { session: this.row.id, how });
		this.world.gone(this.row.id);
	}

	/** @param {number} milliseconds @param {() => void} work */
	#later(milliseconds, work) {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(work, milliseconds).unref();
	}
}
