const WINDOW = 60_000;
const MOST_WINDOWS = 10_000;

/** Fixed windows of a minute, as the contract's server has them. */
export class Limits {
	/** @type {Map<string, {opened: number, used: number}>} */
	#windows = new Map();

	/** @param {number} limit requests a minute */
	constructor(limit) {
		this.limit = limit;
	}

	/**
	 * @param {string} who @param {number} now milliseconds
	 * @returns {{allowed: boolean, headers: Record<string, string>}}
	 */
	count(who, now) {
		const window = this.#window(who, now);
		window.used++;
		const closes = window.opened + WINDOW;
		const allowed = window.used <= this.limit;
		const headers = {
			"X-RateLimit-Limit": String(this.limit),
			"X-RateLimit-Remaining": String(Math.max(this.limit - window.used, 0)),
			"X-RateLimit-Reset": String(Math.ceil(closes / 1000)),
		};
		return {
			allowed,
			headers: allowed
				? headers
				: { ...headers, "Retry-After": String(Math.max(Math.ceil((closes - now) / 1000), 1)) },
		};
	}

	/** @param {string} who @param {number} now */
	#window(who, now) {
		const known = this.#windows.get(who);
		if (known && now < known.opened + WINDOW) return known;
		if (this.#windows.size >= MOST_WINDOWS) this.#forgetOld(now);
		const fresh = { opened: now, used: 0 };
		this.#windows.set(who, fresh);
		return fresh;
	}

	/** Strangers without a key are counted by address, and there are many addresses. @param {number} now */
	#forgetOld(now) {
		for (const [who, { opened }] of this.#windows) if (now >= opened + WINDOW) this.#windows.delete(who);
		if (this.#windows.size >= MOST_WINDOWS) this.#windows.clear();
	}
}
