import { node, now, SERVER } from "./nodes.js";

/**
 * What WhatsApp thinks of an account, and tells its devices.
 * @typedef {import("./accounts.js").Account} Account
 */

/**
 * As WhatsApp's GraphQL words it.
 * @param {Account["restriction"]} restriction
 */
export function timelock(restriction) {
	if (!restriction) return { is_active: false };
	const ends = restriction.until === null ? {} : { time_enforcement_ends: String(restriction.until) };
	return { is_active: true, enforcement_type: restriction.type, ...ends };
}

/** @param {Account} account @param {Account["restriction"]} restriction null lifts it */
export async function restrict(account, restriction) {
	account.restriction = restriction;
	const data = { xwa2_notify_account_reachout_timelock: timelock(restriction) };
	const update = node("update", { op_name: "NotificationUserReachoutTimelockUpdate" }, Buffer.from(JSON.stringify({ data })));
	for (const { connection } of account.devices.values())
		await connection?.send(node("notification", { from: SERVER, type: "mex", id: `mex-${now()}`, t: now() }, [update]));
}

/**
 * Instead of being linked, the device is asked for what only the phone's passkey can sign.
 * @param {import("./connection.js").Connection} connection
 */
export async function askForPasskey(connection) {
	const options = Buffer.from(JSON.stringify({ challenge: "AAAA", rpId: "whatsapp.com", userVerification: "required" }));
	const request = node("passkey_request_options", {}, options);
	await connection.send(node("notification", { from: SERVER, type: "passkey_prologue_request", id: `passkey-${now()}`, t: now() }, [request]));
}
