import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Stage } from "../support/stage.js";
import { until } from "../support/until.js";

const stage = new Stage();

describe("a restart", () => {
	it("by SIGTERM ends in order: exit 0, nobody is logged out, nobody is told; and all come back", async () => {
		const { gateway, fake, receiver } = stage;
		const phones = [stage.phone(), stage.phone(), stage.phone()];
		const ids = [];
		for (const phone of phones) ids.push(await gateway.linked(phone, receiver.fields));
		const began = Date.now();
		assert.equal(await gateway.kill("SIGTERM"), 0);
		assert.ok(Date.now() - began < 6000);
		await until(() => fake.connections().length === 0);
		for (const [i, phone] of phones.entries()) {
			assert.equal(phone.devices.length, 1);
			assert.equal(receiver.events(ids[i]).includes("session.disconnected"), false);
		}
		await gateway.start();
		for (const id of ids) await gateway.untilStatus(id, "connected");
		assert.deepEqual(phones.map(({ devices }) => devices[0].logins), [2, 2, 2]);
	});

	it("brings back what was wanted, and only that", async () => {
		const { gateway } = stage;
		const [wanted, unwanted] = [stage.phone(), stage.phone()];
		const a = await gateway.linked(wanted);
		const b = await gateway.linked(unwanted);
		const c = await gateway.waiting("only_showed_a_code");
		const d = await gateway.create("never_connected");
		await gateway.call("POST", `/sessions/${b}/disconnect`, {});
		await gateway.kill();
		await gateway.start();
		await gateway.untilStatus(a, "connected");
		for (const id of [b, c, d]) assert.equal((await gateway.status(id)).status, "disconnected");
		assert.equal(unwanted.devices.length, 1);
		await gateway.connect(b);
		await gateway.untilStatus(b, "connected");
		await gateway.connect(c);
		await stage.phone().scan(await gateway.code(c));
		await gateway.untilStatus(c, "connected");
	});

	it("says `connecting` from its first answer on for those that come back", async () => {
		const { gateway, fake } = stage;
		const id = await gateway.linked(stage.phone());
		await gateway.kill();
		fake.trouble.silent = true;
		await gateway.start();
		assert.equal((await gateway.status(id)).status, "connecting");
		fake.trouble.silent = false;
		await gateway.untilStatus(id, "connected");
	});

	it("keeps webhooks that the site has not taken, in order", async () => {
		const { gateway, receiver } = stage;
		const phone = stage.phone();
		const contact = stage.phone();
		const id = await gateway.linked(phone, receiver.fields);
		await receiver.expect(id, "session.connected");
		receiver.statuses = Array(1000).fill(503);
		for (const text of ["a", "b", "c"]) await contact.text(phone.number, text);
		await until(() => contact.receipts.length === 3);
		await gateway.kill();
		receiver.statuses = [];
		await gateway.start();
		// one that was on its way when the process was killed may come twice
		const heard = () => [...new Set(receiver.of(id).flatMap(({ data }) => data.message?.content ?? []))];
		await until(() => heard().length === 3);
		assert.deepEqual(heard(), ["a", "b", "c"]);
	});
});

describe("two processes on one folder", () => {
	it("are one too many: the second ends with a sentence, the first does not notice", async () => {
		const { gateway } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone);
		const { url, process: first } = gateway;
		const length = gateway.output.length;
		const second = await gateway.launch();
		const [code] = await once(second, "close");
		assert.notEqual(code, 0);
		assert.match(gateway.output.slice(length), /Another gateway uses the data folder/);
		Object.assign(gateway, { url, process: first });
		assert.equal((await gateway.status(id)).status, "connected");
		assert.equal(phone.devices[0].logins, 1);
	});
});

describe("DELETE", () => {
	/** @param {number} id */
	async function remove(id) {
		assert.equal((await stage.gateway.call("DELETE", `/sessions/${id}`)).status, 200);
		assert.equal((await stage.gateway.call("GET", `/sessions/${id}`)).status, 404);
	}

	it("while connected takes the device off the phone's list, and tells the site", async () => {
		const { gateway, receiver } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone, receiver.fields);
		await remove(id);
		await until(() => phone.devices.length === 0);
		await receiver.expect(id, "session.disconnected");
	});

	it("while disconnected takes it off as well, in the background", async () => {
		const { gateway } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone);
		await gateway.call("POST", `/sessions/${id}/disconnect`, {});
		await remove(id);
		await until(() => phone.devices.length === 0);
	});

	it("while WhatsApp is away takes it off when it is back, over a crash too, and the name is free at once", async () => {
		const { gateway, fake } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone);
		const { sessionId } = await gateway.status(id);
		fake.trouble.refuseUpgrades(503);
		await fake.drop({ number: phone.number, how: "cut" });
		await remove(id);
		const next = await gateway.create(sessionId);
		assert.notEqual(next, id);
		await gateway.kill();
		await gateway.start();
		assert.equal((await gateway.call("GET", `/sessions/${id}`)).status, 404);
		assert.equal(phone.devices.length, 1);
		fake.trouble.refuseUpgrades(0);
		await until(() => phone.devices.length === 0, { within: 20_000 });
		assert.equal((await gateway.status(next)).status, "disconnected");
	});

	it("of a session that a phone has unlinked, or that never had one, leaves nothing to do", async () => {
		const { gateway, fake } = stage;
		const phone = stage.phone();
		const unlinked = await gateway.linked(phone);
		await phone.logout();
		await gateway.untilStatus(unlinked, "disconnected");
		await remove(unlinked);
		await remove(await gateway.waiting("never_linked"));
		await until(() => fake.connections().every(({ device }) => device));
		const { upgrades } = fake.world;
		await sleep(500);
		assert.equal(fake.world.upgrades, upgrades);
	});
});
