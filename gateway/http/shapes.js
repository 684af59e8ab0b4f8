import { qrPicture } from "../qr.js";
import { iso } from "./answers.js";

const USER_ID = 1;

/** @typedef {import("../sessions/session.js").Session} Session */

/** What every answer about a session says. @param {Session} session */
export function statusOf(session) {
	const { row, state, code, drop } = session;
	const { restriction } = session.conversation;
	return {
		id: row.id,
		sessionId: row.session_id,
		status: state,
		phoneNumber: row.number ?? row.expected_number,
		lastActivity: iso(row.last_activity),
		isConnected: session.isConnected,
		hasQR: code !== undefined,
		...(restriction ? { restriction: { ...restriction, until: iso(restriction.until) } } : {}),
		...(drop
			? {
					disconnectCode: drop.code,
					disconnectReason: drop.reason,
					disconnectedAt: iso(drop.since),
					willReconnect: session.isLive,
				}
			: {}),
	};
}

/**
 * A row of the list. The picture is not in it: a hundred would take seconds, and a code is a credential.
 * @param {Session} session
 */
export function rowOf(session) {
	const { row, code } = session;
	return {
		...statusOf(session),
		sessionName: row.name,
		userId: USER_ID,
		organizationId: null,
		phoneNumberId: row.jid,
		qrCode: null,
		qrCodeGeneratedAt: iso(code?.shownAt ?? null),
		qrCodeExpiresAt: iso(code?.expiresAt ?? null),
		sendToFrappe: Boolean(row.send_to_frappe),
		createdAt: iso(row.created_at),
		updatedAt: iso(session.updatedAt),
	};
}

/** @param {Session} session */
export function detailOf(session) {
	const profile = {
		name: session.row.profile_name || session.row.name,
		about: "",
		profilePictureUrl: "",
		isBusiness: false,
	};
	return {
		...rowOf(session),
		webhookUrl: session.row.webhook_url,
		...(session.isConnected ? { profile } : {}),
	};
}

/** @param {Session} session */
export function createdOf(session) {
	const { id, sessionId, sessionName, status, phoneNumber, sendToFrappe, createdAt } = rowOf(session);
	return { id, sessionId, sessionName, status, phoneNumber, sendToFrappe, createdAt };
}

/**
 * @param {Session} session
 * @returns {{qrCode: string, sessionId: string, expiresAt: string, status: string} | undefined}
 */
export function codeOf({ row, code, state }) {
	return (
		code && {
			qrCode: qrPicture(code.text),
			sessionId: row.session_id,
			expiresAt: iso(code.expiresAt),
			status: state,
		}
	);
}
