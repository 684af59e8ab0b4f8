import { request } from "node:https";
import { throughProxy } from "./whatsapp.js";

/** @typedef {import("../config.js").Version} Version */

const SERVICE_WORKER = "https://web.whatsapp.com/sw.js";
const REVISION = /\\?"client_revision\\?":\s*(\d{1,10})/;
/** Without it WhatsApp takes the request for a robot's. */
const HEADERS = {
	"sec-fetch-site": "none",
	"user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0.0.0",
};
const TIMEOUT = 10_000;
const LARGEST = 5_000_000;

/**
 * @param {import("../config.js").Config} config @param {Version | undefined} used
 * @returns {Promise<Version | undefined>} one that WhatsApp Web has now, if it is newer
 */
export async function newerVersion(config, used) {
	const found = config.test.url ? config.test.newerVersion : await latestVersion(config.proxy);
	return found && (!used || isNewer(found, used)) ? found : undefined;
}

/** @param {string | undefined} proxy @param {string} [address] @returns {Promise<Version | undefined>} */
export async function latestVersion(proxy, address = SERVICE_WORKER) {
	const revision = REVISION.exec(await textAt(address, proxy).catch(() => ""))?.[1];
	return revision ? [2, 3000, Number(revision)] : undefined;
}

/** @param {Version} one @param {Version} other */
function isNewer(one, other) {
	const place = one.findIndex((part, place) => part !== other[place]);
	return place >= 0 && one[place] > other[place];
}

/** @param {string} address @param {string | undefined} proxy @returns {Promise<string>} */
function textAt(address, proxy) {
	const options = {
		headers: HEADERS,
		agent: proxy ? throughProxy(proxy) : undefined,
		signal: AbortSignal.timeout(TIMEOUT),
	};
	return new Promise((resolve, reject) => {
		request(address, options, (response) => {
			let text = "";
			response.setEncoding("utf8").on("error", reject);
			response.on(
				"data",
				(part) => (text += part).length > LARGEST && response.destroy(new Error("too long")),
			);
			response.on("end", () => resolve(text));
		})
			.on("error", reject)
			.end();
	});
}
