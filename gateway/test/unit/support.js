import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { readConfig } from "../../config.js";
import { Keys } from "../../http/keys.js";
import { Limits } from "../../http/limits.js";
import { makeServer } from "../../http/server.js";
import { silenceConsole } from "../../log.js";
import { Registry } from "../../sessions/registry.js";
import { CredentialStore } from "../../store/credentials.js";
import { Database } from "../../store/database.js";
import { DeliveryStore } from "../../store/deliveries.js";
import { SentStore } from "../../store/sent.js";
import { SessionStore } from "../../store/sessions.js";
import { WebhookQueue } from "../../webhooks/queue.js";

export const BODY = { sessionId: "ventas_1", sessionName: "Ventas" };
export const KEY = "key-of-the-tests-0123456789";
const NOBODY_LISTENS = "ws://127.0.0.1:9";

export function folder() {
	const path = mkdtempSync(join(tmpdir(), "gateway-unit-"));
	after(() => rmSync(path, { recursive: true, force: true }));
	return path;
}

/** @param {Record<string, string>} [environment] */
export function parts(environment = {}) {
	const given = {
		GATEWAY_DATA: folder(),
		GATEWAY_TEST_WA_URL: NOBODY_LISTENS,
		GATEWAY_TEST_SPEED: "50",
		...environment,
	};
	const config = readConfig(environment.GATEWAY_API_KEYS ? given : { GATEWAY_API_KEY: KEY, ...given });
	const database = new Database(config.data);
	const sessions = new SessionStore(database);
	const webhooks = new WebhookQueue(new DeliveryStore(database), config.times);
	const registry = new Registry(
		config,
		{ database, sessions, credentials: new CredentialStore(database), sent: new SentStore(database) },
		webhooks,
	);
	after(async () => {
		registry.stop();
		await webhooks.stop();
		database.close();
	});
	return { config, database, sessions, webhooks, registry };
}

/** A gateway inside this process, on a port of its own. @param {Record<string, string>} [environment] */
export async function served(environment = {}) {
	silenceConsole();
	const gateway = { ...parts(environment), detail: () => ({}) };
	const app = makeServer(gateway, new Keys(gateway.config.keys), new Limits(gateway.config.rateLimit));
	const url = await app.listen({ host: "127.0.0.1", port: 0 });
	after(() => app.close());
	/**
	 * @param {string} method
	 * @param {string} path
	 * @param {any} [body]
	 * @param {Record<string, string>} [headers]
	 */
	const call = async (method, path, body, headers = {}) => {
		const isText = typeof body === "string" || body === undefined || body instanceof Uint8Array;
		const type = body === undefined ? {} : { "content-type": "application/json" };
		const answer = await fetch(url + path, {
			method,
			body: isText ? body : JSON.stringify(body),
			headers: { "x-api-key": KEY, ...type, ...headers },
		});
		return {
			status: answer.status,
			headers: answer.headers,
			body: /** @type {any} */ (await answer.json()),
		};
	};
	return { ...gateway, app, url, call };
}

/** @param {Awaited<ReturnType<typeof served>>} gateway @param {object} [fields] @returns {Promise<number>} the session's number */
export async function created({ call }, fields = {}) {
	const { status, body } = await call("POST", "/api/sessions", { ...BODY, ...fields });
	assert.equal(status, 201, JSON.stringify(body));
	return body.data.session.id;
}

/** A site that answers webhooks with the statuses it is told, then with 200. @param {...number} statuses */
export async function site(...statuses) {
	/** @type {{headers: import("node:http").IncomingHttpHeaders, body: string}[]} */
	const received = [];
	const server = createServer(async (request, response) => {
		let body = "";
		for await (const part of request) body += part;
		received.push({ headers: request.headers, body });
		response.writeHead(statuses.shift() ?? 200, { location: "/elsewhere" }).end("x".repeat(100_000));
	});
	return { url: `${await listening(server)}/hook`, received };
}

/** Until the test is over, whatever becomes of it. @param {import("node:net").Server} server @returns {Promise<string>} its address */
export async function listening(server) {
	/** @type {Set<import("node:net").Socket>} */
	const sockets = new Set();
	server.on("connection", (socket) => sockets.add(socket));
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	after(() => {
		server.close();
		for (const socket of sockets) socket.destroy();
	});
	const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
	return `http://127.0.0.1:${port}`;
}
