import { monitorEventLoopDelay } from "node:perf_hooks";
import { Refused, readConfig } from "./config.js";
import { Keys, loadKeys } from "./http/keys.js";
import { Limits } from "./http/limits.js";
import { makeServer } from "./http/server.js";
import { described, log, setLevel } from "./log.js";
import { Registry } from "./sessions/registry.js";
import { rememberSignatures } from "./sessions/signatures.js";
import { running } from "./sessions/socket.js";
import { CredentialStore } from "./store/credentials.js";
import { Database } from "./store/database.js";
import { DeliveryStore } from "./store/deliveries.js";
import { SentStore } from "./store/sent.js";
import { SessionStore } from "./store/sessions.js";
import { WebhookQueue } from "./webhooks/queue.js";

const RESOLUTION = 20;

/**
 * The order of start and stop.
 * @param {Record<string, string | undefined>} environment @throws {Refused} with a sentence for the person who starts it
 */
export async function start(environment) {
	process.umask(0o077);
	const config = readConfig(environment);
	setLevel(config.level);
	rememberSignatures();
	const database = new Database(config.data);
	const loaded = loadKeys(config);
	const stores = {
		database,
		sessions: new SessionStore(database),
		credentials: new CredentialStore(database),
		sent: new SentStore(database),
	};
	const webhooks = new WebhookQueue(new DeliveryStore(database), config.times);
	const registry = new Registry(config, stores, webhooks);
	const gateway = {
		config,
		registry,
		database,
		sessions: stores.sessions,
		webhooks,
		detail: detailOf(registry, webhooks),
	};
	const app = makeServer(gateway, new Keys(loaded.keys), new Limits(config.rateLimit));
	catchStrays(registry);
	stores.sent.forgetOld(Date.now());
	webhooks.start();
	registry.restore();
	await listen(app, config, database);
	stopOnSignal(app, registry, webhooks, database);
	announce(app, loaded);
}

/**
 * @param {import("fastify").FastifyInstance} app
 * @param {import("./config.js").Config} config
 * @param {Database} database
 */
async function listen(app, { host, port }, database) {
	try {
		await app.listen({ host, port });
	} catch (error) {
		database.close();
		const { code } = /** @type {NodeJS.ErrnoException} */ (error);
		if (code === "EADDRINUSE")
			throw new Refused(
				`Port ${port} of ${host} is in use: name another one in GATEWAY_PORT`,
				"PORT_IN_USE",
			);
		throw new Refused(`The gateway cannot listen on ${host}, port ${port} (${code})`);
	}
}

/** @param {import("fastify").FastifyInstance} app @param {ReturnType<typeof loadKeys>} loaded */
function announce(app, { made, file }) {
	const { address, port, family } = /** @type {import("node:net").AddressInfo} */ (app.addresses()[0]);
	if (made) process.stdout.write(`API key, shown this once and kept in ${file}: ${made}\n`);
	else if (file) process.stdout.write(`API key: in ${file}\n`);
	process.stdout.write(`ready http://${family === "IPv6" ? `[${address}]` : address}:${port}\n`);
}

/**
 * Sessions are left as they are: no phone is unlinked, nobody is told of a disconnection.
 * @param {import("fastify").FastifyInstance} app @param {Registry} registry @param {WebhookQueue} webhooks @param {Database} database
 */
function stopOnSignal(app, registry, webhooks, database) {
	let stopping = false;
	const stop = async () => {
		if (stopping) return;
		stopping = true;
		log("info", "gateway.stopping");
		await app.close();
		registry.stop();
		await webhooks.stop();
		database.close();
		process.exit(0);
	};
	for (const signal of /** @type {const} */ (["SIGTERM", "SIGINT", "SIGHUP"])) process.on(signal, () => void stop());
}

/** One session's error is that session's end, not the end of all. @param {Registry} registry */
function catchStrays(registry) {
	process.on("unhandledRejection", (error) =>
		log("warn", "rejection", { session: running.getStore(), ...described(error) }),
	);
	process.on("uncaughtException", (error) => {
		const session = running.getStore();
		log("error", "exception", { session, ...described(error) });
		if (session === undefined) process.exit(1);
		registry.crashed(session, error);
	});
}

/** @param {Registry} registry @param {WebhookQueue} webhooks @returns {() => Record<string, unknown>} */
function detailOf(registry, webhooks) {
	const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
	/** @param {number} nanoseconds Node counts the time between two looks in */
	const beyond = (nanoseconds) => Math.max(Math.round(nanoseconds / 1e6 - RESOLUTION), 0);
	delay.enable();
	return () => {
		const milliseconds = { mean: beyond(delay.mean), max: beyond(delay.max) };
		delay.reset();
		const states = Object.groupBy(registry.all(), (session) => session.state);
		return {
			sessions: Object.fromEntries(
				Object.entries(states).map(([state, found]) => [state, found?.length]),
			),
			leaving: registry.leavingCount,
			waitingWebhooks: webhooks.store.count(),
			memory: process.memoryUsage.rss(),
			eventLoopDelay: milliseconds,
			uptime: Math.floor(process.uptime()),
		};
	};
}
