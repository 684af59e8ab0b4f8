/** An element with attributes and children; text only ever becomes text. */
export const element = (tag, attributes = {}, ...children) => {
	const made = document.createElement(tag);
	Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
	made.append(...children);
	return made;
};
