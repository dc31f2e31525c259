// Names what ipywidgets leaves nameless: it puts the tooltip of a box without a description where no screen reader looks,
// tells nothing of a slider's handles, and has the glyph of an icon read as a part of its button's name.

const ours = (kinds) => `.tw-unseen ~ :is(${kinds}), .tw-unseen ~ * :is(${kinds})`;
const KINDS = 'input, select, textarea, [role="slider"], .widget-readout[contenteditable="true"]';
const CONTROLS = ours(KINDS);
const ICONS = ours("button > i:not([aria-hidden])");
const NEW = `${KINDS}, button, i`;
const ENDS = [", low end", ", high end"];

/** What a control is called, by the first of these words that tell something; "" where none does. */
export function nameOf(words, end = "") {
  // A box that asks for nothing has a placeholder of no width; ipywidgets writes that there is no tooltip as "null".
  const name = words.map((text) => (text ?? "").replace(/\u200b/g, "").trim()).find((text) => text && text !== "null");
  return name ? name + end : "";
}

function told(control) {
  const around = control.closest(".jupyter-widgets");
  const label = around?.querySelector(":scope > label");
  const handles = control.role === "slider" ? [...around.querySelectorAll('[role="slider"]')] : [];
  const end = handles.length === 2 ? ENDS[handles.indexOf(control)] : control.matches(".widget-readout") ? ", typed" : "";
  return nameOf([label?.textContent, control.title, label?.title, control.placeholder, around?.title], end);
}

function nameAll() {
  for (const control of document.querySelectorAll(CONTROLS)) {
    if (control.ariaLabel && !("named" in control.dataset)) continue; // by who made it
    const name = told(control);
    if (!name || control.ariaLabel === name) continue;
    control.dataset.named = "";
    control.ariaLabel = name;
    if (control.matches(".widget-readout")) control.role = "textbox";
  }
  for (const icon of document.querySelectorAll(ICONS)) icon.ariaHidden = "true";
}

let views = 0;
let asked = 0;
function soon() {
  asked ||= requestAnimationFrame(() => {
    asked = 0;
    nameAll();
  });
}
// Plots that move, rows that are scrolled and texts that change need nothing, and come with every frame.
const brings = (node) => node instanceof HTMLElement && (node.matches(NEW) || node.querySelector(NEW));
const matters = ({ type, target, addedNodes }) =>
  type === "attributes" || target.matches("label") || [...addedNodes].some(brings);
const observer = new MutationObserver((changes) => {
  if (changes.some(matters)) soon();
});

function render() {
  if (views++ === 0) {
    observer.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["title"] });
  }
  soon();
  return () => {
    if (--views === 0) observer.disconnect();
  };
}

export default { render };
