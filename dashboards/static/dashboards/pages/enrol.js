/** One button turns this browser into a device of the site. */
import "../elements/all.js";
import { problemText, send } from "../core/api.js";
import { config, start } from "../core/app.js";

start();
document.querySelector("[data-enrol]").addEventListener("click", async () => {
  const answer = await send({ path: "/api/v1/devices/enrol/", body: { code: config.code } });
  if (answer.ok) location.assign("/lock/");
  else document.querySelector("[data-error]").textContent = problemText(answer.problem);
});
