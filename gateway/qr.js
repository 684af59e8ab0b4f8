import { crc32, deflateSync } from "node:zlib";
import encodeQR from "qr";

const PIXELS = 6;
const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const GREYSCALE_OF_ONE_BIT = [1, 0, 0, 0, 0];

/** @param {string} text @returns {string} a PNG of about a kilobyte as a data URL */
export function qrPicture(text) {
	const modules = encodeQR(text, "raw", { ecc: "low", border: 4 });
	return `data:image/png;base64,${png(modules).toString("base64")}`;
}

/** @param {boolean[][]} modules true is black */
function png(modules) {
	const size = modules.length * PIXELS;
	const header = Buffer.alloc(8);
	header.writeUInt32BE(size, 0);
	header.writeUInt32BE(size, 4);
	const rows = modules.flatMap((row) => Array(PIXELS).fill(scanline(row, size)));
	const parts = [
		chunk("IHDR", Buffer.concat([header, Buffer.from(GREYSCALE_OF_ONE_BIT)])),
		chunk("IDAT", deflateSync(Buffer.concat(rows))),
		chunk("IEND", Buffer.alloc(0)),
	];
	return Buffer.concat([SIGNATURE, ...parts]);
}

/** @param {boolean[]} row @param {number} size */
function scanline(row, size) {
	const line = Buffer.alloc(1 + Math.ceil(size / 8));
	for (let x = 0; x < size; x++) if (!row[Math.floor(x / PIXELS)]) line[1 + (x >> 3)] |= 0x80 >> (x & 7);
	return line;
}

/** @param {string} name @param {Buffer} data */
function chunk(name, data) {
	const body = Buffer.concat([Buffer.from(name), data]);
	const frame = Buffer.alloc(8);
	frame.writeUInt32BE(data.length, 0);
	frame.writeUInt32BE(crc32(body), 4);
	return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
