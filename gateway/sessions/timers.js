/** @template T @param {number} milliseconds @param {T} value @returns {Promise<T>} */
export function after(milliseconds, value) {
	return new Promise((resolve) => setTimeout(resolve, milliseconds, value).unref());
}

/** Timers by name; none of them keeps the process alive. */
export class Timers {
	/** @type {Map<string, NodeJS.Timeout>} */
	#running = new Map();

	/** @param {(error: unknown) => void} failed */
	constructor(failed) {
		this.failed = failed;
	}

	/**
	 * Instead of one of that name.
	 * @param {string} name
	 * @param {number} milliseconds
	 * @param {() => void} work
	 */
	start(name, milliseconds, work) {
		this.stop(name);
		const due = () => {
			this.#running.delete(name);
			try {
				work();
			} catch (error) {
				this.failed(error);
			}
		};
		this.#running.set(name, setTimeout(due, milliseconds).unref());
	}

	/** @param {...string} names */
	stop(...names) {
		for (const name of names) {
			clearTimeout(this.#running.get(name));
			this.#running.delete(name);
		}
	}

	stopAll() {
		this.stop(...this.#running.keys());
	}

	/** @param {string} name */
	has(name) {
		return this.#running.has(name);
	}
}
