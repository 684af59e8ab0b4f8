import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { afterEach, test } from "node:test";
import { scaled } from "../../sessions/times.js";
import { Database } from "../../store/database.js";
import { DeliveryStore } from "../../store/deliveries.js";
import { WebhookQueue } from "../../webhooks/queue.js";
import { deliver } from "../../webhooks/delivery.js";
import { until } from "../support/until.js";
import { folder, listening, site } from "./support.js";

const SECRET = "not-a-real-secret-0000";
const DELIVERY = { secret: null, body: "{}", event: "webhook.test", session_id: "ventas_1" };

/** @type {WebhookQueue[]} */
const queues = [];
afterEach(() => Promise.all(queues.splice(0).map((queue) => queue.stop())));

/** @param {Partial<ReturnType<typeof scaled>>} [times] @param {string} [data] */
function queueOf(times = {}, data = folder()) {
	const database = new Database(data);
	const store = new DeliveryStore(database);
	const queue = new WebhookQueue(store, { ...scaled(100), webhookTimeout: 5000, ...times });
	queues.push(queue);
	return { queue, store, database, data };
}

/** @param {string} url @param {object} [fields] */
function row(url, fields = {}) {
	return {
		id: 7,
		session_id: "ventas_1",
		webhook_url: url,
		webhook_secret: SECRET,
		webhook_events: "[]",
		...fields,
	};
}

/** @param {{received: {body: string}[]}} site */
function events({ received }) {
	return received.map(({ body }) => JSON.parse(body).event);
}

test("body, headers and signature are the contract's", async () => {
	const receiver = await site();
	const { queue } = queueOf();
	queue.add(row(receiver.url), "session.connected", () => ({ phoneNumber: "34600000001" }));
	await until(() => receiver.received.length === 1);
	const [{ headers, body }] = receiver.received;
	const { event, data } = JSON.parse(body);
	assert.deepEqual(
		[event, data.sessionId, data.session_db_id, data.phoneNumber],
		["session.connected", "ventas_1", 7, "34600000001"],
	);
	assert.equal(
		headers["x-webhook-signature"],
		`sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`,
	);
	assert.deepEqual(
		[headers["x-webhook-event"], headers["x-webhook-session"], headers["content-type"]],
		["session.connected", "ventas_1", "application/json"],
	);
	assert.ok(Math.abs(Number(headers["x-webhook-timestamp"]) - Date.now()) < 5000);
});

test("strictly in order, over failures, and each attempt with a fresh timestamp", async () => {
	const receiver = await site(500, 401, 503);
	const { queue, store } = queueOf();
	for (const id of ["a", "b", "c"]) queue.add(row(receiver.url), "message.received", () => ({ id }));
	await until(() => store.count() === 0);
	assert.deepEqual(
		receiver.received.map(({ body }) => JSON.parse(body).data.id),
		["a", "a", "a", "a", "b", "c"],
	);
	assert.equal(receiver.received[0].body, receiver.received[3].body);
	assert.ok(
		Number(receiver.received[3].headers["x-webhook-timestamp"]) >
			Number(receiver.received[0].headers["x-webhook-timestamp"]),
	);
});

test("a new nudge replaces the waiting one of its kind; messages all wait", async () => {
	const receiver = await site(500);
	const { queue, store } = queueOf({ webhookRetries: [60_000] });
	for (const event of [
		"session.connected",
		"session.qr",
		"message.ack",
		"session.disconnected",
		"session.qr",
		"message.ack",
	]) {
		queue.add(row(receiver.url), event, () => ({}));
		await until(() => store.database.get("select 1 from delivery where attempts = 1"));
	}
	queue.add(row(receiver.url), "session.connected", () => ({}));
	await until(() => store.count() === 0);
	assert.deepEqual(events(receiver), [
		"session.connected",
		"message.ack",
		"session.disconnected",
		"session.qr",
		"message.ack",
		"session.connected",
	]);
});

test("a waiting code dies when it expires, a nudge after its hour, and what comes after goes on", async () => {
	const receiver = await site(500, 500);
	const { queue, store } = queueOf({ webhookRetries: [300], nudgeLives: 10_000 });
	queue.add(row(receiver.url), "session.qr", () => ({}), Date.now() + 100);
	queue.add(row(receiver.url), "message.ack", () => ({}));
	await until(() => store.count() === 0);
	assert.deepEqual(events(receiver), ["session.qr", "message.ack", "message.ack"]);
});

test("410 drops; a body that is refused five times is given up; 404 and 401 are not its fault", async () => {
	const receiver = await site(410, 422, 422, 422, 422, 422, 404, 404, 404, 404, 404, 404);
	const { queue, store } = queueOf();
	for (const id of ["gone", "poison", "patient"])
		queue.add(row(receiver.url), "message.received", () => ({ id }));
	await until(() => store.count() === 0);
	assert.deepEqual(
		receiver.received.map(({ body }) => JSON.parse(body).data.id),
		["gone", ...Array(5).fill("poison"), ...Array(7).fill("patient")],
	);
});

