import { Agent } from "node:https";
import { Browsers, jidDecode } from "baileys";
import { silent } from "../log.js";
import { isIgnored } from "./messages.js";

const KNOWN_BROWSER = Browsers.windows("Chrome");
const WHYS = /** @type {[RegExp, string][]} */ ([
	[/^QR refs attempts ended/, "refs"],
	[/^Connection was lost/, "lost"],
	[/^WebSocket Error/, "network"],
	[/^Connection Terminated|^Connection Closed/, "cut"],
	[/^Connection Failure/, "failure"],
	[/^Stream Errored/, "stream"],
	[/^Multi-device beta/, "downgrade"],
]);

/**
 * What Baileys is started with.
 * @param {import("../config.js").Config} config
 * @param {Pick<import("./socket.js").Options, "auth" | "kind" | "version" | "sent">} options
 * @returns {any}
 */
export function baileysOptions(config, { auth, kind, version, sent }) {
	const given = {
		version: version ?? config.version,
		waWebSocketUrl: config.test.url,
		qrTimeout: config.test.qrMs,
		connectTimeoutMs: config.test.connectMs,
		keepAliveIntervalMs: config.test.keepAliveMs,
		agent: config.proxy ? throughProxy(config.proxy) : undefined,
	};
	return {
		...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
		auth: auth.state,
		logger: silent,
		browser: kind === "scan" && config.deviceName ? [config.deviceName, "Chrome", ""] : KNOWN_BROWSER,
		syncFullHistory: false,
		markOnlineOnConnect: false,
		shouldIgnoreJid: isIgnored,
		getMessage: async (/** @type {{id?: string}} */ { id }) => contentOf(sent.find(id ?? "")),
	};
}

/** @param {{text: string} | undefined} kept */
function contentOf(kept) {
	return kept && { extendedTextMessage: { text: kept.text } };
}

/** @param {string} proxy */
export function throughProxy(proxy) {
	return new Agent(/** @type {any} */ ({ proxyEnv: { HTTPS_PROXY: proxy } }));
}

/** @param {any} error of Baileys @returns {[code: number, why: string]} */
export function ending(error) {
	const message = String(error?.message ?? "");
	const code = Number(error?.output?.statusCode) || 500;
	const [, why] = WHYS.find(([pattern]) => pattern.test(message)) ?? [null, "other"];
	return [code, why];
}

/** @param {import("baileys").Contact | undefined} user */
export function self(user) {
	const jid = user?.id ?? "";
	return { number: jidDecode(jid)?.user ?? "", jid, name: user?.name ?? user?.notify ?? "" };
}
