import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Stage } from "../support/stage.js";
import { until } from "../support/until.js";

const stage = new Stage({ GATEWAY_TEST_QR_MS: "700" });
let made = 0;
const name = () => `link_${++made}`;

describe("a code to scan", () => {
	it("is shown, replaced by the next one, and each is told", async () => {
		const { gateway, receiver } = stage;
		const id = await gateway.waiting(name(), receiver.fields);
		const first = await gateway.code(id);
		const { expiresAt } = (await gateway.call("GET", `/sessions/${id}/qr`)).body.data;
		assert.ok(Date.parse(expiresAt) - Date.now() <= 700);
		const second = await until(async () => {
			const now = await gateway.code(id);
			return now === first ? "" : now;
		});
		assert.match(second, /^https:\/\/wa\.me\/settings\/linked_devices#2@/);
		await until(() => receiver.events(id).filter((event) => event === "session.qr").length >= 2);
		await stage.phone().scan(second);
		await gateway.untilStatus(id, "connected");
	});

	it("links the number of the phone that scans it, whatever its age", async () => {
		const { gateway, receiver } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone, receiver.fields);
		const status = await gateway.status(id);
		assert.equal(status.isConnected, true);
		assert.equal(status.hasQR, false);
		assert.equal(status.phoneNumber, phone.number);
		assert.equal(phone.devices.length, 1);
		const { phoneNumber } = await receiver.expect(id, "session.connected");
		assert.equal(phoneNumber, phone.number);
		assert.equal(receiver.events(id).includes("session.disconnected"), false, "515 is nobody's business");
		assert.equal((await gateway.call("GET", `/sessions/${id}/qr`)).status, 500);
	});

	it("is not shown for ever: after the last one the session is down, and stays down until it is asked for", async () => {
		const { gateway, receiver, fake } = stage;
		const id = await gateway.waiting(name(), receiver.fields);
		const status = await gateway.untilStatus(id, "disconnected");
		assert.equal(status.disconnectReason, "qr_timeout");
		assert.equal(status.disconnectCode, 408);
		const { willReconnect } = await receiver.expect(id, "session.disconnected");
		assert.equal(willReconnect, false);
		const { upgrades } = fake.world;
		await new Promise((resolve) => setTimeout(resolve, 1000));
		assert.equal(fake.world.upgrades, upgrades);
		await gateway.connect(id);
		await stage.phone().scan(await gateway.code(id));
		await gateway.untilStatus(id, "connected");
	});

	it("that a stranger's phone cannot sign for is thrown away, and the next one links", async () => {
		const { gateway } = stage;
		const id = await gateway.waiting(name());
		const [ref, noise, identity, , platform] = (await gateway.code(id)).split(",");
		const wrong = [ref, noise, identity, Buffer.alloc(32).toString("base64"), platform].join(",");
		await assert.rejects(stage.phone().scan(wrong), /could not link/);
		const phone = stage.phone();
		await until(async () => phone.scan(await gateway.code(id)).catch(() => false));
		await gateway.untilStatus(id, "connected");
	});

	it("of a phone whose account wants a passkey ends in a word of its own, and links when it wants none", async () => {
		const { gateway, receiver } = stage;
		const phone = stage.phone();
		phone.account.needsPasskey = true;
		const id = await gateway.waiting(name(), receiver.fields);
		await assert.rejects(phone.scan(await gateway.code(id)), /passkey/);
		const status = await gateway.untilStatus(id, "disconnected");
		assert.deepEqual([status.disconnectReason, status.disconnectCode], ["passkey_required", null]);
		const told = await receiver.expect(id, "session.disconnected");
		assert.deepEqual([told.reason, told.willReconnect], ["passkey_required", false]);
		await gateway.kill("SIGTERM");
		await gateway.start();
		assert.equal((await gateway.status(id)).disconnectReason, "passkey_required");
		phone.account.needsPasskey = false;
		await gateway.connect(id);
		await phone.scan(await gateway.code(id));
		await gateway.untilStatus(id, "connected");
	});

	it("is gone when the session is disconnected while it is shown", async () => {
		const { gateway, fake } = stage;
		const id = await gateway.waiting(name());
		const text = await gateway.code(id);
		await gateway.call("POST", `/sessions/${id}/disconnect`, {});
		assert.equal((await gateway.status(id)).status, "disconnected");
		await assert.rejects(stage.phone().scan(text), /no device waits/);
		await gateway.connect(id);
		await stage.phone().scan(await gateway.code(id));
		await gateway.untilStatus(id, "connected");
	});
});

