/** The technical faults that a site was told of and that last: from the board, then event by event. Pure. */

/** Return the set of codes after `event`; the same set when the event is about something else. */
export function changedFaults(faults, { event_type: type, payload }) {
  const code = payload?.code;
  if (type === "technical.raised") return new Set([...faults, code]);
  return type === "technical.cleared" ? new Set([...faults].filter((one) => one !== code)) : faults;
}
