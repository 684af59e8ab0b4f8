import { mkdtempSync, rmSync, statSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { BufferJSON, Curve, initAuthCreds } from "baileys";
import { CredentialStore } from "../store/credentials.js";
import { Database } from "../store/database.js";
import { SessionStore } from "../store/sessions.js";
import { startFake } from "../test/fake/server.js";
import { until } from "../test/support/until.js";
import { cpuSeconds, gatewayFor, megabytes } from "./stage.js";

const NUMBER = 34600000000;
const PRE_KEYS = 812;
const IDLE = 20_000;

/** @param {number} value */
const round = (value) => Number(value.toFixed(1));

/**
 * A session as it is after a link, without one: two thousand links would take an hour of a machine that is busy.
 * @param {{sessions: SessionStore, credentials: CredentialStore}} stores
 * @param {import("../test/fake/server.js").Fake} fake
 * @param {any} creds of one device; each session gets a key of its own for the wire
 * @param {number} index
 */
function seed({ sessions, credentials }, fake, creds, index) {
	const { account } = fake.phone(String(NUMBER + index));
	const noiseKey = Curve.generateKeyPair();
	const device = account.newDevice(noiseKey.public, "CHROME (Windows)");
	const key = creds.signedIdentityKey.public;
	account.devices.set(device.id, device);
	device.bundle = { identity: key, registrationId: creds.registrationId, signed: { id: 1, key } };
	device.preKeys = Array.from({ length: PRE_KEYS }, (_, id) => ({ id, key }));
	device.greeted = true;
	const name = `bench_${index}`;
	const fields = { owner: "default", session_id: name, name, expected_number: null, send_to_frappe: 0 };
	const { id } = sessions.insert({ ...fields, webhook_url: null, webhook_secret: null, webhook_events: "[]" });
	const me = { id: device.jid, lid: device.lid, name: "~" };
	credentials.writeCreds(id, JSON.stringify({ ...creds, noiseKey, me }, BufferJSON.replacer));
	sessions.update(id, { wanted: 1, number: account.number, jid: device.jid, profile_name: "~" });
}

/** @param {string} data @param {import("../test/fake/server.js").Fake} fake @param {number} count */
function seedAll(data, fake, count) {
	const database = new Database(data);
	const stores = { sessions: new SessionStore(database), credentials: new CredentialStore(database) };
	const linked = { account: { details: Buffer.alloc(0) }, platform: "smba", accountSyncCounter: 1, registered: true };
	const creds = { ...initAuthCreds(), ...linked };
	database.transaction(() => {
		for (let index = 1; index <= count; index++) seed(stores, fake, creds, index);
	});
	database.close();
}

/** @param {import("../test/support/gateway.js").Gateway} gateway */
async function connected(gateway) {
	const answer = await fetch(`${gateway.url}/health?detail`, { headers: { "x-api-key": gateway.key } });
	return /** @type {any} */ (await answer.json()).detail.sessions.connected ?? 0;
}

/** @param {number} count @param {number} rounds */
async function measure(count, rounds) {
	const fake = await startFake();
	const data = mkdtempSync(join(tmpdir(), "gateway-restore-"));
	seedAll(data, fake, count);
	for (let turn = 1; turn <= rounds; turn++) {
		const began = performance.now();
		const gateway = await gatewayFor(fake, { GATEWAY_DATA: data });
		const answers = (performance.now() - began) / 1000;
		await until(async () => (await connected(gateway)) === count, { within: 600_000, what: "all restored" });
		const all = (performance.now() - began) / 1000;
		const processor = cpuSeconds(gateway);
		const idle = turn === rounds ? await idleShare(gateway) : "";
		const size = round(statSync(join(data, "gateway.sqlite")).size / 1e6);
		console.log(`| ${[count, turn, round(loadavg()[0]), round(answers), round(all), round(processor), megabytes(gateway), idle, size].join(" | ")} |`);
		await gateway.remove();
	}
	rmSync(data, { recursive: true });
	await fake.close();
}

/** Percent of one processor while nothing happens. @param {import("../test/support/gateway.js").Gateway} gateway */
async function idleShare(gateway) {
	await sleep(IDLE / 2);
	const before = cpuSeconds(gateway);
	await sleep(IDLE);
	return round(((cpuSeconds(gateway) - before) / (IDLE / 1000)) * 100);
}

const options = /** @type {const} */ ({ rounds: { type: "string", default: "3" } });
const { positionals, values } = parseArgs({ allowPositionals: true, options });
console.log("| sessions | run | load | answers after s | all restored s | processor s | RSS MB | idle CPU % | database MB |");
console.log(`|${" --- |".repeat(9)}`);
for (const count of positionals.length ? positionals.map(Number) : [500, 1000, 2000]) await measure(count, Number(values.rounds));
process.exit(0);
