/** The figures are written by the server; this keeps the line to it in sight, as on every other page. */
import "../elements/all.js";
import { start } from "../core/app.js";

start();
