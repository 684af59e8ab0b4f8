import {
	aesDecryptGCM,
	aesEncryptGCM,
	Curve,
	hkdf,
	KEY_BUNDLE_TYPE,
	NOISE_MODE,
	NOISE_WA_HEADER,
	proto,
	sha256,
	WA_CERT_DETAILS,
} from "baileys";
import { randomBytes } from "node:crypto";

const NOTHING = Buffer.alloc(0);
const { Details } = proto.CertChain.NoiseCertificate;

/** @param {number} counter */
function nonce(counter) {
	const iv = Buffer.alloc(12);
	iv.writeUInt32BE(counter, 8);
	return iv;
}

/** A chain that Baileys accepts: it compares the issuer's serial, and ignores what the signatures verify to. */
const CERTIFICATES = certificates();

function certificates() {
	const details = Details.encode({
		serial: 1,
		issuerSerial: WA_CERT_DETAILS.SERIAL,
		key: Curve.generateKeyPair().public,
	}).finish();
	const certificate = { details, signature: randomBytes(64) };
	return proto.CertChain.encode({ leaf: certificate, intermediate: certificate }).finish();
}

/** The server's half of Noise_XX_25519_AESGCM_SHA256: `answer` the hello, `accept` the finish, then `seal` and `open`. */
export class Noise {
	/** @type {Buffer} */
	#hash = Buffer.from(NOISE_MODE);
	#salt = this.#hash;
	#key = this.#hash;
	#counter = 0;
	#read = { key: NOTHING, counter: 0 };
	#write = { key: NOTHING, counter: 0 };
	#static = Curve.generateKeyPair();
	#ephemeral = Curve.generateKeyPair();

	/** @param {Uint8Array} data */
	#mixHash(data) {
		this.#hash = sha256(Buffer.concat([this.#hash, data]));
	}

	/** @param {Uint8Array} data */
	#expand(data) {
		const bytes = Buffer.from(hkdf(data, 64, { salt: this.#salt, info: "" }));
		return [bytes.subarray(0, 32), bytes.subarray(32)];
	}

	/** @param {Uint8Array} shared */
	#mixKey(shared) {
		[this.#salt, this.#key] = this.#expand(shared);
		this.#counter = 0;
	}

	/** @param {Uint8Array} plain */
	#encrypt(plain) {
		const sealed = aesEncryptGCM(plain, this.#key, nonce(this.#counter++), this.#hash);
		this.#mixHash(sealed);
		return sealed;
	}

	/** @param {Uint8Array} sealed */
	#decrypt(sealed) {
		const plain = aesDecryptGCM(sealed, this.#key, nonce(this.#counter++), this.#hash);
		this.#mixHash(sealed);
		return plain;
	}

	/**
	 * @param {Uint8Array} frame the client's hello
	 * @returns {Uint8Array} the server's hello
	 */
	answer(frame) {
		const theirs = /** @type {Uint8Array} */ (proto.HandshakeMessage.decode(frame).clientHello?.ephemeral);
		const own = this.#ephemeral;
		for (const part of [NOISE_WA_HEADER, theirs, own.public]) this.#mixHash(part);
		this.#mixKey(Curve.sharedKey(own.private, theirs));
		const encryptedStatic = this.#encrypt(this.#static.public);
		this.#mixKey(Curve.sharedKey(this.#static.private, theirs));
		const payload = this.#encrypt(CERTIFICATES);
		const serverHello = { ephemeral: own.public, static: encryptedStatic, payload };
		return proto.HandshakeMessage.encode({ serverHello }).finish();
	}

	/**
	 * @param {Uint8Array} frame the client's finish
	 * @returns {{ noiseKey: Buffer, payload: proto.ClientPayload }}
	 */
	accept(frame) {
		const finish = /** @type {any} */ (proto.HandshakeMessage.decode(frame).clientFinish);
		const noiseKey = this.#decrypt(finish.static);
		this.#mixKey(Curve.sharedKey(this.#ephemeral.private, noiseKey));
		const payload = proto.ClientPayload.decode(this.#decrypt(finish.payload));
		[this.#read.key, this.#write.key] = this.#expand(NOTHING);
		return { noiseKey, payload };
	}

	/** @param {Uint8Array} plain */
	seal(plain) {
		return aesEncryptGCM(plain, this.#write.key, nonce(this.#write.counter++), NOTHING);
	}

	/** @param {Uint8Array} sealed */
	open(sealed) {
		return aesDecryptGCM(sealed, this.#read.key, nonce(this.#read.counter++), NOTHING);
	}
}

/**
 * libsignal wants public keys with their type in front.
 * @param {Uint8Array} key
 */
export const typed = (key) => (key.length === 33 ? Buffer.from(key) : Buffer.concat([KEY_BUNDLE_TYPE, key]));
