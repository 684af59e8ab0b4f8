// What every script of the app stands on, in the desk and on the pairing page: timers and listeners that end, elements.
(() => {
	const whatsapp = (window.xappiens_whatsapp = window.xappiens_whatsapp || {});
	whatsapp.live = whatsapp.live || { timers: 0, listeners: 0 };

	/** Timers and listeners of one owner; counted in `live`, released together. */
	whatsapp.Lifetime = class Lifetime {
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
			whatsapp.live.timers += 1;
		}

		cancel(name) {
			if (!this.timers.has(name)) return;
			clearTimeout(this.timers.get(name));
			this.timers.delete(name);
			whatsapp.live.timers -= 1;
		}

		listen(target, event, handler) {
			const [add, remove] = target instanceof EventTarget
				? ["addEventListener", "removeEventListener"]
				: ["on", "off"];
			target[add](event, handler);
			this.removers.push(() => target[remove](event, handler));
			whatsapp.live.listeners += 1;
		}

		release() {
			[...this.timers.keys()].forEach((name) => this.cancel(name));
			whatsapp.live.listeners -= this.removers.length;
			this.removers.splice(0).forEach((remove) => remove());
		}
	};

	/** An element with attributes and children; text only ever becomes text. */
	whatsapp.element = (tag, attributes = {}, ...children) => {
		const element = document.createElement(tag);
		Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
		element.append(...children);
		return element;
	};
})();
