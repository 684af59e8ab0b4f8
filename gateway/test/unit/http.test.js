import assert from "node:assert/strict";
import { request } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { ROUTES } from "../../http/routes.js";
import { Keys } from "../../http/keys.js";
import { until } from "../support/until.js";
import { BODY, created, KEY, served } from "./support.js";

const SECRET = "not-a-real-secret-0000";
const OTHER = "key-of-another-site-0123456789";

/**
 * What goes over the wire exactly so, which `fetch` would not send.
 * @param {string} url
 * @param {string} path
 * @param {string} [method]
 */
function raw(url, path, method = "GET") {
	const { hostname, port } = new URL(url);
	return new Promise((/** @type {(answer: {status?: number, body: any}) => void} */ resolve, reject) => {
		const call = request(
			{ hostname, port, path, method, headers: { "x-api-key": KEY } },
			async (response) => {
				let text = "";
				for await (const part of response) text += part;
				resolve({ status: response.statusCode, body: JSON.parse(text) });
			},
		);
		call.on("error", reject).end();
	});
}

for (const path of [
	"/",
	"/api",
	"/api/sessions/",
	"/api/sessions//status",
	"/api/sessions/../status",
	"/api/sessions/%2E%2e/status",
	"/api/sessions/./status",
	"/api/sessions/a%2Fb/status",
	"/api/sessions/1/status/",
]) {
	test(`${path} is no route`, async () => {
		const gateway = await served();
		await created(gateway);
		const { status, body } = await raw(gateway.url, path);
		assert.deepEqual([status, body.code], [404, "NOT_FOUND"]);
	});
}

test("ids of every shape: the number only, but for reading one session", async () => {
	const gateway = await served();
	const id = await created(gateway);
	for (const wrong of [
		"ventas_1",
		"0",
		"-1",
		"1.5",
		"1e3",
		" 1",
		"９",
		"9".repeat(16),
		"9".repeat(400),
		"%00",
		"%zz",
	]) {
		const { status } = await raw(
			gateway.url,
			`/api/sessions/${encodeURI(wrong).replaceAll("%25", "%")}/connect`,
			"POST",
		);
		assert.ok(status === 400 || status === 404, `${wrong} ${status}`);
	}
	assert.equal(
		(await gateway.call("GET", `/api/sessions/${id + 1}/status`)).body.code,
		"SESSION_NOT_FOUND",
	);
	for (const known of [id, "ventas_1"])
		assert.equal((await gateway.call("GET", `/api/sessions/${known}`)).body.data.session.id, id);
	assert.equal((await gateway.call("DELETE", "/api/sessions/ventas_1")).status, 400);
	assert.equal((await gateway.call("GET", `/api/sessions/${id}/status`)).body.data.status, "disconnected");
});

test("a session named by digits does not hide one with that number", async () => {
	const gateway = await served();
	const id = await created(gateway);
	await created(gateway, { sessionId: String(id) });
	assert.equal((await gateway.call("GET", `/api/sessions/${id}`)).body.data.session.sessionId, "ventas_1");
});

test("every route but the open ones asks for the key, and a key in another header is none", async () => {
	const { url } = await served();
	for (const { method, path, open } of ROUTES) {
		for (const [headers, code] of /** @type {[any, string][]} */ ([
			[{}, "MISSING_API_KEY"],
			[{ "x-api-key": `${KEY}x` }, "INVALID_API_KEY"],
			[{ authorization: `Bearer ${KEY}` }, "MISSING_API_KEY"],
		])) {
			const answer = await fetch(url + path.replaceAll(/:\w+/g, "1"), { method, headers });
			if (open) assert.notEqual(answer.status, 401);
			else
				assert.deepEqual(
					[answer.status, /** @type {any} */ (await answer.json()).code, answer.headers.has("x-ratelimit-remaining")],
					[401, code, true],
				);
		}
	}
});

test("keys are held as digests", () => {
	const keys = new Keys([{ name: "a", key: KEY }]);
	assert.ok(!JSON.stringify(keys).includes(KEY));
	assert.deepEqual(
		[keys.owner({ "x-api-key": KEY }), keys.owner({ "x-api-key": KEY.slice(1) }), keys.owner({})],
		["a", undefined, undefined],
	);
});

