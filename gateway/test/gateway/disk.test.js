import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, it } from "node:test";
import { Gateway } from "../support/gateway.js";
import { Stage } from "../support/stage.js";
import { until } from "../support/until.js";

const stage = new Stage();
const disk = mkdtempSync(join(tmpdir(), "gateway-disk-"));
const ballast = join(disk, "ballast");
let isMounted = false;
try {
	execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], { stdio: "ignore" });
	isMounted = true;
} catch {}
const skip = isMounted ? false : "may not mount a small disk here (needs root)";

after(() => {
	if (isMounted) execFileSync("umount", [disk]);
	rmSync(disk, { recursive: true });
});

/** Not a byte is left. */
function fill() {
	for (let { bavail, bsize } = statfsSync(disk), size = bavail * bsize; size >= 1; size = Math.floor(size / 2))
		try {
			writeFileSync(ballast, Buffer.alloc(size), { flag: "a" });
		} catch {}
}

/** @param {number} id @param {string} text */
const told = (id, text) => stage.receiver.of(id).filter(({ event, data }) => event === "message.received" && data.message.content === text);

/** @param {Gateway} gateway */
const health = async (gateway) => (await fetch(`${gateway.url}/health`)).status;

/** It stores nothing more, and says so. @param {Gateway} gateway */
async function refuses(gateway) {
	const refused = async () => {
		const fields = { sessionId: `full_${Math.random()}`.replace(".", ""), sessionName: "n".repeat(255) };
		const { status, body } = await gateway.call("POST", "/sessions", fields);
		return status === 503 && body.code;
	};
	assert.equal(await until(refused, { what: "a refusal" }), "STORAGE_ERROR");
	await until(async () => (await health(gateway)) === 503, { what: "an unhealthy gateway" });
}

/** @param {number} id @param {string} text @param {import("../fake/phone.js").Phone[]} phones the one that says it, and the linked one */
async function hears(id, text, [contact, phone]) {
	await contact.text(phone.number, text);
	await until(() => told(id, text).length, { what: text });
}

it("a disk that is full loses no text, no pairing and no session, and all goes on when there is room", { skip }, async () => {
	const gateway = new Gateway(stage.fake, {}, join(disk, "data"));
	after(() => gateway.remove());
	await gateway.start();
	const [contact, phone] = [stage.phone(), stage.phone()];
	const id = await gateway.linked(phone, stage.receiver.fields);
	await hears(id, "before", [contact, phone]);
	fill();
	await contact.text(phone.number, "while it is full");
	await refuses(gateway);
	assert.equal(phone.devices.length, 1);
	rmSync(ballast);
	await until(async () => (await health(gateway)) === 200, { what: "a healthy gateway" });
	await until(() => told(id, "while it is full").length, { within: 20_000, what: "the text" });
	await gateway.kill();
	await gateway.start();
	await gateway.untilStatus(id, "connected");
	await hears(id, "after", [contact, phone]);
	assert.equal(told(id, "while it is full").length, 1);
	assert.equal(contact.account.unread.length, 0);
	await gateway.call("DELETE", `/sessions/${id}`);
});
