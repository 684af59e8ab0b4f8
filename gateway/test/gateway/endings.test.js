import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Stage } from "../support/stage.js";
import { until } from "../support/until.js";

const stage = new Stage();
/** From when on a connection has held, at the speed of these tests: only then is a restart no failure. */
const STEADY = 1600;
let made = 0;
const name = () => `end_${++made}`;

/** Logins and registrations that a number of milliseconds brings. @param {number} [milliseconds] */
async function attempts(milliseconds = 1000) {
	const { upgrades } = stage.fake.world;
	await sleep(milliseconds);
	return stage.fake.world.upgrades - upgrades;
}

/** @typedef {{ how: import("../fake/trouble.js").DropKind, code: number }} Drop */

/** @param {import("../fake/trouble.js").DropKind} how @param {number[]} codes @returns {Drop[]} */
const drops = (how, ...codes) => codes.map((code) => ({ how, code }));

describe("a linked session that loses its connection", () => {
	const passing = [
		...drops("stream", 408, 428, 429, 500, 503, 515, 599),
		...drops("failure", 408, 429, 503),
		...drops("cut", 0),
		...drops("close", 0),
		...drops("xmlstreamend", 0),
	];
	for (const { how, code } of passing)
		it(`by ${how} ${code || ""} comes back by itself`, async () => {
			const { gateway, fake, receiver } = stage;
			const phone = stage.phone();
			const id = await gateway.linked(phone, receiver.fields);
			const [device] = phone.devices;
			if (code === 515) await sleep(STEADY);
			await fake.drop({ number: phone.number, how, code });
			await until(() => device.logins === 2);
			await gateway.untilStatus(id, "connected");
			const status = await gateway.status(id);
			assert.equal(status.disconnectCode ?? null, null);
			if (code === 515) return assert.equal(receiver.events(id).includes("session.disconnected"), false);
			assert.equal((await receiver.expect(id, "session.disconnected")).willReconnect, true);
			await until(() => receiver.events(id).filter((event) => event === "session.connected").length === 2);
		});

	it("says why while it tries, then that it is down, and goes on trying; connect makes it try at once", async () => {
		const { gateway, fake, receiver } = stage;
		const [phone, other] = [stage.phone(), stage.phone()];
		const id = await gateway.linked(phone, receiver.fields);
		const helped = await gateway.linked(other);
		fake.trouble.failAdmissions(503);
		await fake.drop({ how: "stream", code: 503 });
		const trying = await gateway.untilStatus(id, "connecting");
		assert.equal(trying.disconnectCode, 503);
		assert.equal(trying.disconnectReason, "service_unavailable");
		assert.equal(trying.isConnected, false);
		const down = await gateway.untilStatus(id, "disconnected", 15_000);
		assert.equal(down.disconnectCode, 503);
		const told = () => receiver.of(id).filter(({ event }) => event === "session.disconnected");
		await until(() => told().length === 2);
		assert.ok(told().every(({ data }) => data.willReconnect));
		await gateway.untilStatus(helped, "disconnected");
		fake.trouble.failAdmissions(0);
		const began = Date.now();
		await gateway.connect(helped);
		await gateway.untilStatus(helped, "connected");
		assert.ok(Date.now() - began < 1500);
		await gateway.untilStatus(id, "connected");
		await until(() => receiver.events(id).filter((event) => event === "session.connected").length === 2);
		assert.deepEqual([phone.devices.length, other.devices.length], [1, 1]);
	});
});

