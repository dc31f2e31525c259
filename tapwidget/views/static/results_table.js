// The browser's half of ResultsTable (tapwidget/views/results_table.py tells the messages).
//
// It holds one window of texts and draws the rows and columns in sight. Whatever came from a table is put in as
// textContent, title or value, so it never becomes HTML. A position is a place in the order shown, a row number is
// Python's affair. The functions above `render` are pure and tested with `node --test`.

export const ROW_HEIGHT = 24;
export const TALLEST = 15e6; // px; browsers cut an element at about 33e6, and Firefox earlier
const TALL = 420; // px of the grid, unless the widget's layout says how high it is
const ROWS_BESIDE = 30; // asked for above and below what is in sight
const COLUMNS_BESIDE = 6;
const PATIENCE = 400; // ms before the caption says that Python has not answered yet
const ASK_AGAIN = 5000; // ms; an answer can get lost when a kernel restarts
const SETTLED = 200; // ms without drawing
const NARROWEST = 40; // px of a column
const TYPING = 200; // ms of rest before a filter is sent

/** Height of the scrolled body in px: true up to TALLEST, squeezed beyond. */
export const bodyHeight = (rows) => Math.min(rows * ROW_HEIGHT, TALLEST);

/** The position at the top edge, with its fraction, at this scrollTop; `view` is the height in sight in px. */
export function positionAt(scrollTop, rows, view) {
  const furthest = Math.max(0, rows - view / ROW_HEIGHT);
  const way = bodyHeight(rows) - view;
  if (way <= 0) return 0;
  return Math.min(furthest, rows * ROW_HEIGHT <= TALLEST ? scrollTop / ROW_HEIGHT : (scrollTop / way) * furthest);
}

/** The scrollTop that puts this position at the top edge: the inverse of positionAt. */
export function scrollTopOf(position, rows, view) {
  const furthest = Math.max(0, rows - view / ROW_HEIGHT);
  const way = bodyHeight(rows) - view;
  if (way <= 0 || furthest === 0) return 0;
  const wanted = Math.max(0, Math.min(position, furthest));
  return rows * ROW_HEIGHT <= TALLEST ? wanted * ROW_HEIGHT : (wanted / furthest) * way;
}

/** [first, last) of the columns that touch left..right; `edges` are the left edges and at the end the total width. */
export function columnsBetween(edges, left, right) {
  let first = 0;
  while (first < edges.length - 2 && edges[first + 1] <= left) first++;
  let last = first;
  while (last < edges.length - 1 && edges[last] < right) last++;
  return [first, last];
}

/** Does a loaded window hold all of what is needed? Both {first, last, c0, c1}. */
export function covers(loaded, need) {
  if (need.last <= need.first || need.c1 <= need.c0) return true;
  return loaded.first <= need.first && loaded.last >= need.last && loaded.c0 <= need.c0 && loaded.c1 >= need.c1;
}

/** The sort keys after a click on a column: ascending, descending, none; `add` keeps the other keys. */
export function nextSort(keys, name, add) {
  const old = keys.find((key) => key[0] === name);
  const direction = !old ? "ascending" : old[1] === "ascending" ? "descending" : null;
  if (!add) return direction ? [[name, direction]] : [];
  if (!old) return [...keys, [name, direction]];
  return keys.flatMap((key) => (key[0] !== name ? [key] : direction ? [[name, direction]] : []));
}

/** Where a key moves the current row; null when it is not a key that moves. */
export function moved(position, key, rows, page) {
  const to = {
    ArrowUp: position - 1,
    ArrowDown: position + 1,
    PageUp: position - page,
    PageDown: position + page,
    Home: 0,
    End: rows - 1,
  }[key];
  return to === undefined ? null : Math.max(0, Math.min(rows - 1, to));
}

/** [[a, b)] of both ends and all between. */
export const rangeBetween = (one, other) => [[Math.min(one, other), Math.max(one, other) + 1]];

/** The marks ("0110") of positions first.. after a selection was changed in the page, before Python confirms. */
export function marked(marks, first, mode, ranges) {
  return Array.from(marks, (old, i) => {
    const hit = ranges.some(([a, b]) => first + i >= a && first + i < b);
    if (mode === "replace") return hit ? "1" : "0";
    if (!hit) return old;
    return mode === "add" ? "1" : mode === "remove" ? "0" : old === "1" ? "0" : "1";
  }).join("");
}

