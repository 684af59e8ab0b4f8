const LEVELS = ["debug", "info", "warn", "error"];
let least = LEVELS.indexOf("info");

/** @param {string} level */
export function setLevel(level) {
	least = LEVELS.indexOf(level);
}

/**
 * One JSON line on stderr. `fields` holds ids, codes and counts; never a key, a number, a code or a text of anybody.
 * @param {"debug" | "info" | "warn" | "error"} level
 * @param {string} event
 * @param {Record<string, unknown>} [fields]
 */
export function log(level, event, fields = {}) {
	if (LEVELS.indexOf(level) < least) return;
	process.stderr.write(JSON.stringify({ at: new Date().toISOString(), level, event, ...fields }) + "\n");
}

/**
 * libsignal writes whole sessions, private keys included, to the console. Before anything imports baileys.
 */
export function silenceConsole() {
	for (const name of /** @type {const} */ ([
		"log",
		"info",
		"warn",
		"error",
		"debug",
		"trace",
		"dir",
		"table",
	]))
		console[name] = () => {};
}

/**
 * Where an error comes from, without what it says: a message may quote what a stranger sent.
 * @param {unknown} error
 */
export function described(error) {
	if (!(error instanceof Error)) return { error: typeof error };
	const frame = /\((?:file:\/\/)?([^()]+)\)|at (?:file:\/\/)?(\S+)$/m.exec(error.stack ?? "");
	const place = (frame?.[1] ?? frame?.[2] ?? "").split("/").slice(-2).join("/");
	return { error: error.name, code: /** @type {any} */ (error).code, place };
}

const nothing = () => {};

/** For Baileys, which logs registrations at info and every stanza at trace. @type {any} */
export const silent = {
	level: "silent",
	child: () => silent,
	trace: nothing,
	debug: nothing,
	info: nothing,
	warn: nothing,
	error: nothing,
	fatal: nothing,
};