test("each owner sees, and reaches, only its own sessions; a name is free in another's", async () => {
	const gateway = await served({ GATEWAY_API_KEYS: `one:${KEY},two:${OTHER}` });
	const id = await created(gateway);
	const stranger = { "x-api-key": OTHER };
	for (const [method, path] of [
		["GET", ""],
		["GET", "/status"],
		["GET", "/qr"],
		["POST", "/connect"],
		["POST", "/disconnect"],
		["POST", "/restart"],
		["DELETE", ""],
		["GET", "/frappe/status"],
		["GET", "/contacts"],
	]) {
		assert.equal(
			(await gateway.call(method, `/api/sessions/${id}${path}`, undefined, stranger)).status,
			404,
			path,
		);
	}
	assert.equal((await gateway.call("GET", "/api/sessions/ventas_1", undefined, stranger)).status, 404);
	assert.equal(
		(await gateway.call("PUT", `/api/sessions/${id}/webhook`, { webhookSecret: SECRET }, stranger))
			.status,
		404,
	);
	assert.equal(
		(await gateway.call("POST", "/api/webhooks/test/session", { sessionId: "ventas_1" }, stranger))
			.status,
		404,
	);
	const other = await gateway.call("POST", "/api/sessions", BODY, stranger);
	assert.equal(other.status, 201);
	for (const headers of [{}, stranger])
		assert.equal(
			(await gateway.call("GET", "/api/sessions", undefined, headers)).body.data.pagination.total,
			1,
		);
	assert.equal(
		(await gateway.call("GET", "/api/sessions/stats", undefined, stranger)).body.data.stats.total,
		1,
	);
});

test("the rate limit is told on every answer, refuses, and is no one else's", async () => {
	const gateway = await served({ GATEWAY_RATE_LIMIT: "3", GATEWAY_API_KEYS: `one:${KEY},two:${OTHER}` });
	const paths = ["/api/sessions", "/api/sessions/1/status", "/nowhere", "/api/sessions"];
	const answers = [];
	for (const path of paths) answers.push(await gateway.call("GET", path));
	assert.deepEqual(
		answers.map(({ status }) => status),
		[200, 404, 404, 429],
	);
	assert.deepEqual(
		answers.map(({ headers }) => headers.get("x-ratelimit-remaining")),
		["2", "1", "0", "0"],
	);
	assert.equal(answers[3].body.code, "RATE_LIMIT_EXCEEDED");
	assert.ok(Number(answers[3].headers.get("retry-after")) >= 1);
	assert.equal((await gateway.call("GET", "/api/sessions", undefined, { "x-api-key": OTHER })).status, 200);
	const guesses = [];
	for (let guess = 0; guess < 5; guess++)
		guesses.push(
			(await gateway.call("GET", "/api/sessions", undefined, { "x-api-key": `guess-${guess}` })).status,
		);
	assert.deepEqual(guesses, [401, 401, 401, 429, 429]);
	assert.equal((await gateway.call("GET", "/health")).status, 200);
});

test("a second session of a name is a conflict; so is one more than the limit", async () => {
	const gateway = await served({ GATEWAY_MAX_SESSIONS: "2" });
	const answers = await Promise.all(
		Array.from({ length: 8 }, () => gateway.call("POST", "/api/sessions", BODY)),
	);
	assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array(7).fill(409)]);
	const id = await created(gateway, { sessionId: "ventas_2" });
	assert.equal(
		(await gateway.call("POST", "/api/sessions", { ...BODY, sessionId: "ventas_3" })).body.code,
		"LIMIT_REACHED",
	);
	await gateway.call("DELETE", `/api/sessions/${id}`);
	await created(gateway, { sessionId: "ventas_3" });
});

