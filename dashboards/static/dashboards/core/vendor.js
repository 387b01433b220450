/** The vendored packages under one name each, so that a new version changes this file only. */
export { html, nothing, render, svg } from "../../vendor/lit-html-3.3.3/lit-html.js";
export { classMap } from "../../vendor/lit-html-3.3.3/directives/class-map.js";
export { live } from "../../vendor/lit-html-3.3.3/directives/live.js";
export { repeat } from "../../vendor/lit-html-3.3.3/directives/repeat.js";
