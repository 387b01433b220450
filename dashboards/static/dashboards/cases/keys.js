/** What a key does on the worklist, as plain functions over key, target and position. */

const TYPING = new Set(["INPUT", "SELECT", "TEXTAREA"]);
const ACTS = { j: "next", k: "previous", x: "tick", "/": "search", "?": "legend", Enter: "open" };

/** Say whether the reader is typing here, so that letters are letters; a check box takes no letters. */
export function isTyping(target) {
  if (!target) return false;
  if (target.isContentEditable) return true;
  return TYPING.has(target.tagName) && !["checkbox", "radio"].includes(target.type);
}

/** Return what a key press asks for; null for keys that are the browser's, or while typing. */
export function actOf({ key, ctrlKey = false, altKey = false, metaKey = false, isComposing = false, target = null }) {
  if (ctrlKey || altKey || metaKey || isComposing || isTyping(target)) return null;
  return Object.hasOwn(ACTS, key) ? ACTS[key] : null;
}

/** Return the line to go to from `at` (-1: none yet) among `count`; the ends hold. */
export function moved(act, at, count) {
  if (count === 0) return -1;
  const step = act === "next" ? 1 : -1;
  return Math.min(Math.max(at + step, 0), count - 1);
}

/** Say what the box over all shows for `ticked` of `count` lines. */
export function overall(ticked, count) {
  return { checked: count > 0 && ticked === count, indeterminate: ticked > 0 && ticked < count };
}
