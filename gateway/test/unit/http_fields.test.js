import assert from "node:assert/strict";
import { test } from "node:test";
import { BODY, created, served } from "./support.js";

/** @param {Record<string, unknown>} fields */
function shown(fields) {
	const [[name, value]] = Object.entries(fields);
	return `${name} ${value === undefined ? "left out" : JSON.stringify(value).slice(0, 40)}`;
}

for (const [fields, wrong] of /** @type {[any, string][]} */ ([
	[{ sessionId: null }, "sessionId"],
	[{ sessionId: "ab" }, "sessionId"],
	[{ sessionId: "a".repeat(101) }, "sessionId"],
	[{ sessionId: "con espacio" }, "sessionId"],
	[{ sessionId: "../status" }, "sessionId"],
	[{ sessionId: 42 }, "sessionId"],
	[{ sessionName: "" }, "sessionName"],
	[{ sessionName: "   " }, "sessionName"],
	[{ sessionName: "n".repeat(256) }, "sessionName"],
	[{ sessionName: "half an emoji \ud83d" }, "sessionName"],
	[{ sessionName: "zero \0 byte" }, "sessionName"],
	[{ phoneNumber: "" }, "phoneNumber"],
	[{ phoneNumber: "+34 600" }, "phoneNumber"],
	[{ phoneNumber: "1234567" }, "phoneNumber"],
	[{ webhookUrl: "ftp://erp.example/hook" }, "webhookUrl"],
	[{ webhookUrl: "http://erp.example/hook" }, "webhookUrl"],
	[{ webhookUrl: "http://127.0.0.1.example/hook" }, "webhookUrl"],
	[{ webhookUrl: "https://user:word@erp.example/" }, "webhookUrl"],
	[{ webhookUrl: "https://erp.example:port/" }, "webhookUrl"],
	[{ webhookUrl: "" }, "webhookUrl"],
	[{ webhookSecret: "fifteen-letters" }, "webhookSecret"],
	[{ webhookEvents: "session.qr" }, "webhookEvents"],
	[{ webhookEvents: [1] }, "webhookEvents"],
	[{ fromFrappe: "true" }, "fromFrappe"],
])) {
	test(`create refuses ${shown(fields)} and names the field`, async () => {
		const gateway = await served();
		const { status, body } = await gateway.call("POST", "/api/sessions", { ...BODY, ...fields });
		assert.deepEqual(
			[status, body.success, body.code, Object.keys(body.details)],
			[400, false, "VALIDATION_ERROR", [wrong]],
		);
		await created(gateway);
	});
}

for (const [fields, wrong] of /** @type {[any, string][]} */ ([
	[{ to: "" }, "to"],
	[{ to: "1234" }, "to"],
	[{ to: "+34 600 000 002" }, "to"],
	[{ to: "34600000002@example.com" }, "to"],
	[{ to: 34600000002 }, "to"],
	[{ to: ["34600000002"] }, "to"],
	[{ to: undefined }, "to"],
	[{ message: "" }, "message"],
	[{ message: "m".repeat(4097) }, "message"],
	[{ message: { image: { url: "https://files.example/a.jpg" } } }, "message"],
	[{ message: undefined }, "message"],
	[{ type: "image" }, "type"],
])) {
	test(`send refuses ${shown(fields)} and names the field`, async () => {
		const gateway = await served();
		await created(gateway);
		const path = `/api/messages/${BODY.sessionId}/send`;
		const text = { to: "34600000002", message: "hola" };
		const { status, body } = await gateway.call("POST", path, { ...text, ...fields });
		assert.deepEqual([status, body.code, Object.keys(body.details)], [400, "VALIDATION_ERROR", [wrong]]);
		assert.equal((await gateway.call("POST", path, text)).body.code, "SESSION_NOT_CONNECTED");
	});
}

test("bodies that are none", async () => {
	const { call } = await served();
	for (const body of ["{broken", "[1]", '"text"', "null", new Uint8Array([0x7b, 0xff, 0x7d])]) {
		const answer = await call("POST", "/api/sessions", body);
		assert.deepEqual([answer.status, Object.keys(answer.body.details)], [400, ["body"]]);
	}
	const asText = await call("POST", "/api/sessions", JSON.stringify(BODY), {
		"content-type": "text/plain",
	});
	assert.deepEqual([asText.status, Object.keys(asText.body.details)], [400, ["body"]]);
	const empty = await call("POST", "/api/sessions", "");
	assert.deepEqual(empty.body.details, { sessionId: "required", sessionName: "required" });
	const large = await call("POST", "/api/sessions", { ...BODY, sessionName: "x".repeat(1_000_001) });
	assert.deepEqual([large.status, large.body.code], [413, "PAYLOAD_TOO_LARGE"]);
	assert.equal((await call("POST", "/api/sessions", BODY)).status, 201);
});
