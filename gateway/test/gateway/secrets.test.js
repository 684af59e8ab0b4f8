import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, it } from "node:test";
import { Gateway } from "../support/gateway.js";
import { Stage } from "../support/stage.js";
import { until } from "../support/until.js";

const stage = new Stage();

it("no key, number, code, text or secret is in anything that the gateway writes out", async () => {
	const { gateway, fake, receiver } = stage;
	const [phone, contact, typist] = [stage.phone(), stage.phone(), stage.phone()];
	const id = await gateway.waiting("secrets", receiver.fields);
	const text = await gateway.code(id);
	await phone.scan(text);
	await gateway.untilStatus(id, "connected");
	await gateway.call("POST", "/messages/secrets/send", { to: contact.number, message: "a-text-that-goes-out" });
	await contact.text(phone.number, "a-text-that-comes-in");
	await receiver.expect(id, "message.received");
	const other = await gateway.waiting("typed");
	const { code } = (await gateway.call("POST", `/sessions/${other}/pairing-code`, { phoneNumber: typist.number })).body.data;
	await typist.enterCode(code);
	await gateway.untilStatus(other, "connected");

	// everything that makes a program talk
	await fake.drop({ number: phone.number, how: "stream", code: 500 });
	await until(() => phone.devices[0].logins === 2);
	contact.account.sessions.clear();
	await contact.text(phone.number, "a-text-after-a-new-ratchet");
	await receiver.expect(id, "message.received", ({ message }) => message.content === "a-text-after-a-new-ratchet");
	await fetch(`${gateway.url}/api/sessions`, { headers: { "x-api-key": "a-wrong-key-that-somebody-tries" } });
	await fetch(`${gateway.url}/api/sessions?key=a-key-in-the-address`, { headers: { "x-api-key": gateway.key } });
	await fetch(`${gateway.url}/api/messages/secrets/send`, {
		method: "POST",
		headers: { "x-api-key": gateway.key, "content-type": "application/json" },
		body: '{"to": "34600000001", "message": "a-text-in-broken-json',
	});
	await gateway.kill("SIGTERM");
	await gateway.start();
	await gateway.untilStatus(id, "connected");
	await gateway.kill("SIGTERM");

	const [ref, noise, identity, secret] = text.slice(text.indexOf("#") + 1).split(",");
	const known = { key: gateway.key, phone: phone.number, contact: contact.number, typist: typist.number, code, ref, noise, identity, secret };
	const texts = ["a-text-that", "a-text-after", "a-text-in", "a-wrong-key", "a-key-in", receiver.secret, "SessionEntry", "privKey", "chainKey"];
	assert.ok(gateway.output.length > 0, "the gateway says something");
	for (const [name, value] of [...Object.entries(known), ...texts.map((value) => [value, value])])
		assert.equal(gateway.output.includes(value), false, `${name} is in the output`);
	for (const line of gateway.output.split("\n").filter((line) => line.startsWith("{"))) JSON.parse(line);
});

it("the data folder is for its owner only, and has no key of the API in it", () => {
	const { gateway } = stage;
	for (const name of readdirSync(gateway.data)) {
		const path = join(gateway.data, name);
		assert.equal(statSync(path).mode & 0o077, 0, name);
		assert.equal(readFileSync(path).includes(gateway.key), false, name);
	}
	assert.equal(statSync(gateway.data).mode & 0o077, 0);
});

it("a key that the gateway makes itself is in its file, and in no log", async () => {
	const gateway = new Gateway(stage.fake, { GATEWAY_API_KEY: "" });
	after(() => gateway.remove());
	await gateway.start();
	const file = join(gateway.data, "api-key");
	gateway.key = readFileSync(file, "utf8").trim();
	assert.equal(statSync(file).mode & 0o077, 0);
	assert.equal((await gateway.call("GET", "/sessions")).status, 200);
	assert.match(gateway.output, /^API key: in .*api-key$/m);
	assert.equal(gateway.output.includes(gateway.key), false);
});