test("a full disk is 503 in the contract's envelope; nothing is half there; health says it, and when it is over", async () => {
	const gateway = await served();
	await created(gateway);
	const pages = Number(gateway.database.get("pragma page_count")?.page_count);
	gateway.database.get(`pragma max_page_count = ${pages}`);
	const refused = [];
	for (let number = 0; number < 300 && refused.length === 0; number++) {
		const answer = await gateway.call("POST", "/api/sessions", {
			sessionId: `full_${number}`,
			sessionName: "n".repeat(255),
		});
		if (answer.status !== 201) refused.push(answer);
	}
	const [{ status, body }] = refused;
	assert.deepEqual([status, body.success, body.code], [503, false, "STORAGE_ERROR"]);
	const before = gateway.registry.all().length;
	assert.equal((await gateway.call("GET", "/api/sessions")).body.data.pagination.total, before);
	gateway.database.get("pragma max_page_count = 1000000");
	assert.equal((await gateway.call("GET", "/health")).status, 200);
	await created(gateway, { sessionId: "after_it" });
});

test("headers without end, and what is no HTTP, get an answer and the next one is served", async () => {
	const { url } = await served();
	const port = Number(new URL(url).port);
	/** @param {string} text */
	const said = (text) =>
		new Promise((/** @type {(answer: string) => void} */ resolve) => {
			let answer = "";
			const socket = connect(port, "127.0.0.1", () => socket.write(text));
			socket
				.on("data", (part) => (answer += part))
				.on("error", () => resolve(answer))
				.on("close", () => resolve(answer));
		});
	assert.match(
		await said(`GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(20_000)}\r\n\r\n`),
		/^HTTP\/1\.1 431 [^]*"HEADERS_TOO_LARGE"/,
	);
	assert.match(await said("EHLO gateway\r\n\r\n"), /^HTTP\/1\.1 400 [^]*"success":false/);
	assert.equal((await fetch(`${url}/health`)).status, 200);
});

test("pages and filters", async () => {
	const gateway = await served();
	for (let number = 0; number < 23; number++) await created(gateway, { sessionId: `ventas_${number}` });
	const pages = await Promise.all(
		[1, 2, 3, 4].map((page) => gateway.call("GET", `/api/sessions?page=${page}`)),
	);
	assert.deepEqual(
		pages.map(({ body }) => body.data.sessions.length),
		[10, 10, 3, 0],
	);
	assert.deepEqual(pages[0].body.data.pagination, { total: 23, page: 1, limit: 10, pages: 3 });
	for (const [query, wrong] of [
		["limit=101", "limit"],
		["limit=0", "limit"],
		["limit=x", "limit"],
		["page=0", "page"],
		["status=pending", "status"],
		["page=1&page=2", "page"],
	]) {
		assert.deepEqual(Object.keys((await gateway.call("GET", `/api/sessions?${query}`)).body.details), [
			wrong,
		]);
	}
	assert.equal((await gateway.call("GET", "/api/sessions?status=connected")).body.data.pagination.total, 0);
});

test("without internet a session ends as unreachable, and says so", async () => {
	const gateway = await served();
	const id = await created(gateway);
	assert.equal((await gateway.call("POST", `/api/sessions/${id}/connect`)).body.data.status, "connecting");
	assert.equal(
		(await gateway.call("POST", `/api/sessions/${id}/pairing-code`, { phoneNumber: "34600000001" })).body
			.code,
		"SESSION_NOT_WAITING",
	);
	const status = async () => (await gateway.call("GET", `/api/sessions/${id}/status`)).body.data;
	await until(async () => (await status()).status === "disconnected");
	const { disconnectCode, disconnectReason, willReconnect } = await status();
	assert.deepEqual([disconnectCode, disconnectReason, willReconnect], [408, "whatsapp_unreachable", false]);
	assert.equal((await gateway.call("GET", `/api/sessions/${id}/qr`)).body.code, "QR_GENERATION_ERROR");
	assert.equal(
		(await gateway.call("POST", "/api/messages/ventas_1/send", { to: "34600000002", message: "Hola" }))
			.body.code,
		"SESSION_NOT_CONNECTED",
	);
	assert.equal((await gateway.call("POST", `/api/sessions/${id}/connect`)).body.data.status, "connecting");
	assert.equal(
		(await gateway.call("POST", `/api/sessions/${id}/disconnect`)).body.data.status,
		"disconnected",
	);
	assert.equal("disconnectCode" in (await status()), false);
});
