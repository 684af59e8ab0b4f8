import assert from "node:assert/strict";
import { it } from "node:test";
import { Stage } from "../support/stage.js";
import { until } from "../support/until.js";

const stage = new Stage({ GATEWAY_TEST_NEWER_VERSION: "2.3000.2000000000" });

it("a version that is too old is replaced by the newest one, once, and kept over a restart", async () => {
	const { gateway, fake } = stage;
	fake.trouble.failAdmissions(405, 1);
	const id = await gateway.create("old");
	await gateway.connect(id);
	await gateway.untilStatus(id, "qr_code");
	const versions = () => fake.connections().map(({ registration }) => registration?.version.at(-1));
	assert.deepEqual(versions(), [2000000000]);
	await gateway.kill("SIGTERM");
	await until(() => fake.connections().length === 0);
	await gateway.start();
	await gateway.connect(id);
	await gateway.untilStatus(id, "qr_code");
	assert.deepEqual(versions(), [2000000000]);
});

it("a version that is refused although it is the newest is the end, and nobody asks again", async () => {
	const { gateway, fake } = stage;
	fake.trouble.failAdmissions(405);
	const id = await gateway.create("outdated");
	const seen = fake.world.upgrades;
	await gateway.connect(id);
	assert.equal((await gateway.untilStatus(id, "disconnected")).disconnectReason, "client_outdated");
	assert.ok(fake.world.upgrades - seen <= 2);
});
