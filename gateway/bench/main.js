import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { Receiver } from "../test/support/receiver.js";
import { until } from "../test/support/until.js";
import { cpuSeconds, each, FakeProcess, gatewayFor, median, megabytes } from "./stage.js";

const NUMBER = 34600000000;
const AT_ONCE = 4;
const IDLE = 10_000;
const STATUS = 5_000;
const MESSAGES = 500;

/** @typedef {import("../test/support/gateway.js").Gateway} Gateway */

/** @param {number} began */
const seconds = (began) => (performance.now() - began) / 1000;

/** @param {number} value */
const round = (value) => Number(value.toFixed(2));

/**
 * Creates, shows a code, scans it.
 * @param {Gateway} gateway
 * @param {FakeProcess} fake
 * @param {number} index
 */
async function link(gateway, fake, index) {
	const id = await gateway.create(`bench_${index}`);
	const connected = performance.now();
	await gateway.connect(id);
	await gateway.untilStatus(id, "qr_code", 60_000);
	const firstCode = seconds(connected);
	const text = await gateway.code(id);
	const scanned = performance.now();
	await fake.tell("scan", { number: String(NUMBER + index), text });
	await gateway.untilStatus(id, "connected", 60_000);
	return { firstCode, scanToOpen: seconds(scanned) };
}

/** @param {Gateway} gateway @param {number} count */
async function connectedCount(gateway, count) {
	const pages = Array.from({ length: Math.ceil(count / 100) }, (_, page) => page + 1);
	const answers = await Promise.all(pages.map((page) => gateway.call("GET", `/sessions?limit=100&page=${page}`)));
	return answers.flatMap(({ body }) => body.data.sessions).filter(({ isConnected }) => isConnected).length;
}

/** @param {Gateway} gateway @param {number} count */
async function restore(gateway, count) {
	await gateway.kill("SIGTERM");
	const began = performance.now();
	await gateway.start();
	const answers = seconds(began);
	await until(async () => (await connectedCount(gateway, count)) === count, { within: 300_000, what: "all restored" });
	return { answers: round(answers), all: round(seconds(began)) };
}

/** Percent of one processor while nothing happens. @param {Gateway} gateway */
async function idle(gateway) {
	await sleep(2000);
	const before = cpuSeconds(gateway);
	await sleep(IDLE);
	return round(((cpuSeconds(gateway) - before) / (IDLE / 1000)) * 100);
}

/** Requests of `status` a second, with eight clients. @param {Gateway} gateway @param {number} id */
async function statusRate(gateway, id) {
	const end = performance.now() + STATUS;
	let count = 0;
	const client = async () => {
		for (; performance.now() < end; count++) await gateway.status(id);
	};
	await Promise.all(Array.from({ length: 8 }, client));
	return Math.round(count / (STATUS / 1000));
}

/** Texts that come in a second, from WhatsApp to the site's answer. @param {Gateway} gateway @param {FakeProcess} fake */
async function webhookRate(gateway, fake) {
	const receiver = await new Receiver().start();
	const id = await gateway.create("bench_webhooks", receiver.fields);
	await gateway.connect(id);
	const number = String(NUMBER + 999_999);
	await fake.tell("scan", { number, text: await gateway.code(id) });
	await gateway.untilStatus(id, "connected");
	const began = performance.now();
	for (let i = 0; i < MESSAGES; i++) await fake.tell("text", { number: "34600000001", to: number, body: `text ${i}` });
	const all = () => receiver.events(id).filter((event) => event === "message.received").length === MESSAGES;
	await until(all, { within: 120_000, what: "all texts told" });
	const rate = MESSAGES / seconds(began);
	await receiver.close();
	return Math.round(rate);
}

/** @param {number} count of sessions */
async function measure(count) {
	const fake = await new FakeProcess().start();
	const gateway = await gatewayFor(fake);
	const empty = megabytes(gateway);
	/** @type {{ firstCode: number, scanToOpen: number }[]} */
	const links = [];
	const began = performance.now();
	const indices = Array.from({ length: count }, (_, index) => index + 1);
	await each(indices, AT_ONCE, async (index) => void links.push(await link(gateway, fake, index)));
	const row = {
		sessions: count,
		"RSS empty MB": empty,
		"RSS linked MB": megabytes(gateway),
		"all linked s": round(seconds(began)),
		"first code s, median": round(median(links.map(({ firstCode }) => firstCode))),
		"first code s, longest": round(Math.max(...links.map(({ firstCode }) => firstCode))),
		"scan to open s, median": round(median(links.map(({ scanToOpen }) => scanToOpen))),
	};
	const restored = await restore(gateway, count);
	const [id] = await gateway.sessions();
	const after = {
		"answers after s": restored.answers,
		"all restored s": restored.all,
		"RSS restored MB": megabytes(gateway),
		"idle CPU %": await idle(gateway),
		"status requests/s": await statusRate(gateway, id),
		"webhooks/s": await webhookRate(gateway, fake),
	};
	await gateway.remove();
	fake.stop();
	return { ...row, ...after };
}

const { positionals } = parseArgs({ allowPositionals: true });
const rows = [];
for (const count of positionals.length ? positionals.map(Number) : [1, 100, 500]) rows.push(await measure(count));
const names = Object.keys(rows[0]);
for (const cells of [names, names.map(() => "---"), ...rows.map((row) => Object.values(row))]) console.log(`| ${cells.join(" | ")} |`);
