import fastify from "fastify";
import { described, log } from "../log.js";
import { StorageFailed } from "../store/database.js";
import { failure, invalid, Refusal } from "./answers.js";
import { hasKey } from "./keys.js";
import { ROUTES } from "./routes.js";

const LARGEST_BODY = 1_000_000;
const LARGEST_HEADERS = 16_384;
const HEADER_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;
const AT_A_TIME = 64;
/**
 * What a proxy or a URL class would fold into another path: `//`, a last slash, an encoded slash, dots for a segment.
 */
const FOLDED = /\/\/|.\/$|%2f|%5c|\/(\.|%2e){1,2}(\/|$)/i;

/**
 * @typedef {import("fastify").FastifyRequest & {owner: string, raw_body: Buffer, counted: boolean}} Request
 */

/**
 * @param {import("./routes.js").Gateway} gateway @param {import("./keys.js").Keys} keys @param {import("./limits.js").Limits} limits
 * @returns {import("fastify").FastifyInstance}
 */
export function makeServer(gateway, keys, limits) {
	const app = fastify({
		bodyLimit: LARGEST_BODY,
		requestTimeout: REQUEST_TIMEOUT,
		forceCloseConnections: "idle",
		routerOptions: { maxParamLength: 500 },
		http: { headersTimeout: HEADER_TIMEOUT, maxHeaderSize: LARGEST_HEADERS },
		ajv: {
			customOptions: {
				coerceTypes: false,
				allErrors: true,
				removeAdditional: false,
				useDefaults: false,
			},
		},
		schemaErrorFormatter: (errors) => invalid(fieldsOf(/** @type {any[]} */ (errors))),
		clientErrorHandler: badClient,
		frameworkErrors: (_error, _request, /** @type {any} */ reply) =>
			void reply.code(400).send(failure(invalid({ path: "is not valid" }))),
	});
	parseBodies(app);
	countRequests(app);
	app.decorateRequest("owner", "");
	app.addHook("onRequest", async (request, reply) =>
		admit(/** @type {any} */ (request), reply, keys, limits),
	);
	for (const route of ROUTES) addRoute(app, route, gateway);
	app.setNotFoundHandler(() => {
		throw nowhere();
	});
	app.setErrorHandler((error, _request, reply) => {
		const refusal = refusalOf(error);
		return reply.code(refusal.status).send(failure(refusal));
	});
	return app;
}

/**
 * @param {import("fastify").FastifyInstance} app
 * @param {import("./routes.js").Route} route
 * @param {import("./routes.js").Gateway} gateway
 */
function addRoute(app, { method, path, handler, body, status, open }, gateway) {
	app.route({
		method,
		url: path,
		exposeHeadRoute: false,
		config: { open },
		schema: body ? { body } : {},
		handler: async (request, reply) => {
			const { owner, params, query, headers, raw_body } = /** @type {any} */ (request);
			const answer = await handler(gateway, {
				owner,
				params,
				query,
				headers,
				body: request.body ?? {},
				raw: raw_body ?? Buffer.alloc(0),
			});
			return reply.code(status ?? 200).send(answer);
		},
	});
}

/**
 * Limit before key: who guesses keys is counted too.
 * @param {Request} request
 * @param {import("fastify").FastifyReply} reply
 * @param {import("./keys.js").Keys} keys
 * @param {import("./limits.js").Limits} limits
 */
function admit(request, reply, keys, limits) {
	const owner = keys.owner(request.headers);
	request.owner = owner ?? "";
	const { allowed, headers } = limits.count(owner ? `key ${owner}` : `address ${request.ip}`, Date.now());
	const isOpen = /** @type {any} */ (request.routeOptions.config)?.open;
	const isHealth = request.routeOptions.url === "/health";
	if (!isHealth) reply.headers(headers);
	if (!allowed && !isHealth) throw new Refusal(429);
	if (FOLDED.test(request.raw.url?.split("?")[0] ?? "")) throw nowhere();
	if (owner || isOpen || request.is404) return;
	throw hasKey(request.headers)
		? new Refusal(401)
		: new Refusal(401, { code: "MISSING_API_KEY", text: "The API key is missing" });
}

/** @param {import("fastify").FastifyInstance} app */
function countRequests(app) {
	let running = 0;
	app.addHook("onRequest", async (request, reply) => {
		running++;
		reply.raw.once("close", () => running--);
		if (running <= AT_A_TIME) return;
		reply.header("Retry-After", "1");
		throw new Refusal(503, { code: "OVERLOADED", text: `More than ${AT_A_TIME} requests at a time` });
	});
}

/** @param {import("fastify").FastifyInstance} app */
function parseBodies(app) {
	app.removeAllContentTypeParsers();
	app.addContentTypeParser(
		/^application\/(.+\+)?json/,
		{ parseAs: "buffer" },
		async (/** @type {any} */ request, /** @type {Buffer} */ body) => {
			request.raw_body = body;
			return body.length ? objectOf(body) : {};
		},
	);
	app.addContentTypeParser(
		"*",
		{ parseAs: "buffer" },
		async (/** @type {any} */ request, /** @type {Buffer} */ body) => {
			request.raw_body = body;
			if (body.length) throw invalid({ body: "must be sent as application/json" });
			return {};
		},
	);
	app.addHook("preValidation", async (request) => {
		request.body ??= {};
	});
}

/** @param {Buffer} body */
function objectOf(body) {
	let value;
	try {
		value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
	} catch {
		throw invalid({ body: "is not JSON" });
	}
	if (value === null || typeof value !== "object" || Array.isArray(value))
		throw invalid({ body: "must be an object" });
	return value;
}

/**
 * @param {{instancePath: string, keyword: string, message?: string, params: any}[]} errors
 * @returns {Record<string, string>} one reason a field
 */
function fieldsOf(errors) {
	const reasons = errors.map(({ instancePath, keyword, message, params }) =>
		keyword === "required"
			? [params.missingProperty, "required"]
			: [instancePath.split("/")[1] ?? "body", message ?? "is not valid"],
	);
	return Object.fromEntries(reasons.reverse());
}

/** @param {any} error @returns {Refusal} */
function refusalOf(error) {
	if (error instanceof Refusal) return error;
	if (error instanceof StorageFailed)
		return new Refusal(503, { code: "STORAGE_ERROR", text: error.message });
	const status = error?.statusCode;
	if (status === 413 || status === 408) return new Refusal(status);
	if (status >= 400 && status < 500) return invalid({ body: "is not valid" });
	log("error", "http.failed", described(error));
	return new Refusal(500);
}

function nowhere() {
	return new Refusal(404, { code: "NOT_FOUND", text: "There is no such route" });
}

/**
 * What is no HTTP request gets an answer all the same.
 * @param {any} error
 * @param {import("node:net").Socket} socket
 */
function badClient(error, socket) {
	if (!socket.writable) return;
	const status =
		error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
	const body = JSON.stringify(failure(new Refusal(status)));
	const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
	socket.end(head + body);
}
