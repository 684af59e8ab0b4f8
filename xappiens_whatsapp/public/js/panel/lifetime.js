/** How many timers and listeners of the app are running on this page. */
export const live = { timers: 0, listeners: 0 };

/** Timers and listeners of one owner; counted in `live`, released together. */
export class Lifetime {
	constructor() {
		this.timers = new Map();
		this.removers = [];
	}

	after(name, seconds, action) {
		this.cancel(name);
		const timer = setTimeout(() => {
			this.cancel(name);
			action();
		}, seconds * 1000);
		this.timers.set(name, timer);
		live.timers += 1;
	}

	cancel(name) {
		if (!this.timers.has(name)) return;
		clearTimeout(this.timers.get(name));
		this.timers.delete(name);
		live.timers -= 1;
	}

	listen(target, event, handler) {
		const [add, remove] = target instanceof EventTarget
			? ["addEventListener", "removeEventListener"]
			: ["on", "off"];
		target[add](event, handler);
		this.removers.push(() => target[remove](event, handler));
		live.listeners += 1;
	}

	release() {
		[...this.timers.keys()].forEach((name) => this.cancel(name));
		live.listeners -= this.removers.length;
		this.removers.splice(0).forEach((remove) => remove());
	}
}
