import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { scaled } from "./sessions/times.js";

/** A sentence for the person who starts the gateway; it ends with this one line. */
export class Refused extends Error {
	/** @param {string} sentence @param {string} [code] for a program that starts it and speaks other languages */
	constructor(sentence, code = "REFUSED") {
		super(sentence);
		this.code = code;
	}
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;
const LEVELS = ["debug", "info", "warn", "error"];
const SHORTEST_KEY = 24;
const LARGEST_PART = 0xffff_ffff;
const KNOWN = new Set([
	"HOST",
	"PORT",
	"DATA",
	"API_KEY",
	"API_KEY_FILE",
	"API_KEYS",
	"RATE_LIMIT",
	"MAX_SESSIONS",
	"DEVICE_NAME",
	"WA_VERSION",
	"PROXY",
	"LOG",
	"ALLOW_HTTP_WEBHOOKS",
	"TEST_WA_URL",
	"TEST_SPEED",
	"TEST_QR_MS",
	"TEST_CONNECT_MS",
	"TEST_KEEPALIVE_MS",
	"TEST_NEWER_VERSION",
]);

/**
 * @param {Record<string, string | undefined>} environment names begin with GATEWAY_
 * @returns {Readonly<Config>}
 */
export function readConfig(environment) {
	const value = reader(environment);
	const host = value("HOST") ?? "127.0.0.1";
	const speed = number(value, "TEST_SPEED", 1, 1, 1000);
	return Object.freeze({
		host,
		port: number(value, "PORT", 8084, 0, 65535),
		data: resolve(value("DATA") ?? defaultFolder(environment)),
		keys: keysOf(value),
		rateLimit: number(value, "RATE_LIMIT", 600, 1, 1_000_000),
		maxSessions: number(value, "MAX_SESSIONS", 500, 1, 100_000),
		deviceName: deviceName(value("DEVICE_NAME")),
		version: version(value, "WA_VERSION"),
		proxy: proxy(value("PROXY")),
		level: oneOf(value, "LOG", LEVELS, "info"),
		httpWebhookHosts: new Set(list(value("ALLOW_HTTP_WEBHOOKS")).map((name) => name.toLowerCase())),
		times: scaled(speed),
		test: testSwitches(value, host, environment),
	});
}

/**
 * @typedef {object} Config
 * @property {string} host
 * @property {number} port
 * @property {string} data folder of the database and of the key that the gateway made
 * @property {{name: string, key: string}[]} keys none: the gateway makes one
 * @property {number} rateLimit requests a minute and key
 * @property {number} maxSessions
 * @property {string | undefined} deviceName what the phone lists; only for codes that are scanned
 * @property {Version | undefined} version
 * @property {string | undefined} proxy
 * @property {string} level
 * @property {Set<string>} httpWebhookHosts
 * @property {import("./sessions/times.js").Times} times
 * @property {TestSwitches} test
 */

/** @typedef {[number, number, number]} Version */

/**
 * @typedef {object} TestSwitches
 * @property {string} [url] a stand-in for WhatsApp on this machine
 * @property {number} [qrMs]
 * @property {number} [connectMs]
 * @property {number} [keepAliveMs]
 * @property {Version} [newerVersion]
 */

/** @typedef {(name: string) => string | undefined} Reader */

/** @param {Record<string, string | undefined>} environment @returns {Reader} */
function reader(environment) {
	for (const name of Object.keys(environment)) {
		if (name.startsWith("GATEWAY_") && !KNOWN.has(name.slice(8)))
			throw new Refused(`${name} is not a setting of the gateway`);
	}
	return (name) => environment[`GATEWAY_${name}`]?.trim() || undefined;
}

/** @param {Record<string, string | undefined>} environment */
function defaultFolder(environment) {
	const state = environment.XDG_STATE_HOME || join(homedir(), ".local", "state");
	return environment.STATE_DIRECTORY || join(state, "whatsapp-gateway");
}

/**
 * @param {Reader} value
 * @param {string} name
 * @param {number} usual
 * @param {number} least
 * @param {number} most
 */
function number(value, name, usual, least, most) {
	const text = value(name);
	if (text === undefined) return usual;
	const found = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
	if (!(found >= least && found <= most))
		throw new Refused(`GATEWAY_${name} must be a whole number from ${least} to ${most}`);
	return found;
}

/** @param {Reader} value @param {string} name @param {string[]} words @param {string} usual */
function oneOf(value, name, words, usual) {
	const found = value(name) ?? usual;
	if (!words.includes(found)) throw new Refused(`GATEWAY_${name} must be one of ${words.join(", ")}`);
	return found;
}

/** @param {string | undefined} text */
function list(text) {
	return (text ?? "")
		.split(",")
		.map((part) => part.trim())
		.filter(Boolean);
}

/** @param {string | undefined} name */
function deviceName(name) {
	if (name && !/^[\p{L}\p{N} ._-]{1,30}$/u.test(name))
		throw new Refused("GATEWAY_DEVICE_NAME must be 1 to 30 letters, digits or spaces");
	return name;
}

/** @param {Reader} value @param {string} name @returns {Version | undefined} */
function version(value, name) {
	const text = value(name);
	if (!text) return undefined;
	if (
		!/^\d{1,9}\.\d{1,9}\.\d{1,10}$/.test(text) ||
		text.split(".").some((part) => Number(part) > LARGEST_PART)
	)
		throw new Refused(`GATEWAY_${name} must look like 2.3000.1043857760`);
	return /** @type {Version} */ (text.split(".").map(Number));
}

/** @param {string | undefined} text */
function proxy(text) {
	if (text && !/^https?:$/.test(URL.parse(text)?.protocol ?? ""))
		throw new Refused("GATEWAY_PROXY must be an http:// or https:// address");
	return text;
}

/** @param {Reader} value */
function keysOf(value) {
	const given = ["API_KEY", "API_KEY_FILE", "API_KEYS"].filter((name) => value(name));
	if (given.length > 1)
		throw new Refused(`Set only one of ${given.map((name) => `GATEWAY_${name}`).join(", ")}`);
	const several = list(value("API_KEYS")).map(namedKey);
	const single = value("API_KEY") ?? fromFile(value("API_KEY_FILE"));
	const keys = single === undefined ? several : [{ name: "default", key: single }];
	for (const { name, key } of keys) checkKey(name, key);
	for (const field of /** @type {const} */ (["name", "key"])) {
		if (new Set(keys.map((one) => one[field])).size < keys.length)
			throw new Refused(`GATEWAY_API_KEYS has the same ${field} twice`);
	}
	return keys;
}

/** @param {string} text */
function namedKey(text) {
	const [, name, key] = /^([A-Za-z0-9_-]{1,50}):(.+)$/.exec(text) ?? [];
	if (!name) throw new Refused("GATEWAY_API_KEYS must be name:key,name:key");
	return { name, key };
}

/** @param {string | undefined} path */
function fromFile(path) {
	if (!path) return undefined;
	try {
		return readFileSync(path, "utf8").trim();
	} catch (error) {
		throw new Refused(
			`GATEWAY_API_KEY_FILE: ${path} cannot be read (${/** @type {NodeJS.ErrnoException} */ (error).code})`,
		);
	}
}

/** @param {string} name @param {string} key */
export function checkKey(name, key) {
	if (!/^[\x21-\x7e]+$/.test(key) || key.length < SHORTEST_KEY) {
		throw new Refused(
			`The API key "${name}" must have at least ${SHORTEST_KEY} visible ASCII characters`,
		);
	}
}

/**
 * @param {Reader} value
 * @param {string} host
 * @param {Record<string, string | undefined>} environment
 * @returns {TestSwitches}
 */
function testSwitches(value, host, environment) {
	const used = Object.keys(environment).some(
		(name) => name.startsWith("GATEWAY_TEST_") && environment[name],
	);
	if (used && !LOOPBACK.test(host))
		throw new Refused("GATEWAY_TEST_* is only for a gateway that listens on this machine alone");
	const url = value("TEST_WA_URL");
	if (url && !/^ws:\/\/127\.0\.0\.1:\d{1,5}\/?$/.test(url))
		throw new Refused("GATEWAY_TEST_WA_URL must be ws://127.0.0.1:port");
	return Object.freeze({
		url,
		qrMs: number(value, "TEST_QR_MS", 0, 0, 3_600_000) || undefined,
		connectMs: number(value, "TEST_CONNECT_MS", 0, 0, 3_600_000) || undefined,
		keepAliveMs: number(value, "TEST_KEEPALIVE_MS", 0, 0, 3_600_000) || undefined,
		newerVersion: version(value, "TEST_NEWER_VERSION"),
	});
}
