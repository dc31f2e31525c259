// The browser's half of AdqlText (tapwidget/views/adql_text.py): a text area over its own coloured copy.
// Whatever is typed or comes from a service is put in as textContent. The functions above `render` are pure.

const PAUSE = 250; // ms of rest before Python hears of the text
const MOST = 8; // completions in sight
const TOKEN = new RegExp(
  [
    String.raw`(?<comment>--[^\n]*|/\*[^]*?(?:\*/|$))`,
    String.raw`(?<string>'(?:[^']|'')*'?)`,
    String.raw`(?<quoted>"(?:[^"]|"")*"?)`,
    String.raw`(?<number>\b\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)`,
    String.raw`(?<name>[^\W\d]\w*)`,
  ].join("|"),
  "gu",
);

/** [[text, kind]] of a query, in order and complete; kind is "", comment, string, quoted, number, name or word. */
export function coloured(text, keywords) {
  const parts = [];
  let done = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > done) parts.push([text.slice(done, match.index), ""]);
    const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    parts.push([match[0], kind === "name" && keywords.has(match[0].toUpperCase()) ? "word" : kind]);
    done = match.index + match[0].length;
  }
  if (done < text.length) parts.push([text.slice(done), ""]);
  return parts;
}

/** The parts cut at the ends of the problems, each with the text of the problem it lies in: [[text, kind, problem]]. */
export function withProblems(parts, problems) {
  const found = [];
  let at = 0;
  for (const [text, kind] of parts) {
    const ends = problems.flatMap(({ start, end }) => [start - at, end - at]).filter((x) => x > 0 && x < text.length);
    const cuts = [0, ...[...new Set(ends)].sort((a, b) => a - b), text.length];
    for (let i = 0; i + 1 < cuts.length; i++) {
      const place = at + cuts[i];
      const problem = problems.find(({ start, end }) => start <= place && place < end)?.text ?? "";
      if (cuts[i] < cuts[i + 1]) found.push([text.slice(cuts[i], cuts[i + 1]), kind, problem]);
    }
    at += text.length;
  }
  return found;
}

/** What stands before the caret: {qualifier, prefix, start}; the qualifier is "" for a bare name. */
export function wordBefore(text, caret) {
  const [, chain] = /((?:"(?:[^"]|"")*"|[\w.])*)$/.exec(text.slice(0, caret));
  const dot = chain.lastIndexOf(".");
  return { qualifier: chain.slice(0, Math.max(0, dot)), prefix: chain.slice(dot + 1), start: caret - chain.length + dot + 1 };
}

