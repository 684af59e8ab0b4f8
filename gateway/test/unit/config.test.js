import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig, Refused } from "../../config.js";
import { loadKeys } from "../../http/keys.js";
import { folder, KEY } from "./support.js";

test("without any setting: this machine, 8084, 600 a minute, a folder of one's own", () => {
	const { host, port, rateLimit, maxSessions, keys, data, times } = readConfig({ HOME: "/home/somebody" });
	assert.deepEqual([host, port, rateLimit, maxSessions, keys], ["127.0.0.1", 8084, 600, 500, []]);
	assert.match(data, /whatsapp-gateway$/);
	assert.equal(times.watchdog, 30_000);
});

test("systemd names the folder", () => {
	assert.equal(
		readConfig({ STATE_DIRECTORY: "/var/lib/whatsapp-gateway" }).data,
		"/var/lib/whatsapp-gateway",
	);
});

for (const [name, value, sentence] of [
	["PORT", "http", "GATEWAY_PORT must be a whole number from 0 to 65535"],
	["PORT", "65536", "GATEWAY_PORT must be a whole number from 0 to 65535"],
	["PORT", "80 80", "GATEWAY_PORT must be a whole number from 0 to 65535"],
	["RATE_LIMIT", "0", "GATEWAY_RATE_LIMIT must be a whole number from 1 to 1000000"],
	["MAX_SESSIONS", "-1", "GATEWAY_MAX_SESSIONS must be a whole number from 1 to 100000"],
	["API_KEY", "short", 'The API key "default" must have at least 24 visible ASCII characters'],
	[
		"API_KEY",
		"with spaces between the words",
		'The API key "default" must have at least 24 visible ASCII characters',
	],
	["API_KEY_FILE", "/nowhere/key", "GATEWAY_API_KEY_FILE: /nowhere/key cannot be read (ENOENT)"],
	["API_KEYS", KEY, "GATEWAY_API_KEYS must be name:key,name:key"],
	["API_KEYS", `a:${KEY},a:${KEY}1`, "GATEWAY_API_KEYS has the same name twice"],
	["API_KEYS", `a:${KEY},b:${KEY}`, "GATEWAY_API_KEYS has the same key twice"],
	["DEVICE_NAME", "<b>", "GATEWAY_DEVICE_NAME must be 1 to 30 letters, digits or spaces"],
	["WA_VERSION", "latest", "GATEWAY_WA_VERSION must look like 2.3000.1043857760"],
	["WA_VERSION", "2.3000.9999999999", "GATEWAY_WA_VERSION must look like 2.3000.1043857760"],
	["PROXY", "socks5://127.0.0.1:1080", "GATEWAY_PROXY must be an http:// or https:// address"],
	["LOG", "trace", "GATEWAY_LOG must be one of debug, info, warn, error"],
	["TEST_WA_URL", "wss://whatsapp.example", "GATEWAY_TEST_WA_URL must be ws://127.0.0.1:port"],
	["TEST_WA_URL", "ws://127.0.0.1.example:80", "GATEWAY_TEST_WA_URL must be ws://127.0.0.1:port"],
	["API_KYE", KEY, "GATEWAY_API_KYE is not a setting of the gateway"],
]) {
	test(`GATEWAY_${name}=${value} is refused with one line`, () => {
		assert.throws(() => readConfig({ [`GATEWAY_${name}`]: value }), new Refused(sentence));
	});
}

test("switches for tests are refused where the network can reach the gateway", () => {
	const sentence = "GATEWAY_TEST_* is only for a gateway that listens on this machine alone";
	assert.throws(
		() => readConfig({ GATEWAY_HOST: "0.0.0.0", GATEWAY_TEST_SPEED: "20" }),
		new Refused(sentence),
	);
	assert.equal(readConfig({ GATEWAY_HOST: "::1", GATEWAY_TEST_SPEED: "20" }).times.watchdog, 1500);
});

test("two sources of keys are one too many", () => {
	assert.throws(
		() => readConfig({ GATEWAY_API_KEY: KEY, GATEWAY_API_KEYS: `a:${KEY}` }),
		/only one of GATEWAY_API_KEY, GATEWAY_API_KEYS/,
	);
});

test("a key from a file, without its line end", () => {
	const file = join(folder(), "key");
	writeFileSync(file, `${KEY}\n`);
	assert.deepEqual(readConfig({ GATEWAY_API_KEY_FILE: file }).keys, [{ name: "default", key: KEY }]);
});

test("several owners", () => {
	assert.deepEqual(readConfig({ GATEWAY_API_KEYS: `one:${KEY}, two:${KEY}:2` }).keys, [
		{ name: "one", key: KEY },
		{ name: "two", key: `${KEY}:2` },
	]);
});

test("a key is made once, told once, and kept for the owner's eyes", async () => {
	const data = folder();
	const first = loadKeys({ keys: [], data });
	const second = loadKeys({ keys: [], data });
	assert.ok(first.made && first.made.length >= 24);
	assert.deepEqual([second.made, second.keys], [undefined, first.keys]);
	const { statSync } = await import("node:fs");
	assert.equal(statSync(/** @type {string} */ (first.file)).mode & 0o777, 0o600);
});

test("a spoilt key file is told, not replaced", () => {
	const data = folder();
	writeFileSync(join(data, "api-key"), "short");
	assert.throws(() => loadKeys({ keys: [], data }), Refused);
});
