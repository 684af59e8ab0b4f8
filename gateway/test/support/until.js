import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits until something holds, and fails when it does not within the time.
 * @template T
 * @param {() => T | Promise<T>} check
 * @param {{ within?: number, what?: string }} [options]
 * @returns {Promise<NonNullable<T>>} what `check` answered
 */
export async function until(check, { within = 10_000, what = String(check) } = {}) {
	const end = Date.now() + within;
	for (;;) {
		const value = await check();
		if (value) return value;
		if (Date.now() > end) throw new Error(`did not come true within ${within} ms: ${what}`);
		await sleep(15);
	}
}
