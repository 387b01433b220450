/** Registers every element of the product. */
import "./due-timer.js";
import "./help-button.js";
import "./link-state.js";
import "./scan-field.js";
import "./sound-arm.js";
import "./toast-list.js";
