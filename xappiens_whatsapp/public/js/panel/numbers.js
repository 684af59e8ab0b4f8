/** "+34600000001", with or without the plus that it came with; "" for none. */
export const phone = (number) => (number ? `+${String(number).replace(/^\+/, "")}` : "");