describe("a linked session that is put an end to", () => {
	const final = [...drops("stream", 403, 411, 440, 463), ...drops("failure", 403, 411, 463), ...drops("downgrade", 411)];
	for (const { how, code } of final)
		it(`by ${how} ${code} stays down, keeps its pairing, and comes back when asked`, async () => {
			const { gateway, fake, receiver } = stage;
			const phone = stage.phone();
			const id = await gateway.linked(phone, receiver.fields);
			await fake.drop({ number: phone.number, how, code });
			const status = await gateway.untilStatus(id, "disconnected");
			assert.equal(status.disconnectCode, code);
			assert.equal((await receiver.expect(id, "session.disconnected")).willReconnect, false);
			assert.equal(await attempts(700), 0);
			await gateway.connect(id);
			await gateway.untilStatus(id, "connected");
			assert.equal(phone.devices.length, 1);
		});

	it("by a logout on the phone is wiped, and the next phone is a new device", async () => {
		const { gateway, receiver } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone, receiver.fields);
		await phone.logout();
		const status = await gateway.untilStatus(id, "disconnected");
		assert.equal(status.disconnectCode, 401);
		assert.equal(status.phoneNumber ?? null, null);
		const told = await receiver.expect(id, "session.disconnected", ({ reason }) => reason === "logged_out");
		assert.equal(told.willReconnect, false);
		assert.equal(await attempts(), 0);
		await gateway.connect(id);
		await phone.scan(await gateway.code(id));
		await gateway.untilStatus(id, "connected");
		assert.equal(phone.devices.length, 1);
		assert.equal(phone.devices[0].id, 2);
	});

	it("by a logout while the gateway had no connection is wiped as well", async () => {
		const { gateway, fake } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone);
		fake.trouble.failAdmissions(503, 1);
		await fake.drop({ number: phone.number, how: "cut" });
		await phone.logout();
		assert.equal((await gateway.untilStatus(id, "disconnected")).disconnectCode, 401);
		await gateway.connect(id);
		await gateway.untilStatus(id, "qr_code");
	});

	it("by 500, three times in short time, is left alone", async () => {
		const { gateway, fake } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone);
		const [device] = phone.devices;
		for (const logins of [2, 3]) {
			await fake.drop({ number: phone.number, how: "stream", code: 500 });
			await until(() => device.logins === logins);
			await gateway.untilStatus(id, "connected");
		}
		await fake.drop({ number: phone.number, how: "stream", code: 500 });
		assert.equal((await gateway.untilStatus(id, "disconnected")).disconnectCode, 500);
		assert.equal(await attempts(), 0);
		await gateway.connect(id);
		await gateway.untilStatus(id, "connected");
	});

	it("by 405 is down when there is no newer version of WhatsApp Web", async () => {
		const { gateway, fake } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone);
		await fake.drop({ number: phone.number, how: "failure", code: 405 });
		assert.equal((await gateway.untilStatus(id, "disconnected")).disconnectCode, 405);
		await gateway.connect(id);
		await gateway.untilStatus(id, "connected");
	});
});

describe("the same credentials twice", () => {
	it("end the older connection once, without a fight", async () => {
		const { gateway, fake } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone);
		await fake.drop({ number: phone.number, how: "stream", code: 440 });
		assert.equal((await gateway.untilStatus(id, "disconnected")).disconnectCode, 440);
		assert.equal(await attempts(1500), 0);
	});
});

describe("a session that waits for a phone", () => {
	for (const { how, code } of [...drops("stream", 408, 428, 500, 503, 515), ...drops("failure", 429, 503), ...drops("cut", 0)])
		it(`and is dropped by ${how} ${code || ""} shows a code again`, async () => {
			const { gateway, fake } = stage;
			const id = await gateway.waiting(name());
			const before = await gateway.code(id);
			await fake.drop({ how, code });
			await until(async () => (await gateway.code(id)) !== before);
			await stage.phone().scan(await gateway.code(id));
			await gateway.untilStatus(id, "connected");
		});

	for (const code of [429, 503])
		it(`and is refused with ${code} each time gives up after three, with a word`, async () => {
			const { gateway, fake } = stage;
			fake.trouble.failAdmissions(code);
			const id = await gateway.create(name());
			const seen = fake.world.upgrades;
			await gateway.connect(id);
			const status = await gateway.untilStatus(id, "disconnected");
			assert.ok(status.disconnectReason);
			assert.equal(fake.world.upgrades - seen, 3);
			assert.equal(await attempts(), 0);
			fake.trouble.failAdmissions(0);
			await gateway.connect(id);
			await gateway.untilStatus(id, "qr_code");
		});

	for (const code of [401, 403, 405, 411, 463])
		it(`and is refused with ${code} is down at once`, async () => {
			const { gateway, fake } = stage;
			fake.trouble.failAdmissions(code);
			const id = await gateway.create(name());
			await gateway.connect(id);
			assert.equal((await gateway.untilStatus(id, "disconnected")).disconnectCode, code);
			assert.equal(await attempts(500), 0);
			fake.trouble.failAdmissions(0);
			await gateway.connect(id);
			await gateway.untilStatus(id, "qr_code");
		});
});
