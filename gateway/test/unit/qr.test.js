import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32, inflateSync } from "node:zlib";
import encodeQR from "qr";
import { qrPicture } from "../../qr.js";

const TEXT = `https://wa.me/settings/linked_devices#${"2@abcDEF/+=".repeat(20)},1`;
const PIXELS = 6;

/** @param {string} url a PNG of one bit, read by its specification @returns {boolean[][]} black pixels */
function pixels(url) {
	const png = Buffer.from(url.slice("data:image/png;base64,".length), "base64");
	const chunks = chunksOf(png.subarray(8));
	const [width, height, depth, colour] = [
		chunks.IHDR.readUInt32BE(0),
		chunks.IHDR.readUInt32BE(4),
		chunks.IHDR[8],
		chunks.IHDR[9],
	];
	assert.deepEqual(
		[png.subarray(0, 8).toString("hex"), depth, colour, width],
		["89504e470d0a1a0a", 1, 0, height],
	);
	const raw = inflateSync(chunks.IDAT);
	const stride = 1 + Math.ceil(width / 8);
	assert.equal(raw.length, stride * height);
	return Array.from({ length: height }, (_row, y) => {
		assert.equal(raw[y * stride], 0);
		return Array.from(
			{ length: width },
			(_column, x) => ((raw[y * stride + 1 + (x >> 3)] >> (7 - (x & 7))) & 1) === 0,
		);
	});
}

/** @param {Buffer} rest @returns {Record<string, Buffer>} */
function chunksOf(rest) {
	/** @type {Record<string, Buffer>} */
	const chunks = {};
	while (rest.length) {
		const length = rest.readUInt32BE(0);
		const body = rest.subarray(4, 8 + length);
		assert.equal(rest.readUInt32BE(8 + length), crc32(body));
		chunks[body.subarray(0, 4).toString()] = body.subarray(4);
		rest = rest.subarray(12 + length);
	}
	return chunks;
}

test("the picture has every module of the code, six pixels wide, with its quiet zone", () => {
	const modules = encodeQR(TEXT, "raw", { ecc: "low", border: 4 });
	const shown = pixels(qrPicture(TEXT));
	assert.equal(shown.length, modules.length * PIXELS);
	for (const [y, row] of shown.entries()) {
		for (const [x, black] of row.entries())
			assert.equal(black, modules[Math.floor(y / PIXELS)][Math.floor(x / PIXELS)]);
	}
	assert.ok(
		shown
			.slice(0, 4 * PIXELS)
			.flat()
			.every((black) => !black),
	);
});

test("two codes have two pictures, each of about a kilobyte", () => {
	const [one, other] = [qrPicture(TEXT), qrPicture(`${TEXT}x`)];
	assert.notEqual(one, other);
	assert.ok(one.length < 4000, String(one.length));
});
