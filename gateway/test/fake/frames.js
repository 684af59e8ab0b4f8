import { NOISE_WA_HEADER } from "baileys";

/**
 * A frame as both sides write it: three bytes of length, then the payload.
 * @param {Uint8Array} payload
 */
export function frame(payload) {
	const head = Buffer.alloc(3);
	head.writeUIntBE(payload.length, 0, 3);
	return Buffer.concat([head, payload]);
}

/** Takes the client's bytes and gives whole frames, without what stands before the first one. */
export class FrameReader {
	#bytes = Buffer.alloc(0);
	#introduced = false;

	/**
	 * @param {Buffer} bytes
	 * @returns {Generator<Buffer>}
	 */
	*push(bytes) {
		this.#bytes = Buffer.concat([this.#bytes, bytes]);
		if (!this.#introduced) this.#introduction();
		while (this.#bytes.length >= 3) {
			const end = 3 + this.#bytes.readUIntBE(0, 3);
			if (this.#bytes.length < end) return;
			const payload = this.#bytes.subarray(3, end);
			this.#bytes = this.#bytes.subarray(end);
			yield payload;
		}
	}

	/** Every client opens with `WA 06 03`; after its first login `ED 00 01`, a length and its routing come before. */
	#introduction() {
		let start = 0;
		if (this.#bytes.toString("latin1", 0, 2) === "ED") start = 7 + this.#bytes.readUIntBE(4, 3);
		const end = start + NOISE_WA_HEADER.length;
		if (!this.#bytes.subarray(start, end).equals(NOISE_WA_HEADER)) throw new Error("not a WhatsApp client");
		this.#bytes = this.#bytes.subarray(end);
		this.#introduced = true;
	}
}
