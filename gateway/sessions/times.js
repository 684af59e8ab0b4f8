const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Milliseconds. Each is a decision of the gateway; what Baileys decides is not here. */
const TIMES = {
	/** Baileys stays `connecting` for ever when WhatsApp answers with silence. */
	watchdog: 30 * SECOND,
	firstTries: [2 * SECOND, 5 * SECOND],
	backoffFirst: 1 * SECOND,
	backoffLongest: 60 * SECOND,
	/** A connection that lived this long makes the next backoff begin anew. */
	steady: 30 * SECOND,
	/** So long a lost connection is told as `connecting`. */
	patience: 120 * SECOND,
	/** Three endings of one kind within this time are a pattern. */
	memory: 5 * MINUTE,
	logout: 3 * SECOND,
	leavingLongest: 10 * MINUTE,
	leavingFor: 14 * 24 * HOUR,
	terminate: 2 * SECOND,
	send: 20 * SECOND,
	/** So long the server's word on a message is waited for. */
	ack: 10 * SECOND,
	pairingReply: 10 * SECOND,
	/** Six codes: 60 s and five times 20 s; then Baileys ends the socket, and the letters with it. */
	pairingCode: 160 * SECOND,
	restoreGap: 20,
	webhookTimeout: 7 * SECOND,
	webhookRetries: [1 * SECOND, 5 * SECOND, 30 * SECOND, 60 * SECOND],
	nudgeLives: 1 * HOUR,
	messageLives: 24 * HOUR,
	stop: 5 * SECOND,
};

/** @typedef {typeof TIMES} Times */

/** @param {number} speed how many times faster than in earnest; tests only @returns {Readonly<Times>} */
export function scaled(speed) {
	/** @param {number | number[]} time @returns {number | number[]} */
	const faster = (time) => (Array.isArray(time) ? time.map((one) => one / speed) : time / speed);
	return /** @type {any} */ (
		Object.freeze(Object.fromEntries(Object.entries(TIMES).map(([name, time]) => [name, faster(time)])))
	);
}
