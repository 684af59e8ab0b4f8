import { described, log } from "../log.js";
import { originOf } from "../store/deliveries.js";
import { bodyOf, deliver } from "./delivery.js";

const AT_A_TIME = 20;
/**
 * The receiver speaks, and means this very body: it would say the same to-morrow and hold up all that comes after.
 */
const REFUSES_THE_BODY = new Set([400, 405, 413, 414, 415, 417, 422]);
const MOST_REFUSALS = 5;

/**
 * Webhooks on their way: in order per session, several sessions at a time, across restarts of either side.
 */
export class WebhookQueue {
	/** @type {Map<number, Lane>} */
	#lanes = new Map();
	/** @type {Set<string>} origins that failed last time */
	#failing = new Set();
	#slots = new Slots(AT_A_TIME);
	#stopping = false;

	/**
	 * @param {import("../store/deliveries.js").DeliveryStore} store
	 * @param {import("../sessions/times.js").Times} times
	 * @param {typeof deliver} [send]
	 */
	constructor(store, times, send = deliver) {
		this.store = store;
		this.times = times;
		this.send = send;
	}

	/** What an earlier process left. */
	start() {
		for (const session of this.store.sessions()) this.#wake(session);
	}

	/**
	 * `session.*` only say that something changed: a new one makes a waiting one of its kind superfluous.
	 * @param {Receiver} row
	 * @param {string} event @param {() => Record<string, unknown>} data @param {number} [expiresAt]
	 */
	add(row, event, data, expiresAt) {
		if (!wants(row, event)) return;
		const isNudge = event.startsWith("session.");
		const lives = isNudge ? this.times.nudgeLives : this.times.messageLives;
		const delivery = deliveryOf(row, event, data(), Math.min(Date.now() + lives, expiresAt ?? Infinity));
		this.store.add(delivery, isNudge ? (this.#lanes.get(row.id)?.sending ?? 0) : undefined);
		this.#wake(row.id);
	}

	/**
	 * A message that came in; one that comes again is not told again.
	 * @param {Receiver} row @param {Record<string, unknown>} message
	 */
	addOnce(row, message) {
		const event = "message.received";
		if (!wants(row, event)) return;
		const delivery = deliveryOf(row, event, { message }, Date.now() + this.times.messageLives);
		this.store.addOnce(delivery, String(message.whatsappMessageId));
		this.#wake(row.id);
	}

	/** @param {number} session @param {string} url @param {string | null} secret */
	redirect(session, url, secret) {
		this.store.redirect(session, url, secret);
		this.#lanes.get(session)?.hurry();
	}

	/** Deliveries that run may end; the others wait for the next start. */
	async stop() {
		this.#stopping = true;
		const running = [...this.#lanes.values()].map((lane) => lane.stop());
		const patience = new Promise((resolve) => setTimeout(resolve, this.times.stop).unref());
		await Promise.race([Promise.all(running), patience]);
	}

	get isStopping() {
		return this.#stopping;
	}

	get slots() {
		return this.#slots;
	}

	/**
	 * @param {number} session
	 * @param {import("../store/deliveries.js").Delivery} delivery
	 * @param {import("./delivery.js").Outcome} outcome
	 */
	settle(session, delivery, outcome) {
		const origin = originOf(delivery.url);
		const { status } = outcome;
		if (status !== null && ((status >= 200 && status < 300) || status === 410)) {
			this.store.remove(delivery.id);
			if (this.#failing.delete(origin)) this.#hasten(origin);
			return;
		}
		this.#failing.add(origin);
		const isRefused =
			status !== null && REFUSES_THE_BODY.has(status) && delivery.attempts + 1 >= MOST_REFUSALS;
		log("warn", "webhook.failed", {
			session,
			name: delivery.event,
			status,
			cause: outcome.cause,
			attempt: delivery.attempts + 1,
			given_up: isRefused,
		});
		if (isRefused) this.store.remove(delivery.id);
		else this.store.postpone(delivery.id, Date.now() + this.#delay(delivery.attempts));
	}

	/** @param {number} attempts */
	#delay(attempts) {
		const { webhookRetries } = this.times;
		return webhookRetries[Math.min(attempts, webhookRetries.length - 1)];
	}

	/** @param {string} origin */
	#hasten(origin) {
		for (const session of this.store.hasten(origin)) this.#lanes.get(session)?.hurry();
	}

	/** @param {number} session */
	#wake(session) {
		if (this.#stopping) return;
		const lane = this.#lanes.get(session) ?? new Lane(session, this, () => this.#lanes.delete(session));
		this.#lanes.set(session, lane);
		lane.run();
	}
}

/** Works off what waits for one session, one after the other. */
class Lane {
	/** @type {Promise<void> | undefined} */
	#running;
	/** The delivery that is on its way just now. */
	sending = 0;
	#again = false;
	#hurry = () => {};

	/** @param {number} session @param {WebhookQueue} queue @param {() => void} empty */
	constructor(session, queue, empty) {
		this.session = session;
		this.queue = queue;
		this.empty = empty;
	}

	/** Also looks again at what to wait for: the first in the row may have been replaced. */
	run() {
		this.#again = true;
		this.#hurry();
		this.#running ??= this.#workOn().finally(() => this.#ended());
	}

	hurry() {
		this.#hurry();
	}

	async stop() {
		this.#hurry();
		await this.#running;
	}

	#ended() {
		this.#running = undefined;
		this.empty();
	}

	async #workOn() {
		while (this.#again && !this.queue.isStopping) {
			this.#again = false;
			await this.#work().catch((error) => this.#failed(error));
		}
	}

	/** The data folder cannot be written: nothing is lost, and nothing gets on. @param {unknown} error */
	async #failed(error) {
		log("error", "webhook.lane_failed", { session: this.session, ...described(error) });
		this.#again = true;
		await this.#wait(this.queue.times.webhookRetries.at(-1) ?? 0);
	}

