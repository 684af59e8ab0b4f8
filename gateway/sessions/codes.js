/** The session does not wait for a phone. */
export class NotWaiting extends Error {}

/** @typedef {{text: string, shownAt: number, expiresAt: number}} Code */

/** The code that a phone can scan now, and whoever waits for the next one. */
export class Codes {
	/** @type {Code | undefined} */
	current;
	/** @type {PromiseWithResolvers<void> | undefined} */
	#next;

	/** @param {string} text @param {number} milliseconds */
	show(text, milliseconds) {
		const shownAt = Date.now();
		this.current = { text, shownAt, expiresAt: shownAt + milliseconds };
		this.#next?.resolve();
		this.#next = undefined;
	}

	hide() {
		this.current = undefined;
	}

	/** Whoever waits, waits in vain. */
	cancel() {
		this.#next?.reject(new NotWaiting());
		this.#next = undefined;
	}

	get isAwaited() {
		return this.#next !== undefined;
	}

	/** @param {() => void} ask @returns {Promise<void>} when the next one is shown @throws {NotWaiting} */
	next(ask) {
		this.#next = Promise.withResolvers();
		const { promise } = this.#next;
		promise.catch(() => {});
		ask();
		return promise;
	}
}
