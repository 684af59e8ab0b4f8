/** "+34600000001", with or without the plus that it came with; "…001" stays as it is; "" for none. */
export const phone = (number) => String(number || "").replace(/^(?=\d)/, "+");