/** The table that a qualifier stands for: its alias in the text, or itself. */
export function tableOf(text, qualifier) {
  const wanted = qualifier.toLowerCase();
  for (const [, table, alias] of text.matchAll(/\b(?:FROM|JOIN)\s+([\w."]+)(?:\s+(?:AS\s+)?(\w+))?/gi)) {
    if (alias?.toLowerCase() === wanted || table.toLowerCase().split(".").pop() === wanted) return table.toLowerCase();
  }
  return wanted;
}

/** Names that go on from what was typed; `names` is [[name, what it is, table or ""]]. */
export function completions(text, caret, names) {
  const { qualifier, prefix } = wordBefore(text, caret);
  const table = qualifier && tableOf(text, qualifier);
  const whole = (qualifier ? `${qualifier}.${prefix}` : prefix).toLowerCase();
  const typed = prefix.toLowerCase();
  const fits = names.filter(([name, , of]) => {
    const lower = name.toLowerCase();
    if (of && qualifier) return of.toLowerCase() === table && lower.startsWith(typed) && lower !== typed;
    return lower.startsWith(whole) && lower !== whole;
  });
  return fits.slice(0, MOST);
}

function render({ model, el }) {
  const make = (tag, className, more = {}) => Object.assign(document.createElement(tag), { className, ...more });
  const id = `a${Math.random().toString(36).slice(2)}`;
  const place = make("div", "twa-place");
  const shown = make("pre", "twa-shown", { ariaHidden: "true" });
  const area = make("textarea", "twa-area", { spellcheck: false, rows: 9 });
  const list = make("div", "twa-list", { id, hidden: true });
  const said = make("div", "twa-said");
  for (const [name, value] of Object.entries({ "aria-label": "ADQL", "aria-autocomplete": "list", "aria-controls": id })) {
    area.setAttribute(name, value);
  }
  area.setAttribute("data-lm-suppress-shortcuts", "true");
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Completions");
  said.setAttribute("role", "status");
  place.append(shown, area);
  el.append(place, list, said);

  const keywords = new Set(model.get("keywords"));
  let timer = 0;
  let offered = [];
  let chosen = 0;

  function colour() {
    const problems = model.get("value") === area.value ? model.get("problems") : [];
    shown.replaceChildren(
      ...withProblems(coloured(area.value, keywords), problems).map(([text, kind, problem]) =>
        make("span", `twa-${kind || "plain"}${problem ? " twa-problem" : ""}`, { textContent: text }),
      ),
      "\n", // so that a last empty line has its height
    );
    said.replaceChildren(...problems.map(({ where, text }) => make("div", "", { textContent: `${where}: ${text}` })));
    // As high as its text: the copy never has to scroll apart from it.
    area.style.height = "auto";
    area.style.height = `${Math.max(area.scrollHeight, shown.scrollHeight)}px`;
  }

  function tell() {
    clearTimeout(timer);
    if (model.get("value") === area.value) return;
    model.set("value", area.value);
    model.save_changes();
  }

  function offer(found) {
    offered = found;
    chosen = 0;
    list.hidden = !found.length;
    list.replaceChildren(
      ...found.map(([name, what], i) => {
        const line = make("div", "twa-offer", { id: `${id}-${i}` });
        line.setAttribute("role", "option");
        line.append(make("b", "", { textContent: name }), make("span", "", { textContent: what }));
        return line;
      }),
    );
    point(0);
  }

  function point(to) {
    chosen = Math.max(0, Math.min(offered.length - 1, to));
    Array.from(list.children, (line, i) => line.setAttribute("aria-selected", i === chosen));
    if (offered.length) area.setAttribute("aria-activedescendant", `${id}-${chosen}`);
    else area.removeAttribute("aria-activedescendant");
  }

  function take(i) {
    const { qualifier, start } = wordBefore(area.value, area.selectionStart);
    const [name, , of] = offered[i];
    const from = of || !qualifier ? start : start - qualifier.length - 1;
    area.setRangeText(name, from, area.selectionStart, "end");
    offer([]);
    typed(false);
    area.focus();
  }

  function typed(complete = true) {
    colour();
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE);
    if (complete) {
      const { qualifier, prefix } = wordBefore(area.value, area.selectionStart);
      offer(qualifier || prefix.length >= 2 ? completions(area.value, area.selectionStart, model.get("names")) : []);
    }
  }

  area.addEventListener("input", () => typed());
  area.addEventListener("blur", () => {
    tell();
    offer([]);
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === " " && event.ctrlKey) offer(completions(area.value, area.selectionStart, model.get("names")));
    else if (!offered.length) return event.stopPropagation(); // nothing that is typed is for JupyterLab
    else if (event.key === "ArrowDown") point(chosen + 1);
    else if (event.key === "ArrowUp") point(chosen - 1);
    else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") offer([]);
    else return event.stopPropagation();
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("pointerdown", (event) => {
    const line = event.target.closest(".twa-offer");
    if (line) take(Array.prototype.indexOf.call(list.children, line));
    event.preventDefault(); // the text keeps the focus
  });
  const valueChanged = () => {
    if (model.get("value") !== area.value && document.activeElement !== area) area.value = model.get("value");
    colour();
  };
  const resized = new ResizeObserver(colour);
  model.on("change:value", valueChanged);
  model.on("change:problems", colour);
  valueChanged();
  resized.observe(place);
  model.send({ type: "hello" });
  return () => {
    clearTimeout(timer);
    resized.disconnect();
    model.off("change:value", valueChanged);
    model.off("change:problems", colour);
    el.replaceChildren();
  };
}

export default { render };
