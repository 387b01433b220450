/** What the checks of the trust page mean. Pure: no document, no network. */

/**
 * Return the name of the result that the page shows.
 *
 * Over the plain page only the connection can be tried. Over https a person may have clicked a
 * warning away: then the page counts as a secure context, but a service worker is still refused.
 */
export function verdict({ isPlain, isSecureContext, isReached, worker }) {
  if (isPlain) return isReached ? "ready" : "untrusted";
  if (!isReached) return "unreachable";
  if (!isSecureContext || worker === "refused") return "untrusted";
  return worker === "missing" ? "no-worker" : "trusted";
}

/** Return what the device tells the server of itself; null where the checks prove nothing. */
export function report(result) {
  return { trusted: true, untrusted: false }[result] ?? null;
}

/** Return whose steps to unfold. */
export function platform(userAgent, touchPoints = 0) {
  if (/HarmonyOS|OpenHarmony/i.test(userAgent)) return "harmony";
  if (/Android/i.test(userAgent)) return "android";
  if (/iPhone|iPad|iPod/i.test(userAgent)) return "ios";
  if (/Macintosh/i.test(userAgent) && touchPoints > 1) return "ios"; // an iPad calls itself a Mac
  return /Windows/i.test(userAgent) ? "windows" : "other";
}
