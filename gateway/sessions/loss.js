/** @typedef {{code: number | null, reason: string, since: number}} Drop */

/** Why a session is down or was lost, and whether it was lost for so long that it is told as down. */
export class Loss {
	/** @type {Drop | undefined} */
	drop;
	/** Lost for so long that it is told as disconnected, and still tried. */
	hasFallen = false;

	/** @param {import("../store/sessions.js").Row} row */
	constructor({ disconnect_code, disconnect_reason, updated_at }) {
		if (disconnect_code !== null || disconnect_reason)
			this.drop = { code: disconnect_code, reason: disconnect_reason ?? "", since: updated_at };
	}

	/**
	 * It is being tried again.
	 * @param {{code: number | null, reason: string}} cause
	 * @returns {boolean} whether this is news
	 */
	add({ code, reason }) {
		const isNew = !this.drop;
		this.drop = { code, reason, since: this.drop?.since ?? Date.now() };
		return isNew;
	}

	/** It is down. @param {{code: number | null, reason: string}} cause */
	end({ code, reason }) {
		this.hasFallen = false;
		this.drop = { code, reason, since: Date.now() };
	}

	fall() {
		this.hasFallen = true;
	}

	rise() {
		this.hasFallen = false;
	}

	clear() {
		this.drop = undefined;
		this.hasFallen = false;
	}
}