const count = (n) => n.toLocaleString("en-US");
const rowsOf = (n) => `${count(n)} row${n === 1 ? "" : "s"}`;

/** The line below the table. */
export function caption({ total, shown, selected, selected_shown, only, only_selected }) {
  const kind = !only ? "" : only_selected ? ": only the selected" : `: only the ${count(only)} chosen before`;
  const rows = (shown === total ? rowsOf(total) : `${count(shown)} of ${rowsOf(total)}`) + kind;
  if (!selected || (only_selected && shown === only)) return rows;
  const unseen = selected - selected_shown;
  const why = only ? "not shown" : "filtered out";
  return `${rows}, ${count(selected)} selected${unseen ? ` (${count(unseen)} of them ${why})` : ""}`;
}

/** The names with one moved next to another: before it when it comes from the right, behind it when from the left. */
export function withMoved(names, from, to) {
  const others = names.filter((_, i) => i !== from);
  others.splice(to, 0, names[from]);
  return others;
}

/** What the pointer resting on a column's name tells. */
export function headingTitle({ name, unit, ucd, description, sortable }) {
  const facts = [unit ? `${name} [${unit}]` : name, description, ucd ? `UCD ${ucd}` : ""].filter(Boolean);
  const sorting = sortable ? "Click to sort, shift-click to sort by this as well" : "Arrays cannot be sorted";
  return [...facts, `${sorting}; drag to move it (Alt+arrows), its edge to resize it (Shift+arrows), Delete hides it`].join("\n");
}

export const FILTER_HELP = {
  integer: "15..24, >17, =18, 3,5,7 (any of), !=3,5 (none of), -- (missing), !-- (not missing)",
  float: "15..24, >17, =18.2 (to the digits typed), -- (missing), !-- (not missing)",
  boolean: "true, false, -- (missing)",
  vector: "text it contains, =the whole text, -- (missing), !-- (not missing)",
};
const TEXT_HELP = 'text it contains, =the whole text, r,i (any of), !r,i (none of), "a, b" (with a comma), -- (missing), !-- (not missing)';

function make(tag, className, properties = {}) {
  const { role, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), { className, ...rest });
  if (role) element.setAttribute("role", role);
  return element;
}

/** Put a text onto the clipboard; where the page may not (no https), by a text area that is there for a moment. */
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const focused = document.activeElement;
  const area = make("textarea", "", { value: text, style: "position: fixed" }); // the page need not scroll to it
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus({ preventScroll: true });
  if (!done) throw new Error("refused");
}

