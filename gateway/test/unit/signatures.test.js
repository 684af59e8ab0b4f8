import assert from "node:assert/strict";
import { test } from "node:test";
import { Curve } from "baileys";
import { rememberSignatures } from "../../sessions/signatures.js";

test("a signature is checked once, and each of its parts counts", () => {
	const pair = Curve.generateKeyPair();
	const [message, other] = [Buffer.from("message"), Buffer.from("other")];
	const signature = Curve.sign(pair.private, message);
	const checked = /** @type {unknown[]} */ ([]);
	const verify = Curve.verify;
	Curve.verify = (key, text, seal) => {
		checked.push([key, text, seal]);
		return seal.length === 64 && verify(key, text, seal);
	};
	rememberSignatures();
	for (let round = 0; round < 3; round++) {
		assert.equal(Curve.verify(pair.public, message, signature), true);
		assert.equal(Curve.verify(pair.public, message, signature.subarray(1)), false);
	}
	assert.equal(checked.length, 2);
	Curve.verify(pair.public, other, signature);
	Curve.verify(Curve.generateKeyPair().public, message, signature);
	assert.equal(checked.length, 4);
});
