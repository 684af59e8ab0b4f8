/** How the sockets of a session ended of late: what the policy decides by. */
export class Attempts {
	#tries = 0;
	#openedAt = 0;
	#newerTried = false;
	/** @type {{code: number, at: number}[]} */
	#endings = [];

	/** @param {import("./times.js").Times} times */
	constructor(times) {
		this.times = times;
	}

	/** Somebody asked for a connection. */
	reset() {
		this.#tries = 0;
		this.#endings = [];
		this.#newerTried = false;
	}

	scanned() {
		this.#tries = 0;
	}

	opened() {
		this.#openedAt = Date.now();
	}

	/** One more socket follows. */
	again() {
		this.#tries++;
	}

	lookedForNewer() {
		this.#newerTried = true;
	}

	closed() {
		if (this.#openedAt && Date.now() - this.#openedAt >= this.times.steady) this.#tries = 0;
		this.#openedAt = 0;
	}

	/** @param {number} code @param {string} why @param {boolean} paired @returns {import("./policy.js").Ending} */
	ending(code, why, paired) {
		const now = Date.now();
		this.#endings = [...this.#endings, { code, at: now }].filter(
			({ at }) => now - at < this.times.memory,
		);
		const alike = this.#endings.filter((one) => one.code === code).length;
		return { code, why, paired, tries: this.#tries, alike, newerTried: this.#newerTried };
	}
}
