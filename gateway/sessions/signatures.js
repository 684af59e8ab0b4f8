import { createHash } from "node:crypto";
import { Curve } from "baileys";

const MOST = 256;

/**
 * Every login checks the two signatures of the certificates that WhatsApp's server shows, in JavaScript: ten
 * milliseconds, half of what a login costs. All sessions are shown the same ones (R), so one check will do.
 */
export function rememberSignatures() {
	const verify = Curve.verify;
	/** @type {Map<string, boolean>} */
	const known = new Map();
	Curve.verify = (...parts) => {
		const digest = digestOf(parts);
		const valid = known.get(digest) ?? verify(...parts);
		if (known.size >= MOST) known.clear();
		known.set(digest, valid);
		return valid;
	};
}

/** @param {Uint8Array[]} parts */
function digestOf(parts) {
	const hash = createHash("sha256");
	for (const part of parts) hash.update(`${part.length} `).update(part);
	return hash.digest("base64");
}
