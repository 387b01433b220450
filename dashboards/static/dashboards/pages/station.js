/** The vaccination station: check the planned dose before the needle, record the given one after it. */
import { html, nothing, render } from "../core/vendor.js";
import { problemText } from "../core/api.js";
import { named, t } from "../core/i18n.js";
import { config, floor, post } from "./floor.js";

const mount = document.querySelector("[data-page=station]");
const form = { lots: [], stops: [], verdict: null, last: null, station: localStorage.getItem("station") ?? "1" };

async function load() {
  const [lots, stations] = await Promise.all([floor.fetch(`sites/${config.site}/lots/`), floor.fetch(`sites/${config.site}/stations/`)]);
  form.lots = lots ?? [];
  form.stops = (stations ?? []).filter((one) => one.stopped_at);
  paint();
}

async function check(event) {
  const lot = form.lots.find((one) => one.uuid === event.target.value);
  if (!lot) return;
  const answer = await post(`sites/${config.site}/dose-checks/`, { vaccine: lot.vaccine, lot: lot.number, station: form.station });
  form.verdict = answer.ok ? { go: true } : { go: false, text: problemText(answer.problem) };
  paint();
}

function submit(event) {
  event.preventDefault();
  const data = Object.fromEntries(new FormData(event.target));
  const lot = form.lots.find((one) => one.uuid === data.lot);
  const body = {
    uuid: floor.newKey(),
    station: data.station,
    recipient: { name: data.name, born_on: data.born_on || null, sex: data.sex, document_kind: data.document_number ? "id_card" : "none", document_number: data.document_number, group_name: data.group_name, risks: data.risk ? [data.risk] : [], guardian_consent: data.guardian_consent === "on" },
    party_label: data.party_label,
    doses: [{ uuid: floor.newKey(), vaccine: lot?.vaccine ?? "", lot: lot?.number ?? data.lot_as_written ?? "", dose_number: data.dose_number ? Number(data.dose_number) : null, route: data.route, body_site: data.body_site, given_at: new Date(floor.now()).toISOString() }],
  };
  localStorage.setItem("station", (form.station = data.station));
  floor.command(t("Dose of {name}", { name: data.name || t("walk-in") }), `sites/${config.site}/observations/`, body).then((answer) => {
    form.last = answer;
    paint();
  });
  event.target.reset();
}

function options(pairs) {
  return pairs.map(([value, word]) => html`<option value=${value}>${word}</option>`);
}

function verdict() {
  if (!form.verdict) return nothing;
  return form.verdict.go
    ? html`<p class="banner banner-good">${t("The lot may be used.")}</p>`
    : html`<p class="banner banner-stop" role="alert">${t("STOP before the needle:")} ${form.verdict.text}</p>`;
}

function stopped() {
  const stop = form.stops.find((one) => one.station === form.station.trim());
  if (!stop) return nothing;
  return html`<p class="banner banner-stop" role="alert">${t("STOP: station {name} is stopped. {reason}", { name: stop.station, reason: stop.reason })}
    ${t("Record what was already given; give no further dose.")}</p>`;
}

function rename(event) {
  form.station = event.target.value;
  paint();
}

function lastOne() {
  const visit = form.last?.observations?.[0] ?? form.last;
  if (!visit?.ticket) return nothing;
  return html`<p class="banner banner-good">${t("Ticket")} <b class="digits">#${visit.ticket}</b> ${t("may leave at {time}", { time: floor.timeText(Date.parse(visit.due_at)) })}
    ${visit.namesakes?.length ? html`<b class="flag">${t("namesake: check the birth date")}</b>` : nothing}</p>`;
}

function late() {
  const now = floor.now();
  const rows = [...floor.state.tiles.values()].filter((tile) => tile.endedAt === null && !tile.seat && now - tile.startedAt > 180_000);
  if (!rows.length) return nothing;
  return html`<p class="banner banner-warning">${t("Not seated for 3 minutes: {list}", { list: rows.map((tile) => `#${tile.ticket}`).join(", ") })}</p>`;
}

function paint() {
  render(
    html`${stopped()} ${late()} ${lastOne()}
      <form class="card station" @submit=${submit}><h1>${t("Record a dose")}</h1>
        <label>${t("Station")} <input name="station" .value=${form.station} @input=${rename} required maxlength="20"></label>
        <label>${t("Vaccine and lot")} <select name="lot" @change=${check} required><option value="">–</option>
          ${form.lots.map((lot) => html`<option value=${lot.uuid}>${named(lot, "vaccine_name")} · ${lot.number}${lot.held_at ? ` · ${t("HELD")}` : ""}</option>`)}</select></label>
        ${verdict()}
        <label>${t("Name")} <input name="name" maxlength="80" autocomplete="off"></label>
        <label>${t("Date of birth")} <input name="born_on" type="date"></label>
        <label>${t("Sex")} <select name="sex">${options([["unknown", t("Not recorded")], ["female", t("Female")], ["male", t("Male")]])}</select></label>
        <label>${t("Document number (may be empty)")} <input name="document_number" maxlength="40" autocomplete="off"></label>
        <label class="choice"><input name="guardian_consent" type="checkbox"> ${t("Guardian agreed to the processing (under 14)")}</label>
        <label>${t("Class or group")} <input name="group_name" maxlength="60"></label>
        <label>${t("Family (same word for all)")} <input name="party_label" maxlength="60"></label>
        <label>${t("Recorded risk")} <select name="risk">${options([["", t("none")], ["earlier_reaction", t("earlier_reaction")], ["allergy", t("allergy")], ["previous_faint", t("previous_faint")]])}</select></label>
        <label>${t("Dose number")} <input name="dose_number" type="number" min="1" max="20" value="1"></label>
        <label>${t("Route")} <select name="route">${options([["im", t("Intramuscular")], ["sc", t("Subcutaneous")], ["id", t("Intradermal")], ["oral", t("Oral")]])}</select></label>
        <label>${t("Site of injection")} <select name="body_site">${options([["left_arm", t("Left upper arm")], ["right_arm", t("Right upper arm")], ["left_thigh", t("Left thigh")], ["right_thigh", t("Right thigh")], ["oral", t("By mouth")]])}</select></label>
        <button class="primary">${t("Dose given now")}</button>
      </form>`,
    mount,
  );
}

floor.onChange(paint);
for (const type of ["lot.held", "lot.released", "station.stopped", "station.resumed"]) floor.onEvent(type, load);
load();
