import { LimitReached, SessionExists } from "../sessions/registry.js";
import { iso, Refusal, success } from "./answers.js";
import { byEither, byId, byName, connected, wellFormed } from "./finding.js";
import { pageOf } from "./schemas.js";
import { createdOf, detailOf, rowOf, statusOf } from "./shapes.js";
import { webhookOf } from "./webhook_routes.js";

/** @typedef {import("./routes.js").Gateway} Gateway */
/** @typedef {import("./routes.js").Call} Call */

/** @param {Gateway} gateway @param {Call} call */
export function create({ registry, config }, { owner, body, headers }) {
	const fields = {
		owner,
		session_id: body.sessionId,
		name: wellFormed("sessionName", body.sessionName),
		expected_number: body.phoneNumber ?? null,
		send_to_frappe: Number(headers["x-frappe-origin"] === "true" || body.fromFrappe === true),
		...webhookOf(config, body, { webhook_url: null, webhook_secret: null, webhook_events: "[]" }),
	};
	try {
		return success({ session: createdOf(registry.create(fields)) }, "Session created");
	} catch (error) {
		if (error instanceof SessionExists) throw new Refusal(409);
		if (error instanceof LimitReached)
			throw new Refusal(409, {
				code: "LIMIT_REACHED",
				text: `This gateway has its ${config.maxSessions} sessions (GATEWAY_MAX_SESSIONS)`,
			});
		throw error;
	}
}

/** @param {Gateway} gateway @param {Call} call */
export function list({ registry }, { owner, query }) {
	const { page, limit, status } = pageOf(query);
	const found = registry.all(owner).filter((session) => !status || session.state === status);
	const sessions = found.slice((page - 1) * limit, page * limit).map(rowOf);
	return success({
		sessions,
		pagination: { total: found.length, page, limit, pages: Math.ceil(found.length / limit) },
	});
}

/** @param {Gateway} gateway @param {Call} call */
export function stats({ registry }, { owner }) {
	const sessions = registry.all(owner);
	return success({
		stats: {
			total: sessions.length,
			connected: sessions.filter((session) => session.isConnected).length,
		},
	});
}

/** @param {Gateway} gateway @param {Call} call */
export function frappeSessions({ registry }, { owner }) {
	return success({
		sessions: registry
			.all(owner)
			.filter(({ row }) => row.send_to_frappe)
			.map(rowOf),
	});
}

/** @param {Gateway} gateway @param {Call} call */
export function get(gateway, call) {
	return success({ session: detailOf(byEither(gateway, call)) });
}

/** @param {Gateway} gateway @param {Call} call */
export function status(gateway, call) {
	return success(statusOf(byId(gateway, call)));
}

/** @param {Gateway} gateway @param {Call} call */
export async function remove(gateway, call) {
	const session = byId(gateway, call);
	const wasPaired = session.paired;
	const unlinked = await gateway.registry.remove(session);
	const { id, session_id: sessionId } = session.row;
	return success(
		{ id, sessionId, wasLinked: wasPaired, unlinked },
		unlinked ? "Session deleted" : "Session deleted; the phone lists it until WhatsApp can be reached",
	);
}

/** @param {Gateway} gateway @param {Call} call */
export function contacts(gateway, call) {
	byId(gateway, call);
	return success({ contacts: [], total: 0, source: "database" });
}

/** @param {Gateway} gateway @param {Call} call */
export function sync(gateway, call) {
	const session = connected(byName(gateway, call));
	const counts = { contactsSynced: 0, chatsSynced: 0, timestamp: iso(Date.now()) };
	return success(
		{ sessionId: session.row.session_id, ...counts },
		"Nothing to synchronise: this gateway keeps no contacts",
	);
}

/** @param {Gateway} gateway @param {Call} call */
export function repair(gateway, call) {
	const session = byName(gateway, call);
	return success({
		sessionId: session.row.session_id,
		repairedConversations: [],
		totalRepaired: 0,
		timestamp: iso(Date.now()),
	});
}

/** @param {Gateway} gateway @param {Call} call */
export function configureFrappe(gateway, call) {
	const { row } = byId(gateway, call);
	const { sendToFrappe } = call.body;
	gateway.sessions.update(row.id, { send_to_frappe: Number(sendToFrappe) });
	row.send_to_frappe = Number(sendToFrappe);
	return success(
		{ sessionId: row.session_id, sendToFrappe },
		sendToFrappe ? "Integration on" : "Integration off",
	);
}

/** @param {Gateway} gateway @param {Call} call */
export function frappeStatus(gateway, call) {
	const { sessionId, sendToFrappe, status, sessionName } = rowOf(byId(gateway, call));
	return success({ sessionId, sendToFrappe, status, sessionName });
}
