// The keyboard stays in the widget around: its keys, and its focus when what had it is taken away.
//
// JupyterLab listens to keys at the document, after the body. Where the focus falls to the body, as it does when the
// element that has it is removed or disabled, the next letter is a command to the notebook: X cuts a cell.

const OURS = ":has(> .tw-unseen)";
const STOPS = "button, input, select, textarea, summary, a[href], [tabindex='0']";
const UNMADE = "[class='lm-Widget'], [class='p-Widget']"; // what ipywidgets holds the place of a view with
const ROW = "tw-row-"; // begins the class that names a row of a list, whichever view draws it

const nameOf = (row) => Array.from(row?.classList ?? []).find((name) => name.startsWith(ROW));
const canTake = (stop) => !stop.disabled && stop.checkVisibility();

/** All widgets of ours around the element, the innermost first. */
function widgetsAround(element) {
  const found = [];
  for (let ours = element.closest(OURS); ours; ours = ours.parentElement?.closest(OURS)) found.push(ours);
  return found;
}

/** Where an element is, to be found again when it is gone: the elements around it, its row in a list, its label. */
function placeOf(element) {
  const around = [];
  for (let one = element.parentElement; one; one = one.parentElement) around.push(one);
  const row = element.closest(`[class*='${ROW}']`);
  const number = row ? Array.from(row.parentElement.children).indexOf(row) : -1;
  return { element, around, list: row?.parentElement, name: nameOf(row), number, label: element.title };
}

/** What takes the focus of a row's element: the same one of that row, else of the row in its place, else what follows. */
function successor({ list, name, number, label }) {
  const rows = Array.from(list.children).filter(nameOf);
  const same = rows.find((row) => nameOf(row) === name);
  const row = same ?? rows[Math.min(number, rows.length - 1)];
  if (row) {
    const stop = Array.from(row.querySelectorAll(STOPS)).find((one) => one.title === label && canTake(one));
    return (label && stop) || row; // as at the end of a list: the row itself, so that one more Enter does nothing
  }
  const stops = Array.from(widgetsAround(list).at(-1).querySelectorAll(STOPS)).filter(canTake);
  const isAfter = (stop) => list.compareDocumentPosition(stop) & Node.DOCUMENT_POSITION_FOLLOWING;
  return stops.find(isAfter) ?? stops.at(-1) ?? list;
}

function focus(element) {
  if (!element.matches(STOPS)) element.tabIndex = -1;
  element.focus({ preventScroll: !element.matches(STOPS) });
}

function render({ el }) {
  // Looked up with each key: when this runs, `el` is not in its place yet.
  const around = () => el.closest(".tw-unseen")?.parentElement;
  const stop = new AbortController(); // ends every listener at once
  let place = null; // of what has the focus, or had it when it was taken away
  let holder = null; // has the focus until the one that is to have it is made

  /** The focus of the element was lost, not given to another one. */
  const isLost = () => {
    const now = document.activeElement;
    if (holder) return now === holder;
    const isGone = !place.element.isConnected || place.element.disabled;
    return isGone && (now === place.element || now === document.body || !now);
  };
  const look = () => {
    if (!place || !isLost()) return;
    const { element, list } = place;
    if (element.isConnected && canTake(element)) {
      holder = null;
      return focus(element); // was disabled for a while
    }
    const home = list?.isConnected ? list : place.around.find((one) => one.isConnected);
    if (!home || !widgetsAround(home).length) return forget();
    const isReady = list === home && !list.querySelector(UNMADE);
    if (isReady) {
      const next = successor(place);
      holder = null;
      return focus(next);
    }
    // At once: between this and the next look there may be a key.
    if (holder === home) return;
    holder = home;
    focus(home);
  };
  const observer = new MutationObserver(look);
  const forget = () => {
    place = holder = null;
    observer.disconnect();
  };
  const remember = (element) => {
    forget();
    const widgets = widgetsAround(element);
    if (!widgets.length || widgets[0] !== around()) return; // another one of ours looks after it
    place = placeOf(element);
    observer.observe(widgets.at(-1), { subtree: true, childList: true, attributeFilter: ["disabled"] });
  };

  const listen = (name, task) => document.body.addEventListener(name, task, { signal: stop.signal });
  listen("keydown", (event) => {
    if (!around()?.contains(event.target)) return;
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !(event.shiftKey && event.key === "Enter");
    if (isPlain) event.stopPropagation();
    // A key that is held presses a button once: by now the focus may be on the next row's.
    if (event.repeat && event.key === "Enter" && event.target.matches(`[class*='${ROW}'] button`)) event.preventDefault();
  });
  listen("focusin", (event) => {
    if (event.target !== holder) remember(event.target);
  });
  listen("pointerdown", (event) => {
    if (!place?.element.contains(event.target)) forget();
  });
  return () => {
    forget();
    stop.abort();
  };
}

export default { render };
