import assert from "node:assert/strict";
import { test } from "node:test";
import { Curve } from "baileys";
import libsignal from "libsignal";
import { rememberSignatures } from "../../sessions/signatures.js";

const { curve } = /** @type {any} */ (libsignal);

test("a signature is checked once, and each of its parts counts", () => {
	const pair = Curve.generateKeyPair();
	const [message, other] = [Buffer.from("message"), Buffer.from("other")];
	const signature = Curve.sign(pair.private, message);
	const checked = /** @type {unknown[]} */ ([]);
	// Baileys' own drops libsignal's answer: every 64 bytes are a signature to it
	Curve.verify = (key, text, seal) => {
		checked.push([key, text, seal]);
		return seal.length === 64 && curve.verifySignature(Buffer.from([5, ...key]), text, seal);
	};
	rememberSignatures();
	for (let round = 0; round < 3; round++) {
		assert.equal(Curve.verify(pair.public, message, signature), true);
		assert.equal(Curve.verify(pair.public, message, signature.subarray(1)), false);
	}
	assert.equal(checked.length, 2);
	assert.equal(Curve.verify(pair.public, other, signature), false);
	assert.equal(Curve.verify(Curve.generateKeyPair().public, message, signature), false);
	assert.equal(checked.length, 4);
	assert.equal(Curve.verify(pair.public, message, signature), true);
});