test("a redirect is a failure, not a way", async () => {
	const receiver = await site(302);
	const { queue, store } = queueOf();
	queue.add(row(receiver.url), "session.connected", () => ({}));
	await until(() => store.count() === 0);
	assert.equal(receiver.received.length, 2);
});

test("one success makes due all that waits for the same site", async () => {
	const receiver = await site(500, 500);
	const { queue, store } = queueOf({ webhookRetries: [60_000] });
	queue.add(row(receiver.url, { id: 1 }), "session.connected", () => ({}));
	queue.add(row(receiver.url, { id: 2 }), "session.connected", () => ({}));
	await until(() => receiver.received.length === 2);
	await until(() => store.database.all("select 1 from delivery where due_at > 0").length === 2);
	queue.add(row(receiver.url, { id: 3 }), "session.connected", () => ({}));
	await until(() => store.count() === 0);
});

test("sessions do not wait for each other, and at most twenty go out at a time", async () => {
	let [running, most] = [0, 0];
	/** @type {(() => void)[]} */
	const finish = [];
	const send = () =>
		new Promise((/** @type {(outcome: any) => void} */ resolve) => {
			most = Math.max(most, ++running);
			finish.push(() => (running--, resolve({ status: 200 })));
		});
	const { store } = queueOf();
	const queue = new WebhookQueue(store, scaled(1), send);
	for (let id = 1; id <= 50; id++)
		queue.add(row("http://127.0.0.1:9/", { id }), "session.connected", () => ({}));
	await until(() => running === 20);
	while (store.count()) {
		finish.splice(0).forEach((end) => end());
		await new Promise((resolve) => setImmediate(resolve));
	}
	assert.equal(most, 20);
});

test("only what the session asked for is stored", () => {
	const { queue, store } = queueOf();
	queue.add(row("http://127.0.0.1:9/", { webhook_events: '["message.ack"]' }), "session.qr", () => ({}));
	queue.add(row("", {}), "message.ack", () => ({}));
	assert.equal(store.count(), 0);
});

test("what waited when the process ended goes out after the next start, in order", async () => {
	const first = queueOf();
	for (const id of ["a", "b"])
		first.queue.add(row("http://127.0.0.1:9/"), "message.received", () => ({ id }));
	await first.queue.stop();
	const receiver = await site();
	first.store.redirect(7, receiver.url, SECRET);
	first.database.close();
	const second = queueOf({}, first.data);
	second.queue.start();
	await until(() => second.store.count() === 0);
	assert.deepEqual(
		receiver.received.map(({ body }) => JSON.parse(body).data.id),
		["a", "b"],
	);
});

for (const [url, cause] of [
	["http://127.0.0.1:9/", "refused"],
	["https://nowhere.invalid/", "dns"],
]) {
	test(`${url} fails with the cause "${cause}"`, async () => {
		assert.deepEqual(await deliver({ ...DELIVERY, url }, 5000), { status: null, cause });
		await isServed();
	});
}

for (const [what, said, outcome] of /** @type {[string, string, object][]} */ ([
	["nothing, and hangs up", "", { status: null, cause: "reset" }],
	["no HTTP", "hello there\r\n\r\n", { status: null, cause: "reset" }],
	["headers without end", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(100_000)}`, { status: null, cause: "reset" }],
	["a status of its own", "HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n", { status: 299 }],
	["100 first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n", { status: 204 }],
	["half of a body", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", { status: 200 }],
	["a page", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", { status: 200 }],
])) {
	test(`a site that answers with ${what}, and then as it should`, async () => {
		const answers = [said, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"];
		const server = createServer((socket) => void socket.on("error", () => {}).end(answers.shift() ?? ""));
		const url = await listening(server);
		assert.deepEqual(await deliver({ ...DELIVERY, url }, 2000), outcome);
		assert.deepEqual(await deliver({ ...DELIVERY, url }, 2000), { status: 200 });
	});
}

test("a site whose answer never ends is cut off, and the next one is heard", async () => {
	let closed = false;
	const endless = createHttpServer((_request, response) => {
		const timer = setInterval(() => response.write("x".repeat(100_000)), 5);
		response.on("close", () => (clearInterval(timer), (closed = true)));
	});
	assert.deepEqual(await deliver({ ...DELIVERY, url: await listening(endless) }, 5000), { status: 200 });
	await until(() => closed);
	await isServed();
});

test("a site that speaks no TLS, and one that never answers", async () => {
	const plain = (await site()).url.replace("http:", "https:");
	assert.deepEqual(await deliver({ ...DELIVERY, url: plain }, 5000), { status: null, cause: "tls" });
	const silent = await listening(createServer());
	assert.deepEqual(await deliver({ ...DELIVERY, url: silent }, 100), { status: null, cause: "timeout" });
	await isServed();
});

/** A site that answers gets its delivery. */
async function isServed() {
	const { url, received } = await site();
	assert.deepEqual(await deliver({ ...DELIVERY, url }, 5000), { status: 200 });
	assert.equal(received.length, 1);
}
