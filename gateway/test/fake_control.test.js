import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, it } from "node:test";
import { Client } from "./support/client.js";

/** @type {import("node:child_process").ChildProcess} */
let process;
/** @type {{ url: string, control: string }} */
let addresses;

before(async () => {
	const path = new URL("fake/main.js", import.meta.url).pathname;
	process = spawn(globalThis.process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] });
	const [line] = await once(/** @type {import("node:stream").Readable} */ (process.stdout), "data");
	addresses = JSON.parse(line);
});

after(() => process.kill());

/** @param {string} command @param {object} [body] */
async function tell(command, body = {}) {
	const answer = await fetch(`${addresses.control}/${command}`, { method: "POST", body: JSON.stringify(body) });
	return { status: answer.status, body: /** @type {any} */ (await answer.json()) };
}

it("is driven from another process", async () => {
	const number = "34600000001";
	const one = new Client(addresses.url);
	const text = await one.qr();
	assert.deepEqual(await tell("scan", { number, text }), { status: 200, body: { device: 1 } });
	await one.closed();
	await one.reopen().online();
	const sent = await tell("text", { number: "34600000002", to: number, body: "hola" });
	await tell("trouble", { failAdmissions: { value: 503, times: 1 } });
	assert.deepEqual((await tell("drop", { number, how: "cut" })).body, { dropped: 1 });
	await one.closed();
	assert.equal(await one.reopen().closed(), 503);
	await one.reopen().open();
	const { body } = await tell("state");
	const [{ online, logins }] = body.phones[0].devices;
	assert.deepEqual([online, logins], [true, 2]);
	assert.equal(body.phones[1].receipts[0].id, sent.body.id);
	assert.deepEqual(body.faults, []);
	await tell("reset");
	assert.deepEqual((await tell("state")).body.phones, []);
	await one.end();
});

it("says what it cannot do", async () => {
	assert.equal((await tell("nothing")).status, 404);
	assert.deepEqual(await tell("scan", { number: "34600000001", text: "x" }), {
		status: 409,
		body: { error: "this is no code of WhatsApp" },
	});
	assert.equal((await tell("state")).status, 200);
});
