import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff, decide } from "../../sessions/policy.js";
import { scaled } from "../../sessions/times.js";

const TIMES = scaled(1);
const middle = () => 0.5;

/** @param {Partial<import("../../sessions/policy.js").Ending>} ending @returns {any} */
function verdict(ending) {
	return decide(
		{ code: 428, why: "cut", paired: true, tries: 0, alike: 1, newerTried: false, ...ending },
		TIMES,
		middle,
	);
}

for (const [code, reason, forget] of /** @type {const} */ ([
	[401, "logged_out", true],
	[403, "banned", false],
	[411, "multidevice_mismatch", false],
	[440, "replaced", false],
	[463, "restricted", false],
])) {
	for (const why of ["stream", "failure"]) {
		test(`a paired session that ends with ${code} by ${why} is down as ${reason}, pairing ${forget ? "gone" : "kept"}`, () => {
			for (const tries of [0, 1, 50])
				assert.deepEqual(verdict({ code, why, tries }), { act: "down", code, reason, forget });
		});
	}
}

for (const [code, why, reason] of /** @type {const} */ ([
	[408, "lost", "connection_lost"],
	[408, "stream", "connection_lost"],
	[428, "cut", "connection_lost"],
	[429, "stream", "rate_limited"],
	[500, "stream", "bad_session"],
	[500, "crash", "internal_error"],
	[503, "failure", "service_unavailable"],
	[418, "stream", "connection_lost"],
])) {
	test(`a paired session that ends with ${code} by ${why} comes back by itself as ${reason}`, () => {
		assert.deepEqual(verdict({ code, why }), { act: "again", after: 1000, code, reason });
	});
}

for (const [code, why] of /** @type {const} */ ([
	[408, "network"],
	[408, "silence"],
	[403, "http"],
	[405, "http"],
	[429, "http"],
	[503, "http"],
	[401, "http"],
])) {
	test(`${code} by ${why} is never final for a paired session: WhatsApp itself said nothing`, () => {
		assert.deepEqual(verdict({ code, why }), {
			act: "again",
			after: 1000,
			code: 408,
			reason: "whatsapp_unreachable",
		});
	});
	test(`${code} by ${why} ends an unpaired session after two more tries`, () => {
		const acts = [0, 1, 2].map((tries) => verdict({ code, why, tries, paired: false }));
		assert.deepEqual(
			acts.map(({ act, after }) => [act, after]),
			[
				["again", 2000],
				["again", 5000],
				["down", undefined],
			],
		);
		assert.deepEqual(acts[2], { act: "down", code: 408, reason: "whatsapp_unreachable", forget: true });
	});
}

test("the three meanings of 408 have three words", () => {
	const words = ["refs", "network", "lost"].map(
		(why) => verdict({ code: 408, why, paired: why === "lost", tries: 9 }).reason,
	);
	assert.deepEqual(words, ["qr_timeout", "whatsapp_unreachable", "connection_lost"]);
});

test("515 is a new socket at once, thrice; then it is a loss like any other", () => {
	assert.deepEqual(
		[1, 2, 3].map((alike) => verdict({ code: 515, why: "stream", alike, tries: 7 }).act),
		["restart", "restart", "restart"],
	);
	assert.deepEqual(verdict({ code: 515, why: "stream", alike: 4 }), {
		act: "again",
		after: 1000,
		code: 515,
		reason: "restart_required",
	});
});

test("500 three times in a short time is left alone, with its pairing", () => {
	assert.equal(verdict({ code: 500, why: "stream", alike: 2 }).act, "again");
	assert.deepEqual(verdict({ code: 500, why: "stream", alike: 3 }), {
		act: "down",
		code: 500,
		reason: "bad_session",
		forget: false,
	});
});

test("405 looks for a newer version once", () => {
	assert.deepEqual(verdict({ code: 405, why: "failure" }), { act: "newer" });
	assert.deepEqual(verdict({ code: 405, why: "failure", newerTried: true }), {
		act: "down",
		code: 405,
		reason: "client_outdated",
		forget: false,
	});
});

test("backoff doubles from one second to a minute, a quarter more or less", () => {
	assert.deepEqual(
		[0, 1, 2, 5, 6, 1000].map((tries) => backoff(tries, TIMES, middle)),
		[1000, 2000, 4000, 32000, 60000, 60000],
	);
	assert.deepEqual([backoff(0, TIMES, () => 0), backoff(9, TIMES, () => 1)], [750, 75000]);
});
