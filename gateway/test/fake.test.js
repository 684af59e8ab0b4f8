import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { startFake } from "./fake/server.js";
import { Client } from "./support/client.js";
import { until } from "./support/until.js";

/** @type {import("./fake/server.js").Fake} */
let fake;
/** @type {Client[]} */
let clients = [];

/** @param {import("./support/client.js").Options} [options] */
function client(options) {
	const made = new Client(fake.url, options);
	clients.push(made);
	return made;
}

/** @param {string} number @param {import("./support/client.js").Options} [options] */
async function linked(number, options) {
	const made = client(options);
	await fake.phone(number).scan(await made.qr());
	await made.closed();
	await made.reopen().online();
	return made;
}

let last = 34600000100;
const freshNumber = () => String(last++);

before(async () => {
	fake = await startFake();
});

afterEach(async () => {
	await Promise.all(clients.map((one) => one.end()));
	clients = [];
	assert.deepEqual(fake.world.faults, []);
});

after(() => fake.close());

describe("linking by a picture", () => {
	it("shows a code, is scanned, is asked to restart, and opens", async () => {
		const one = client();
		const text = await one.qr();
		assert.match(text, /^https:\/\/wa\.me\/settings\/linked_devices#2@/);
		await fake.phone("34600000001").scan(text);
		assert.equal(await one.closed(), 515);
		await one.reopen().open();
		assert.equal(one.sock.user?.id, "34600000001:1@s.whatsapp.net");
		assert.equal(fake.phone("34600000001").devices.length, 1);
	});

	it("shows one code after the other until none is left", async () => {
		const one = client({ qrTimeout: 40 });
		assert.equal(await one.closed(), 408);
		assert.equal(new Set(one.codes).size, 6);
		assert.equal(one.lastError?.message, "QR refs attempts ended");
	});

	it("refuses a code that no device shows, and scans the next one", async () => {
		const one = client();
		const phone = fake.phone(freshNumber());
		const text = await one.qr();
		await assert.rejects(phone.scan(text.replace("#2@", "#2@x")), /no device waits/);
		await assert.rejects(phone.scan("https://example.com/"), /no code of WhatsApp/);
		await phone.scan(text);
		assert.equal(phone.devices.length, 1);
	});

	it("ends the client with 500 when the secret in the code is not the device's", async () => {
		const one = client();
		const [ref, noise, identity, , platform] = (await one.qr()).split(",");
		const wrong = [ref, noise, identity, Buffer.alloc(32).toString("base64"), platform].join(",");
		const phone = fake.phone(freshNumber());
		await assert.rejects(phone.scan(wrong), /could not link/);
		assert.equal(await one.closed(), 500);
		assert.equal(phone.devices.length, 0);
	});

	it("allows four devices a phone", async () => {
		const number = freshNumber();
		for (let i = 0; i < 4; i++) await linked(number);
		await assert.rejects(fake.phone(number).scan(await client().qr()), /four linked devices/);
	});
});

describe("linking by a code that is typed", () => {
	const browser = /** @type {[string, string, string]} */ (["Windows", "Chrome", "10.0.22631"]);

	it("links with the right code, at the second try too", async () => {
		const number = freshNumber();
		const one = client({ browser });
		await one.qr();
		const code = await one.sock.requestPairingCode(number);
		assert.equal(await one.codeAnswer(), "accepted");
		assert.equal(await fake.phone(number).enterCode(code === "AAAAAAAA" ? "BBBBBBBB" : "AAAAAAAA"), false);
		assert.equal(fake.phone(number).devices.length, 0);
		assert.equal(await fake.phone(number).enterCode(`${code.slice(0, 4)}-${code.slice(4)}`), true);
		assert.equal(await one.closed(), 515);
		await one.reopen().open();
	});

	it("refuses a display name that WhatsApp does not know", async () => {
		const one = client({ browser: ["Xappiens", "Gateway", "1.0"] });
		await one.qr();
		await one.sock.requestPairingCode(freshNumber());
		assert.equal(await one.codeAnswer(), "refused");
	});

	it("refuses everybody when told so, and nobody afterwards", async () => {
		const one = client({ browser });
		await one.qr();
		fake.world.codes.refuse = true;
		await one.sock.requestPairingCode(freshNumber());
		assert.equal(await one.codeAnswer(), "refused");
		fake.world.codes.refuse = false;
		await one.sock.requestPairingCode(freshNumber());
		assert.equal(await one.codeAnswer(), "accepted");
	});

	it("knows no code for a number that nobody asked one for", async () => {
		await assert.rejects(fake.phone(freshNumber()).enterCode("ABCDEFGH"), /no device waits/);
	});
});

describe("the ways in which a connection ends", () => {
	/** @typedef {{ how: import("./fake/trouble.js").DropKind, code: number, seen: number }} Drop */
	const drops = /** @type {Drop[]} */ ([
		...[403, 408, 411, 428, 500, 503, 515, 401, 440].map((code) => ({ how: "stream", code, seen: code })),
		...[401, 403, 405, 408, 429, 503].map((code) => ({ how: "failure", code, seen: code })),
		{ how: "cut", code: 0, seen: 428 },
		{ how: "close", code: 0, seen: 428 },
		{ how: "xmlstreamend", code: 0, seen: 428 },
		{ how: "downgrade", code: 0, seen: 411 },
	]);

	for (const { how, code, seen } of drops)
		it(`${how} ${code || ""} is seen as ${seen}, and the device comes back`, async () => {
			const number = freshNumber();
			const one = await linked(number);
			assert.equal(await fake.drop({ number, code, how }), 1);
			assert.equal(await one.closed(), seen);
			await one.reopen().open();
		});

	it("a logout on the phone is 401 for good", async () => {
		const number = freshNumber();
		const one = await linked(number);
		await fake.phone(number).logout();
		assert.equal(await one.closed(), 401);
		assert.equal(await one.reopen().closed(), 401);
		assert.equal(fake.phone(number).devices.length, 0);
	});

	it("a logout of the device takes it from the phone's list", async () => {
		const number = freshNumber();
		const one = await linked(number);
		await one.sock.logout();
		assert.equal(await one.closed(), 401);
		await until(() => fake.phone(number).devices.length === 0);
	});

	it("the same credentials twice throw the first one out", async () => {
		const number = freshNumber();
		const one = await linked(number);
		const twin = client({ auth: one.auth });
		await twin.open();
		assert.equal(await one.closed(), 440);
	});

	it("a login or registration can be refused, as often as told", async () => {
		const number = freshNumber();
		const one = await linked(number);
		fake.trouble.failAdmissions(429, 2);
		await fake.drop({ number, how: "cut" });
		await one.closed();
		assert.equal(await one.reopen().closed(), 429);
		assert.equal(await client().closed(), 429);
		await one.reopen().open();
	});
});

describe("silences", () => {
	afterEach(() => fake.trouble.refuseUpgrades(0));

	for (const status of [403, 405, 429, 503])
		it(`HTTP ${status} instead of an upgrade is not told by Baileys, but by its socket`, async () => {
			fake.trouble.refuseUpgrades(status, 1);
			const one = client();
			const seen = await new Promise((resolve) =>
				one.sock.ws.on("unexpected-response", (_request, response) => resolve(response.statusCode)),
			);
			assert.equal(seen, status);
			assert.equal(one.lastError, undefined);
			await client().qr();
		});

	it("a server that offers no code lets the client wait", async () => {
		fake.trouble.offer = false;
		const one = client();
		await until(() => fake.connections().some((connection) => connection.registration));
		fake.trouble.offer = true;
		assert.equal(one.codes.length, 0);
		await client().qr();
	});

	it("a server that says nothing is noticed by the client's own clock", async () => {
		const number = freshNumber();
		const one = await linked(number, { keepAliveIntervalMs: 300 });
		fake.trouble.silent = true;
		assert.equal(await one.closed(), 408);
		fake.trouble.silent = false;
		await one.reopen().open();
	});
});

describe("messages", () => {
	it("go both ways, are confirmed, and read", async () => {
		const number = freshNumber();
		const contact = fake.phone(freshNumber());
		const one = await linked(number);
		const sent = await one.sock.sendMessage(`${contact.number}@s.whatsapp.net`, { text: "hola" });
		await until(() => contact.received.length === 1);
		assert.deepEqual(contact.received[0], { from: number, id: sent?.key.id, text: "hola", fromMe: false });
		assert.equal(fake.phone(number).received[0].fromMe, true);
		await contact.read(String(sent?.key.id));
		await until(() => one.statusOf(sent?.key.id) === 4);

		const id = await contact.text(number, "¿qué tal?");
		await until(() => one.messages.some(({ key }) => key.id === id));
		assert.equal(one.messages.find(({ key }) => key.id === id)?.message?.conversation, "¿qué tal?");
		await until(() => contact.receipts.some((receipt) => receipt.id === id));
		assert.equal(contact.account.undecrypted.size, 0);
	});

	it("to a device that is away wait for it", async () => {
		const number = freshNumber();
		const contact = fake.phone(freshNumber());
		const one = await linked(number);
		await until(() => fake.phone(number).devices[0].queue.size === 0);
		await fake.drop({ number, how: "cut" });
		await one.closed();
		await contact.text(number, "first");
		await contact.text(number, "second");
		await one.reopen().open();
		await until(() => one.texts().length === 2);
		assert.deepEqual(one.texts(), ["first", "second"]);
	});

	it("go from one linked device to another", async () => {
		const [a, b] = [freshNumber(), freshNumber()];
		const one = await linked(a);
		const two = await linked(b);
		await one.sock.sendMessage(`${b}@s.whatsapp.net`, { text: "between us" });
		await until(() => two.texts().includes("between us"));
		await until(() => fake.phone(b).received.some(({ text }) => text === "between us"));
	});

	it("are refused when told so, and taken afterwards", async () => {
		const contact = fake.phone(freshNumber());
		const one = await linked(freshNumber());
		fake.trouble.refuseMessages(463, 1);
		const to = `${contact.number}@s.whatsapp.net`;
		const refused = await one.sock.sendMessage(to, { text: "no" });
		await until(() => one.statusOf(refused?.key.id) === 0);
		await one.sock.sendMessage(to, { text: "yes" });
		await until(() => contact.received.length === 1);
	});

	it("know which numbers are on WhatsApp", async () => {
		const stranger = freshNumber();
		fake.world.strangers.add(stranger);
		const one = await linked(freshNumber());
		const known = await one.sock.onWhatsApp(stranger, "34600000001");
		assert.deepEqual(known, [{ jid: "34600000001@s.whatsapp.net", exists: true }]);
	});
});
