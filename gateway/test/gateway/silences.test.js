import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Stage } from "../support/stage.js";
import { until } from "../support/until.js";

const stage = new Stage({ GATEWAY_TEST_KEEPALIVE_MS: "300", GATEWAY_TEST_SPEED: "40" });
let made = 0;
const name = () => `silence_${++made}`;

describe("a WhatsApp that", () => {
	for (const status of [403, 405, 429, 503])
		it(`answers HTTP ${status} instead of an upgrade is unreachable, after three tries`, async () => {
			const { gateway, fake, receiver } = stage;
			fake.trouble.refuseUpgrades(status);
			const id = await gateway.create(name(), receiver.fields);
			const seen = fake.world.upgrades;
			await gateway.connect(id);
			const { disconnectReason } = await gateway.untilStatus(id, "disconnected");
			assert.equal(disconnectReason, "whatsapp_unreachable");
			assert.equal((await receiver.expect(id, "session.disconnected")).reason, "whatsapp_unreachable");
			assert.equal(fake.world.upgrades - seen, 3);
			fake.trouble.refuseUpgrades(0);
			await gateway.connect(id);
			await stage.phone().scan(await gateway.code(id));
			await gateway.untilStatus(id, "connected");
		});

	it("answers HTTP 503 to a linked session gets it back when it is well again", async () => {
		const { gateway, fake } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone);
		fake.trouble.refuseUpgrades(503);
		const seen = fake.world.upgrades;
		await fake.drop({ number: phone.number, how: "cut" });
		await until(() => fake.world.upgrades - seen >= 3);
		assert.equal((await gateway.status(id)).isConnected, false);
		fake.trouble.refuseUpgrades(0);
		await gateway.untilStatus(id, "connected");
	});

	it("offers no code is noticed by the watchdog", async () => {
		const { gateway, fake } = stage;
		fake.trouble.offer = false;
		const id = await gateway.create(name());
		await gateway.connect(id);
		assert.equal((await gateway.untilStatus(id, "disconnected")).disconnectReason, "whatsapp_unreachable");
		fake.trouble.offer = true;
		await gateway.connect(id);
		await gateway.untilStatus(id, "qr_code");
	});

	it("accepts a connection and says nothing is noticed by the watchdog", async () => {
		const { gateway, fake } = stage;
		fake.trouble.silent = true;
		const id = await gateway.create(name());
		await gateway.connect(id);
		assert.equal((await gateway.untilStatus(id, "disconnected")).disconnectReason, "whatsapp_unreachable");
		fake.trouble.silent = false;
		await gateway.connect(id);
		await gateway.untilStatus(id, "qr_code");
	});

	it("falls silent on a linked session is noticed, and the session comes back", async () => {
		const { gateway, fake, receiver } = stage;
		const phone = stage.phone();
		const id = await gateway.linked(phone, receiver.fields);
		fake.trouble.silent = true;
		await gateway.untilStatus(id, ({ isConnected }) => !isConnected);
		await receiver.expect(id, "session.disconnected");
		fake.trouble.silent = false;
		await gateway.untilStatus(id, "connected");
		assert.equal(phone.devices.length, 1);
	});

	it("does not say that all old messages are there still connects", async () => {
		const { gateway, fake } = stage;
		fake.trouble.offline = false;
		await gateway.linked(stage.phone());
	});

	it("is silent does not hold up an answer of the gateway", async () => {
		const { gateway, fake } = stage;
		const id = await gateway.linked(stage.phone());
		fake.trouble.silent = true;
		for (const action of ["disconnect", "connect", "restart", "disconnect"]) {
			const began = Date.now();
			assert.equal((await gateway.call("POST", `/sessions/${id}/${action}`, {})).status, 200);
			assert.ok(Date.now() - began < 1000, action);
		}
		fake.trouble.silent = false;
		await gateway.connect(id);
		await gateway.untilStatus(id, "connected");
	});
});

describe("no WhatsApp at all", () => {
	it("is told as unreachable", async () => {
		const { gateway } = stage;
		const port = new URL(stage.fake.url).port;
		await gateway.kill("SIGTERM");
		await gateway.restartWith({ GATEWAY_TEST_WA_URL: "ws://127.0.0.1:1" });
		const id = await gateway.create(name());
		await gateway.connect(id);
		assert.equal((await gateway.untilStatus(id, "disconnected")).disconnectReason, "whatsapp_unreachable");
		await gateway.kill("SIGTERM");
		await gateway.restartWith({ GATEWAY_TEST_WA_URL: `ws://127.0.0.1:${port}` });
		await gateway.connect(id);
		await gateway.untilStatus(id, "qr_code");
	});
});
