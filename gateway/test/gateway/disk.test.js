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

it("a disk that is full loses no text, no pairing and no session, and all goes on when there is room", { skip }, async () => {
	const { fake, receiver } = stage;
	const gateway = new Gateway(fake, { GATEWAY_DATA: join(disk, "data") });
	await gateway.start();
	const [phone, contact] = [stage.phone(), stage.phone()];
	const id = await gateway.linked(phone, receiver.fields);
	await contact.text(phone.number, "before");
	await receiver.expect(id, "message.received", ({ message }) => message.content === "before");
	fill();
	await contact.text(phone.number, "while it is full");
	const refused = async () => {
		const { status, body } = await gateway.call("POST", "/sessions", { sessionId: `full_${Math.random()}`.replace(".", ""), sessionName: "n".repeat(255) });
		return status === 503 && body.code;
	};
	assert.equal(await until(refused, { what: "a refusal" }), "STORAGE_ERROR");
	await until(async () => (await fetch(`${gateway.url}/health`)).status === 503, { what: "an unhealthy gateway" });
	assert.equal(phone.devices.length, 1);
	rmSync(ballast);
	await until(async () => (await fetch(`${gateway.url}/health`)).status === 200, { what: "a healthy gateway" });
	const told = () => receiver.of(id).filter(({ event, data }) => event === "message.received" && data.message.content === "while it is full");
	await until(() => told().length, { within: 20_000, what: "the text" });
	await gateway.kill();
	await gateway.start();
	await gateway.untilStatus(id, "connected");
	await contact.text(phone.number, "after");
	await receiver.expect(id, "message.received", ({ message }) => message.content === "after");
	assert.equal(told().length, 1);
	assert.equal(contact.account.unread.length, 0);
	await gateway.call("DELETE", `/sessions/${id}`);
	await gateway.kill("SIGTERM");
});
