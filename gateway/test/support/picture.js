import { inflateSync } from "node:zlib";
import decodeQR from "qr/decode.js";

const PREFIX = "data:image/png;base64,";

/**
 * What a camera sees in a picture of the gateway: greyscale of one bit, rows without a filter.
 * @param {string} picture a data URL
 * @returns {string}
 */
export function codeIn(picture) {
	if (!picture?.startsWith(PREFIX)) throw new Error(`no picture: ${picture}`);
	const png = Buffer.from(picture.slice(PREFIX.length), "base64");
	const [width, height, depth] = [png.readUInt32BE(16), png.readUInt32BE(20), png[24]];
	if (depth !== 1) throw new Error(`a depth of ${depth}`);
	const rows = inflateSync(Buffer.concat(chunks(png, "IDAT")));
	const stride = 1 + Math.ceil(width / 8);
	const data = new Uint8Array(width * height * 4);
	for (let y = 0; y < height; y++)
		for (let x = 0; x < width; x++) {
			const white = rows[y * stride + 1 + (x >> 3)] & (0x80 >> (x & 7));
			data.fill(white ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3);
			data[(y * width + x) * 4 + 3] = 255;
		}
	return decodeQR({ width, height, data });
}

/**
 * @param {Buffer} png
 * @param {string} wanted
 */
function chunks(png, wanted) {
	const found = [];
	for (let at = 8; at < png.length; ) {
		const length = png.readUInt32BE(at);
		if (png.toString("latin1", at + 4, at + 8) === wanted) found.push(png.subarray(at + 8, at + 8 + length));
		at += 12 + length;
	}
	return found;
}