describe("a code to type", () => {
	/** @param {number} id @param {unknown} phoneNumber */
	const ask = (id, phoneNumber) => stage.gateway.call("POST", `/sessions/${id}/pairing-code`, { phoneNumber });

	it("links the phone on which it is typed", async () => {
		const { gateway } = stage;
		const phone = stage.phone();
		const id = await gateway.waiting(name());
		const { status, body } = await ask(id, phone.number);
		assert.equal(status, 200);
		assert.match(body.data.code, /^[0-9A-Z]{8}$/);
		assert.ok(Date.parse(body.data.expiresAt) > Date.now());
		assert.equal(await phone.enterCode(body.data.code), true);
		assert.equal((await gateway.untilStatus(id, "connected")).phoneNumber, phone.number);
		assert.match(phone.devices[0].platform, /^CHROME \(Windows\)$/);
	});

	it("of a phone whose account wants a passkey ends in a word of its own, and links when it wants none", async () => {
		const { gateway } = stage;
		const phone = stage.phone();
		phone.account.needsPasskey = true;
		const id = await gateway.waiting(name());
		assert.equal(await phone.enterCode((await ask(id, phone.number)).body.data.code), false);
		assert.equal((await gateway.untilStatus(id, "disconnected")).disconnectReason, "passkey_required");
		phone.account.needsPasskey = false;
		await gateway.connect(id);
		await gateway.untilStatus(id, "qr_code");
		assert.equal(await phone.enterCode((await ask(id, phone.number)).body.data.code), true);
		await gateway.untilStatus(id, "connected");
	});

	it("that is mistyped does not link, and the right one does afterwards", async () => {
		const phone = stage.phone();
		const id = await stage.gateway.waiting(name());
		const { code } = (await ask(id, phone.number)).body.data;
		assert.equal(await phone.enterCode(code.startsWith("A") ? `B${code.slice(1)}` : `A${code.slice(1)}`), false);
		assert.equal(phone.devices.length, 0);
		assert.equal(await phone.enterCode(code), true);
		await stage.gateway.untilStatus(id, "connected");
	});

	it("that nobody types leaves nothing behind: the session links by a picture afterwards", async () => {
		const { gateway } = stage;
		const id = await gateway.waiting(name());
		await ask(id, stage.phone().number);
		assert.equal((await gateway.untilStatus(id, "disconnected")).disconnectReason, "qr_timeout");
		await gateway.connect(id);
		const phone = stage.phone();
		await phone.scan(await gateway.code(id));
		assert.equal((await gateway.untilStatus(id, "connected")).phoneNumber, phone.number);
	});

	it("that was mistyped and given up leaves nothing behind either", async () => {
		const { gateway } = stage;
		const [typist, scanner] = [stage.phone(), stage.phone()];
		const id = await gateway.waiting(name());
		const { code } = (await ask(id, typist.number)).body.data;
		await typist.enterCode(code.startsWith("A") ? `B${code.slice(1)}` : `A${code.slice(1)}`);
		await gateway.call("POST", `/sessions/${id}/restart`, {});
		await scanner.scan(await gateway.code(id));
		assert.equal((await gateway.untilStatus(id, "connected")).phoneNumber, scanner.number);
	});

	it("that WhatsApp refuses is an error of its own, and the picture still works", async () => {
		const { gateway, fake } = stage;
		const id = await gateway.waiting(name());
		fake.world.codes.refuse = true;
		const { status, body } = await ask(id, stage.phone().number);
		fake.world.codes.refuse = false;
		assert.ok(status >= 400, String(status));
		assert.equal(body.success, false);
		assert.ok(body.code && body.error);
		await stage.phone().scan(await gateway.code(id));
		await gateway.untilStatus(id, "connected");
	});

	it("is refused while nobody waits for a phone, and for what is no number", async () => {
		const { gateway } = stage;
		const id = await gateway.create(name());
		assert.equal((await ask(id, "34600000001")).status, 409);
		const linked = await gateway.linked(stage.phone());
		assert.equal((await ask(linked, "34600000001")).status, 409);
		const waiting = await gateway.waiting(name());
		for (const number of ["", "abc", "+34 600", "1", "9".repeat(40), 34600000001, null, undefined, {}])
			assert.equal((await ask(waiting, number)).status, 400, JSON.stringify(number));
		assert.equal((await ask(waiting, "34600000001")).status, 200);
	});
});
