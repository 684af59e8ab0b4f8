import assert from "node:assert/strict";
import { test } from "node:test";
import { Limits } from "../../http/limits.js";

const START = 1_735_689_600_000;

test("the window is fixed, counts down, refuses, and opens again", () => {
	const limits = new Limits(2);
	const [first, second, third] = [0, 10_000, 59_900].map((later) => limits.count("a", START + later));
	assert.deepEqual([first.allowed, second.allowed, third.allowed], [true, true, false]);
	assert.deepEqual(
		[first, second, third].map(({ headers }) => headers["X-RateLimit-Remaining"]),
		["1", "0", "0"],
	);
	assert.deepEqual(
		[first, third].map(({ headers }) => headers["X-RateLimit-Reset"]),
		["1735689660", "1735689660"],
	);
	assert.deepEqual([first.headers["Retry-After"], third.headers["Retry-After"]], [undefined, "1"]);
	assert.equal(limits.count("a", START + 60_000).headers["X-RateLimit-Remaining"], "1");
});

test("each key has its own window", () => {
	const limits = new Limits(1);
	limits.count("a", START);
	assert.deepEqual([limits.count("a", START).allowed, limits.count("b", START).allowed], [false, true]);
});

test("strangers from many addresses do not fill the memory", () => {
	const limits = new Limits(1);
	for (let number = 0; number < 25_000; number++) limits.count(`address ${number}`, START + number);
	assert.equal(limits.count("address 24999", START + 25_000).allowed, false);
});
