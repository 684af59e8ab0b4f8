import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkKey, Refused } from "../config.js";

const FILE = "api-key";
const HEADER = "x-api-key";

/** Who may ask: each key sees its own sessions only. Keys are held as digests. */
export class Keys {
	/** @param {{name: string, key: string}[]} keys */
	constructor(keys) {
		this.digests = keys.map(({ name, key }) => ({ name, digest: digest(key) }));
	}

	/**
	 * @param {import("node:http").IncomingHttpHeaders} headers
	 * @returns {string | undefined} the name of the key; every key is compared, whichever fits
	 */
	owner(headers) {
		const given = digest(String(headers[HEADER] ?? ""));
		return this.digests.filter(({ digest }) => timingSafeEqual(digest, given))[0]?.name;
	}
}

/** @param {import("node:http").IncomingHttpHeaders} headers */
export function hasKey(headers) {
	return Boolean(headers[HEADER]);
}

/**
 * The keys of the configuration, else the one that the gateway made at its first start.
 * @param {Pick<import("../config.js").Config, "keys" | "data">} config
 * @returns {{keys: {name: string, key: string}[], made?: string, file?: string}} `made` only in the run that made it
 */
export function loadKeys({ keys, data }) {
	if (keys.length) return { keys };
	const file = join(data, FILE);
	try {
		const key = readFileSync(file, "utf8").trim();
		checkKey("default", key);
		return { keys: [{ name: "default", key }], file };
	} catch (error) {
		if (/** @type {any} */ (error).code !== "ENOENT") throw unreadable(error, file);
	}
	return madeKey(file);
}

/** @param {string} file */
function madeKey(file) {
	const key = randomBytes(24).toString("base64url");
	try {
		writeFileSync(file, `${key}\n`, { mode: 0o600, flag: "wx" });
	} catch (error) {
		throw unreadable(error, file);
	}
	return { keys: [{ name: "default", key }], made: key, file };
}

/** @param {unknown} error @param {string} file */
function unreadable(error, file) {
	return error instanceof Refused
		? error
		: new Refused(
				`The API key in ${file} cannot be read or written (${/** @type {any} */ (error).code})`,
			);
}

/** @param {string} text */
function digest(text) {
	return createHash("sha256").update(text).digest();
}
