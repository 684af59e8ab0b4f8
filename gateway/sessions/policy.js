/**
 * What happens after a socket ended. Pure: the same ending, the same verdict.
 *
 * `why` tells apart what the number does not, above all the three meanings of 408:
 * `network` (refused, DNS, handshake), `http` (an HTTP status instead of the upgrade), `silence` (the watchdog),
 * `refs` (all codes shown), `passkey` (the phone's account wants one), `lost`, `cut`, `stream`, `failure`, `downgrade`, `crash` (an error of our own), `other`.
 *
 * @typedef {object} Ending
 * @property {number} code
 * @property {string} why
 * @property {boolean} paired
 * @property {number} tries sockets that failed since the last one that held
 * @property {number} alike endings with this code in the last minutes, this one included
 * @property {boolean} newerTried whether a newer version of WhatsApp Web was already looked for
 *
 * @typedef {{act: "restart"} | {act: "newer"}
 *   | {act: "again", after: number, code: number, reason: string}
 *   | {act: "down", code: number | null, reason: string, forget: boolean}} Verdict
 */

export const REASONS = /** @type {Record<number, string>} */ ({
	401: "logged_out",
	403: "banned",
	405: "client_outdated",
	408: "connection_lost",
	411: "multidevice_mismatch",
	428: "connection_lost",
	429: "rate_limited",
	440: "replaced",
	463: "restricted",
	500: "bad_session",
	503: "service_unavailable",
	515: "restart_required",
});

/** The gateway never tries these again by itself: it would loop, or make a ban worse. */
const FINAL = new Set([401, 403, 411, 440, 463]);
const UNREACHABLE = new Set(["network", "http", "silence"]);
const MOST_ALIKE = 3;

/**
 * @param {Ending} ending
 * @param {import("./times.js").Times} times
 * @param {() => number} [random] from 0 to 1
 * @returns {Verdict}
 */
export function decide(ending, times, random = Math.random) {
	const { code, why, paired, tries } = ending;
	const unreachable = UNREACHABLE.has(why);
	if (why === "stream" && code === 515 && ending.alike <= MOST_ALIKE) return { act: "restart" };
	if (why === "passkey") return down(null, "passkey_required", true);
	if (why === "refs" && !paired) return down(408, "qr_timeout", true);
	if (!unreachable && FINAL.has(code)) return down(code, REASONS[code], code === 401);
	if (!unreachable && code === 405)
		return ending.newerTried ? down(405, REASONS[405], !paired) : { act: "newer" };
	if (paired && code === 500 && ending.alike >= MOST_ALIKE) return down(500, reasonOf(ending), false);
	const told = unreachable
		? { code: 408, reason: "whatsapp_unreachable" }
		: { code, reason: reasonOf(ending) };
	if (paired) return { act: "again", after: backoff(tries, times, random), ...told };
	if (tries < times.firstTries.length) return { act: "again", after: times.firstTries[tries], ...told };
	return down(told.code, told.reason, true);
}

/**
 * 1, 2, 4 … 60 s, a quarter more or less, so that not all sessions come back in one moment.
 * @param {number} tries @param {Pick<import("./times.js").Times, "backoffFirst" | "backoffLongest">} times @param {() => number} random
 */
export function backoff(tries, times, random = Math.random) {
	return (
		Math.min(times.backoffFirst * 2 ** Math.min(tries, 30), times.backoffLongest) * (0.75 + random() / 2)
	);
}

/** @param {Ending} ending */
function reasonOf({ code, why }) {
	return why === "crash" ? "internal_error" : (REASONS[code] ?? "connection_lost");
}

/** @param {number | null} code @param {string} reason @param {boolean} forget @returns {Verdict} */
function down(code, reason, forget) {
	return { act: "down", code, reason, forget };
}