function render({ model, el }) {
  const view = `v${Math.random().toString(36).slice(2)}`;
  const stop = new AbortController(); // ends every listener at once
  const timers = new Map();
  const later = (name, ms, task) => {
    clearTimeout(timers.get(name));
    timers.delete(name);
    const run = () => timers.delete(name) && task();
    if (task) timers.set(name, setTimeout(run, ms));
  };
  const listen = (target, name, task) => target.addEventListener(name, task, { signal: stop.signal });
  const send = (type, content = {}) => model.send({ type, view, version: page.version, ...content });

  const notes = make("div", "twt-notes");
  const nothing = make("div", "twt-nothing", { textContent: "No table yet. The rows of a match appear here." });
  const grid = make("div", "twt-grid", { role: "grid", tabIndex: 0 });
  const head = make("div", "twt-head", { role: "rowgroup" });
  const names = make("div", "twt-head-row", { role: "row" });
  const filters = make("div", "twt-head-row", { role: "row" });
  const body = make("div", "twt-body", { role: "rowgroup" });
  const noneLeft = make("div", "twt-none-left");
  const foot = make("div", "twt-foot");
  const status = make("span", "twt-status", { role: "status" });
  const problem = make("span", "twt-problem", { role: "alert" });
  const clear = make("button", "twt-clear", { type: "button", textContent: "Clear filters" });
  head.append(names, filters);
  grid.append(head, body);
  foot.append(status, problem, clear);
  el.classList.add("twt-table");
  el.append(notes, nothing, grid, foot);
  grid.setAttribute("aria-label", "Table of results");
  names.setAttribute("aria-rowindex", 1);
  filters.setAttribute("aria-rowindex", 2);
  noneLeft.setAttribute("aria-hidden", "true"); // the caption tells it
  grid.setAttribute("aria-multiselectable", "true");
  // JupyterLab's own keys (A, B, X, Ctrl+A, arrows) must not reach its cells from in here.
  grid.setAttribute("data-lm-suppress-shortcuts", "true");
  listen(el, "keydown", (event) => {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !(event.shiftKey && event.key === "Enter");
    if (isPlain) event.stopPropagation();
  });

  let page = {}; // the trait: order, counts, filters
  let loaded = {}; // the window of cells at hand
  let columns = [];
  let edges = [0];
  let pool = []; // row elements, reused
  let pending = 0; // number of the window request under way
  let requests = 0;
  let current = { row: 0, column: 0 }; // where the keyboard is
  let anchor = 0; // where a shift-selection starts
  let frame = 0;
  let drawnHeadings = null;
  let drawnTable = null;
  let dragged = -1; // the column that is being moved
  let measured = 0; // px of a digit

  // Drawing

  function takePage() {
    const headings = model.get("_headings");
    const next = model.get("_page");
    if (next.headings !== headings.version) return; // the other half is on its way
    const fresh = headings.version !== drawnHeadings;
    const sameOrder = next.version === page.version;
    const sameTable = headings.table === drawnTable; // other columns of it at most: stay where we are
    page = next;
    later("patience");
    if (sameOrder) return drawState(); // a filter was refused: the rows stay where they are
    loaded = next;
    pending = 0;
    later("again");
    if (fresh) {
      const at = names.contains(document.activeElement) ? columnOf(document.activeElement) : -1;
      const focused = columns[at]?.name;
      drawnHeadings = headings.version;
      drawnTable = headings.table;
      columns = headings.columns;
      drawNotes(headings.notes);
      drawHead();
      current = { row: sameTable ? current.row : 0, column: 0 };
      const stays = columns.findIndex(({ name }) => name === focused);
      if (at >= 0) names.children[stays >= 0 ? stays : Math.min(at, columns.length - 1)]?.firstChild.focus();
    }
    current.row = Math.max(0, Math.min(current.row, page.shown - 1));
    anchor = current.row;
    if (!sameTable) grid.scrollLeft = 0;
    nothing.hidden = page.has_table;
    grid.hidden = foot.hidden = !page.has_table;
    body.style.height = `${bodyHeight(page.shown)}px`;
    reserve();
    grid.setAttribute("aria-rowcount", page.shown + 2);
    if (!fresh || !sameTable) grid.scrollTop = 0;
    drawState();
    draw();
  }

  /** Room for all rows, so that filtering some of them away does not make the notebook jump. */
  function reserve() {
    const around = head.offsetHeight + grid.offsetHeight - grid.clientHeight;
    grid.style.minHeight = `${Math.min(TALL, around + Math.max(2, page.total ?? 0) * ROW_HEIGHT)}px`;
    grid.style.maxHeight = el.style.height ? "none" : `${TALL}px`;
  }

  function drawNotes(list) {
    notes.replaceChildren(
      ...list.map(({ weight, text }) =>
        make("div", `twt-note${weight === "warning" ? " twt-note-warning" : ""}`, { role: "note", textContent: text }),
      ),
    );
  }

  function drawHead() {
    for (const name of [...timers.keys()]) if (name.startsWith("filter")) later(name); // of columns that were
    names.replaceChildren();
    filters.replaceChildren();
    columns.forEach((column, i) => {
      const number = ["integer", "float"].includes(column.kind) ? " twt-number" : "";
      const heading = make("div", `twt-heading${number}`, { role: "columnheader", title: headingTitle(column), draggable: true });
      heading.setAttribute("aria-colindex", i + 1);
      const button = make("button", "twt-sort", { type: "button", tabIndex: -1, disabled: !column.sortable });
      const name = make("span", "twt-name");
      name.append(make("span", "", { textContent: column.name }), make("span", "twt-arrow"));
      button.append(name, make("span", "twt-unit", { textContent: column.unit }));
      const edge = make("span", "twt-edge", { ariaHidden: "true" }); // by keyboard: Shift and the arrows
      heading.append(button, edge);
      const cell = make("div", `twt-filter`, { role: "gridcell" });
      const input = make("input", "", { type: "text", placeholder: "filter", spellcheck: false, autocomplete: "off" });
      input.tabIndex = -1; // the arrows go there: sixty columns must not be sixty stops on the way past the table
      input.title = FILTER_HELP[column.kind] ?? TEXT_HELP;
      input.setAttribute("aria-label", `Filter ${column.name}`);
      cell.append(input);
      names.append(heading);
      filters.append(cell);
    });
    grid.setAttribute("aria-colcount", columns.length);
    pool = [];
    body.replaceChildren(noneLeft);
    measured = 0;
    layOut();
  }

  /** Column widths from the width of a digit, which is known only once we are in the page, and changes with the font. */
  function layOut() {
    const digits = make("span", "", { textContent: "0".repeat(50) });
    digits.style.cssText = "position:absolute;visibility:hidden";
    grid.append(digits);
    const digit = digits.getBoundingClientRect().width / 50 || 7.5;
    digits.remove();
    if (digit === measured) return;
    measured = digit;
    place();
  }

  function place() {
    const chosen = model.get("column_widths");
    edges = [0];
    for (const { name, width } of columns) edges.push(edges.at(-1) + (chosen[name] ?? Math.ceil(width * measured) + 18));
    for (const row of [names, filters]) {
      Array.from(row.children, (cell, i) => (cell.style.width = `${edges[i + 1] - edges[i]}px`));
    }
    for (const part of [names, filters, head, body]) part.style.width = `${edges.at(-1)}px`;
  }

  /** Everything but the cells: arrows, filter boxes, caption. */
  function drawState() {
    columns.forEach((column, i) => {
      const rank = page.sort.findIndex((key) => key[0] === column.name);
      const direction = rank < 0 ? "none" : page.sort[rank][1];
      const arrow = { none: "", ascending: "▲", descending: "▼" }[direction];
      names.children[i].setAttribute("aria-sort", direction);
      names.children[i].querySelector(".twt-arrow").textContent = arrow + (arrow && page.sort.length > 1 ? rank + 1 : "");
      const input = filters.children[i].firstChild;
      const wrong = column.name in page.filter_errors;
      const text = page.filters[column.name] ?? "";
      // What is being typed, or was refused, stays.
      if (!wrong && document.activeElement !== input && !timers.has(`filter ${i}`)) input.value = text;
      input.classList.toggle("twt-active", Boolean(text));
      input.setAttribute("aria-invalid", wrong);
    });
    const filtered = Object.keys(page.filters).length > 0;
    noneLeft.hidden = page.shown > 0;
    noneLeft.textContent = filtered ? "No row passes the filters." : "The table has no rows.";
    clear.hidden = !filtered && !Object.keys(page.filter_errors).length;
    status.textContent = caption(page);
    say(Object.values(page.filter_errors).join(" "));
  }

  const say = (text) => (problem.textContent = text);

  function inSight() {
    const height = Math.max(0, grid.clientHeight - head.offsetHeight);
    const top = positionAt(grid.scrollTop, page.shown, height);
    const [c0, c1] = columnsBetween(edges, grid.scrollLeft, grid.scrollLeft + grid.clientWidth);
    return {
      top,
      first: Math.floor(top),
      last: Math.min(page.shown, Math.ceil(top + height / ROW_HEIGHT)),
      c0,
      c1,
      height,
      page: Math.max(1, Math.floor(height / ROW_HEIGHT) - 1),
    };
  }

  function drawSoon() {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      draw();
    });
  }

  function draw() {
    if (!page.has_table) return;
    if (!grid.clientHeight) {
      // Not laid out just now, as for a moment while JupyterLab changes its theme: no size will tell when it is again.
      later("unseen", SETTLED, drawSoon);
      return;
    }
    const sight = inSight();
    const wanted = sight.last - sight.first;
    while (pool.length < wanted) {
      const row = make("div", "twt-row", { role: "row" });
      body.append(row);
      pool.push(row);
    }
    const used = new Set();
    for (let position = sight.first; position < sight.last; position++) {
      const row = pool[position % pool.length]; // so that a row keeps its element while it moves
      used.add(row);
      drawRow(row, position, sight);
    }
    for (const row of pool) row.hidden = !used.has(row);
    later("order", SETTLED, inOrder);
    const shownRow = current.row >= sight.first && current.row < sight.last;
    if (shownRow && current.column >= sight.c0 && current.column < sight.c1) {
      grid.setAttribute("aria-activedescendant", `${view}-current`);
    } else {
      grid.removeAttribute("aria-activedescendant");
    }
    ask(sight);
  }

  /** Rows keep their elements while scrolling; at rest their elements stand in the order that a screen reader reads. */
  function inOrder() {
    const rows = [...pool].sort((a, b) => a.dataset.position - b.dataset.position);
    if (rows.some((row, i) => i && row.previousSibling !== rows[i - 1])) body.append(...rows);
  }

  function isMarked(position) {
    return position >= loaded.first && position < loaded.last && loaded.marks[position - loaded.first] === "1";
  }

  /** Show which rows are selected; nothing else is touched, for a brush asks for this with every move. */
  function drawMarks() {
    for (const row of pool) {
      const selected = String(isMarked(Number(row.dataset.position)));
      if (row.getAttribute("aria-selected") !== selected) row.setAttribute("aria-selected", selected);
    }
  }

  function drawRow(row, position, sight) {
    const at = position - loaded.first;
    row.style.transform = `translateY(${grid.scrollTop + (position - sight.top) * ROW_HEIGHT}px)`;
    row.setAttribute("aria-rowindex", position + 3); // two rows of headings go before
    row.setAttribute("aria-selected", isMarked(position));
    row.dataset.position = position;
    while (row.children.length > sight.c1 - sight.c0) row.lastChild.remove();
    while (row.children.length < sight.c1 - sight.c0) row.append(make("div", "twt-cell", { role: "gridcell" }));
    for (let c = sight.c0; c < sight.c1; c++) {
      const cell = row.children[c - sight.c0];
      const text = position < loaded.last ? loaded.cells[c - loaded.c0]?.[at] : undefined;
      const isCurrent = position === current.row && c === current.column;
      const kind = ["integer", "float"].includes(columns[c].kind) ? " twt-number" : "";
      const state = text === undefined ? " twt-loading" : text === null ? " twt-missing" : "";
      cell.className = `twt-cell${kind}${state}${isCurrent ? " twt-current" : ""}`;
      const content = text === undefined ? "…" : (text ?? "—");
      if (cell.textContent !== content) cell.textContent = content;
      cell.style.left = `${edges[c]}px`;
      cell.style.width = `${edges[c + 1] - edges[c]}px`;
      cell.setAttribute("aria-colindex", c + 1);
      if (text === null) cell.setAttribute("aria-label", "missing");
      else cell.removeAttribute("aria-label");
      if (isCurrent) cell.id = `${view}-current`;
      else cell.removeAttribute("id");
    }
  }

  // Asking Python

  /** One request at a time: the next goes out with the answer to the last, for what is in sight by then. */
  function ask(sight) {
    const complete = covers(loaded, sight);
    grid.setAttribute("aria-busy", !complete);
    if (complete || pending) return;
    pending = ++requests;
    send("window", {
      request: pending,
      first: Math.max(0, sight.first - ROWS_BESIDE),
      last: sight.last + ROWS_BESIDE,
      c0: Math.max(0, sight.c0 - COLUMNS_BESIDE),
      c1: sight.c1 + COLUMNS_BESIDE,
    });
    waiting();
    later("again", ASK_AGAIN, () => {
      pending = 0;
      drawSoon();
    });
  }

  function waiting() {
    later("patience", PATIENCE, () => (status.textContent = `${caption(page)} (waiting for Python …)`));
  }

  function received(message) {
    if (message.type === "go") {
      grid.classList.add("twt-pointed"); // the keyboard stays where it is
      return goTo(message.position, message.column ?? current.column);
    }
    if (message.view !== view) return;
    if (message.type === "copied") return copied(message);
    if (message.version !== page.version) return;
    later("patience");
    if (message.type === "window" && message.request === pending) {
      pending = 0;
      later("again");
      loaded = message;
    } else if (message.type === "marks") {
      const marks = Array.from(loaded.marks);
      for (let p = Math.max(message.first, loaded.first); p < Math.min(message.last, loaded.last); p++) {
        marks[p - loaded.first] = message.marks[p - message.first];
      }
      loaded = { ...loaded, marks: marks.join("") };
    }
    const { shown, selected, selected_shown, only_selected } = message;
    page = { ...page, shown, selected, selected_shown, only_selected };
    status.textContent = caption(page);
    if (message.type === "marks") drawMarks();
    else drawSoon();
  }

  function select(mode, ranges) {
    loaded = { ...loaded, marks: marked(loaded.marks, loaded.first, mode, ranges) };
    send("select", { mode, ranges });
    waiting();
    drawSoon();
  }

  function sendFilter(i) {
    const text = filters.children[i].firstChild.value;
    if (text.trim() === (page.filters[columns[i].name] ?? "").trim() && !(columns[i].name in page.filter_errors)) return;
    send("filter", { column: columns[i].name, text });
    waiting();
  }

  async function copied({ text, rows, error }) {
    if (error !== undefined) return say(error);
    try {
      await copy(text);
      say("");
      status.textContent = `${caption(page)}; copied ${rows ? rowsOf(rows) : "one cell"}`;
    } catch {
      say("The browser did not allow copying. Press Ctrl+C once more, or copy in Python.");
    }
  }

  // What people do

  function goTo(row, column) {
    current = { row, column };
    const sight = inSight();
    if (row < sight.top) grid.scrollTop = scrollTopOf(row, page.shown, sight.height);
    else if (row + 1 > sight.top + sight.height / ROW_HEIGHT) {
      grid.scrollTop = scrollTopOf(row + 1 - sight.height / ROW_HEIGHT, page.shown, sight.height);
    }
    if (edges[column] < grid.scrollLeft) grid.scrollLeft = edges[column];
    else if (edges[column + 1] > grid.scrollLeft + grid.clientWidth) {
      grid.scrollLeft = Math.min(edges[column], edges[column + 1] - grid.clientWidth);
    }
    drawSoon();
  }

  /** null: as wide as the column needs. */
  function resize(i, px) {
    const { [columns[i].name]: _old, ...others } = model.get("column_widths");
    model.set("column_widths", px === null ? others : { ...others, [columns[i].name]: Math.round(Math.max(NARROWEST, px)) });
  }

  const show = (list) => list.length && send("columns", { names: list });

  const shownNames = () => columns.map(({ name }) => name);

  function pressed(event) {
    const command = event.ctrlKey || event.metaKey;
    const target = moved(current.row, event.key, page.shown, inSight().page);
    if (command && event.key.toLowerCase() === "a") {
      select("replace", [[0, page.shown]]);
    } else if (command && event.key.toLowerCase() === "c") {
      send("copy", { cell: page.shown ? [current.row, current.column] : null });
    } else if (command && !["Home", "End"].includes(event.key)) {
      return;
    } else if (event.key === "Escape") {
      send("none");
    } else if (event.key === "ArrowUp" && current.row === 0 && !event.shiftKey) {
      filters.children[current.column].firstChild.focus();
    } else if (!page.shown) {
      return;
    } else if (target !== null) {
      goTo(target, current.column);
      if (event.shiftKey) select("replace", rangeBetween(anchor, target));
      else anchor = target;
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const step = event.key === "ArrowLeft" ? -1 : 1;
      goTo(current.row, Math.max(0, Math.min(columns.length - 1, current.column + step)));
    } else if (event.key === " " || event.key === "Enter") {
      if (event.shiftKey) select("add", rangeBetween(anchor, current.row));
      else select(event.key === " " ? "toggle" : "replace", rangeBetween(current.row, current.row));
      if (!event.shiftKey) anchor = current.row;
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  function pressedAbove(event, i) {
    const isInput = event.target.tagName === "INPUT";
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!isInput && step && event.altKey) {
      if (i + step >= 0 && i + step < columns.length) show(withMoved(shownNames(), i, i + step));
    } else if (!isInput && step && event.shiftKey) {
      resize(i, edges[i + 1] - edges[i] + 12 * step);
      model.save_changes();
    } else if (!isInput && event.key === "Delete") {
      show(shownNames().filter((_, other) => other !== i));
    } else if (event.key === "ArrowDown" || (isInput && event.key === "Enter") || event.key === "Escape") {
      if (isInput) {
        if (event.key === "Enter") {
          later(`filter ${i}`);
          sendFilter(i);
        }
        current.column = i;
        grid.focus();
        drawSoon();
      } else filters.children[i].firstChild.focus();
    } else if (event.key === "ArrowUp" && isInput) {
      names.children[i].firstChild.focus();
    } else if (step && !isInput) {
      names.children[i + step]?.firstChild.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const columnOf = (target) => {
    const cell = target.closest(".twt-heading, .twt-filter");
    return cell ? Array.prototype.indexOf.call(cell.parentElement.children, cell) : -1;
  };
  listen(grid, "scroll", drawSoon);
  listen(grid, "keydown", (event) => {
    if (event.target === grid) pressed(event);
    else if (head.contains(event.target)) pressedAbove(event, columnOf(event.target));
  });
  listen(names, "click", (event) => {
    const column = columns[columnOf(event.target)];
    if (!column?.sortable || event.target.classList.contains("twt-edge")) return;
    page = { ...page, sort: nextSort(page.sort, column.name, event.shiftKey) }; // the next click may come before the answer
    send("sort", { keys: page.sort });
    waiting();
  });
  listen(names, "dragstart", (event) => {
    if (names.querySelector(".twt-edge:active")) event.preventDefault(); // it is being resized
    else dragged = columnOf(event.target);
  });
  listen(names, "dragover", (event) => dragged >= 0 && columnOf(event.target) >= 0 && event.preventDefault());
  listen(names, "dragend", () => (dragged = -1));
  listen(names, "drop", (event) => {
    const to = columnOf(event.target);
    if (dragged >= 0 && to >= 0 && to !== dragged) show(withMoved(shownNames(), dragged, to));
    event.preventDefault(); // nor does JupyterLab take it for a cell
    event.stopPropagation();
  });
  listen(names, "pointerdown", (event) => {
    if (!event.target.classList.contains("twt-edge")) return;
    const i = columnOf(event.target);
    const offset = edges[i + 1] - edges[i] - event.clientX;
    const pulled = (move) => resize(i, move.clientX + offset);
    event.target.setPointerCapture(event.pointerId);
    event.target.addEventListener("pointermove", pulled);
    event.target.addEventListener("lostpointercapture", () => {
      event.target.removeEventListener("pointermove", pulled);
      model.save_changes();
    }, { once: true });
    event.preventDefault();
  });
  listen(names, "dblclick", (event) => {
    if (!event.target.classList.contains("twt-edge")) return;
    resize(columnOf(event.target), null);
    model.save_changes();
  });
  listen(filters, "input", (event) => {
    const i = columnOf(event.target);
    later(`filter ${i}`, TYPING, () => sendFilter(i));
  });
  listen(body, "click", (event) => {
    const row = event.target.closest(".twt-row");
    if (!row) return;
    grid.classList.remove("twt-pointed");
    const position = Number(row.dataset.position);
    const cell = event.target.closest(".twt-cell");
    current = { row: position, column: cell ? Number(cell.getAttribute("aria-colindex")) - 1 : current.column };
    const command = event.ctrlKey || event.metaKey;
    if (event.shiftKey) select(command ? "add" : "replace", rangeBetween(anchor, position));
    else {
      anchor = position;
      select(command ? "toggle" : "replace", rangeBetween(position, position));
    }
  });
  listen(body, "mouseover", (event) => {
    const cell = event.target.closest(".twt-cell");
    if (cell) cell.title = cell.scrollWidth > cell.clientWidth ? cell.textContent : "";
  });
  listen(clear, "click", () => {
    for (const cell of filters.children) cell.firstChild.value = "";
    send("clear_filters");
    grid.focus();
  });
  const resized = new ResizeObserver(() => {
    layOut();
    reserve();
    drawSoon();
  });
  resized.observe(grid);
  const widthsChanged = () => {
    place();
    drawSoon();
  };
  model.on("change:column_widths", widthsChanged);
  model.on("change:_page", takePage);
  model.on("msg:custom", received);
  takePage();
  send("hello");

  return () => {
    send("bye");
    stop.abort();
    resized.disconnect();
    cancelAnimationFrame(frame);
    for (const timer of timers.values()) clearTimeout(timer);
    model.off("change:column_widths", widthsChanged);
    model.off("change:_page", takePage);
    model.off("msg:custom", received);
    el.classList.remove("twt-table");
    el.replaceChildren();
  };
}

export default { render };