	async #work() {
		const { queue, session } = this;
		for (;;) {
			const delivery = queue.isStopping ? undefined : queue.store.first(session, Date.now());
			if (!delivery) return;
			if (delivery.due_at > Date.now())
				await this.#wait(Math.min(delivery.due_at, delivery.dies_at) - Date.now());
			else await this.#send(delivery);
		}
	}

	/** @param {import("../store/deliveries.js").Delivery} delivery */
	async #send(delivery) {
		this.sending = delivery.id;
		const outcome = await this.queue.slots.use(() =>
			this.queue.send(delivery, this.queue.times.webhookTimeout),
		);
		this.sending = 0;
		this.queue.settle(this.session, delivery, outcome);
	}

	/** @param {number} milliseconds */
	#wait(milliseconds) {
		return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
			const timer = setTimeout(resolve, milliseconds).unref();
			this.#hurry = () => {
				clearTimeout(timer);
				resolve();
			};
		});
	}
}

/** So many at a time, the others in the order in which they came. */
class Slots {
	/** @type {(() => void)[]} */
	#waiting = [];

	/** @param {number} free */
	constructor(free) {
		this.free = free;
	}

	/** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
	async use(work) {
		if (this.free > 0) this.free--;
		else
			await new Promise((/** @type {(value?: undefined) => void} */ resolve) =>
				this.#waiting.push(resolve),
			);
		try {
			return await work();
		} finally {
			const next = this.#waiting.shift();
			if (next) next();
			else this.free++;
		}
	}
}

/** @typedef {Pick<import("../store/sessions.js").Row, "id" | "session_id" | "webhook_url" | "webhook_secret" | "webhook_events">} Receiver */

/** @param {Receiver} row @param {string} event */
function wants({ webhook_url, webhook_events }, event) {
	const chosen = JSON.parse(webhook_events);
	return Boolean(webhook_url) && (chosen.length === 0 || chosen.includes(event));
}

/** @param {Receiver} row @param {string} event @param {Record<string, unknown>} data @param {number} diesAt */
function deliveryOf(row, event, data, diesAt) {
	return {
		session: row.id,
		session_id: row.session_id,
		event,
		url: String(row.webhook_url),
		secret: row.webhook_secret,
		body: bodyOf(row, event, data),
		dies_at: Math.ceil(diesAt),
	};
}
