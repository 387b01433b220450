/** Short messages at the foot of the page; `<toast-list>` shows them, any module sends them. */

/** Show a line; with `action` (`{label, run}`) it carries a button, usually the undo. `kind`: "", "done", "refused". */
export function showToast(text, { kind = "", seconds = 6, action = null } = {}) {
  const detail = { id: ++count, text, kind, seconds, action };
  document.dispatchEvent(new CustomEvent("toast", { detail }));
  return detail.id;
}
let count = 0;

/** Take a line away before its time. */
export function dropToast(id) {
  document.dispatchEvent(new CustomEvent("toast-drop", { detail: id }));
}
