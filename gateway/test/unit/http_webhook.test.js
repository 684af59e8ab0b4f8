import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../support/until.js";
import { created, served, site } from "./support.js";

const SECRET = "not-a-real-secret-0000";

test("a webhook is tested now, and its answer told; an update changes what it names, also for what waits", async () => {
	const [receiver, other] = [await site(401), await site()];
	const gateway = await served({ GATEWAY_ALLOW_HTTP_WEBHOOKS: "frontend" });
	const id = await created(gateway, { webhookUrl: receiver.url, webhookSecret: SECRET });
	const test = () => gateway.call("POST", "/api/webhooks/test/session", { sessionId: "ventas_1" });
	assert.deepEqual((await test()).body.data, { status: 401, cause: null });
	assert.deepEqual((await test()).body.data, { status: 200, cause: null });
	const { headers, body } = receiver.received[0];
	const check = {
		"x-webhook-session": "ventas_1",
		"x-webhook-signature": String(headers["x-webhook-signature"]),
		"x-webhook-event": "webhook.test",
	};
	for (const [spoil, valid] of /** @type {const} */ ([
		["", true],
		[" ", false],
	])) {
		assert.deepEqual(
			(await gateway.call("POST", "/api/webhooks/test/signature", body + spoil, check)).body.data,
			{ valid, event: "webhook.test", sessionId: "ventas_1" },
		);
	}
	for (const wrong of [
		{},
		{ webhookUrl: "javascript:alert(1)" },
		{ webhookUrl: "http://erp.example/" },
		{ webhookSecret: "short" },
	]) {
		assert.equal((await gateway.call("PUT", `/api/sessions/${id}/webhook`, wrong)).status, 400);
	}
	for (const url of [
		"http://frontend:8080/hook",
		"https://erp.example/",
		"http://[::1]:8000/",
		"http://crm.localhost/",
	]) {
		assert.equal(
			(await gateway.call("PUT", `/api/sessions/${id}/webhook`, { webhookUrl: url })).status,
			200,
			url,
		);
	}
	gateway.webhooks.add(
		/** @type {any} */ (gateway.registry.byId("default", id)).row,
		"message.ack",
		() => ({}),
	);
	await gateway.call("PUT", `/api/sessions/${id}/webhook`, { webhookUrl: other.url });
	await until(() => other.received.length === 1);
	assert.ok(!JSON.stringify(await gateway.call("GET", `/api/sessions/${id}`)).includes(SECRET));
});
