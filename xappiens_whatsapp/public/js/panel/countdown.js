/** Seconds in words until a moment, in one element; one at a time. */
export class Countdown {
	constructor(lifetime, place, now) {
		Object.assign(this, { lifetime, place, now });
	}

	/** `words(seconds left)` once a second until `moment` (milliseconds), then `done`. */
	run(moment, words, done) {
		const milliseconds = moment - this.now();
		const left = Math.ceil(milliseconds / 1000);
		if (left <= 0) return done();
		this.place.textContent = words(left);
		const next = milliseconds / 1000 - (left - 1);
		return this.lifetime.after("countdown", next, () => this.run(moment, words, done));
	}

	stop(words = "") {
		this.lifetime.cancel("countdown");
		this.place.textContent = words;
	}
}
