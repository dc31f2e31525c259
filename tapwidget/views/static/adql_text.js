// The browser's half of AdqlText (tapwidget/views/adql_text.py): a text area over its own coloured copy.
// Whatever is typed or comes from a service is put in as textContent. The functions above `render` are pure.

const PAUSE = 250; // ms of rest before Python hears of the text
const CLICK = 300; // ms that the list stays when the focus goes: what lies below must not move from under the pointer
const MOST = 200; // completions in the list
const PAGE = 8; // of them in sight, as the style sheet has it
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

const NAME = String.raw`(?:"(?:[^"]|"")+"|\w+)`;
const QUALIFIED = String.raw`${NAME}(?:\.${NAME})*`;
const NO_ALIAS = "JOIN|ON|USING|INNER|LEFT|RIGHT|FULL|NATURAL|CROSS|WHERE|GROUP|HAVING|ORDER|UNION|EXCEPT|INTERSECT|OFFSET";
const ITEM = String.raw`(${QUALIFIED})(?:\s+(?:AS\s+)?(?!(?:${NO_ALIAS})\b)(${NAME}))?`;

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

/** A name, qualified or not, as one compares it: without quotes and in lower case. */
export const plain = (name) => name.replaceAll('"', "").toLowerCase();

/**
 * What stands before the caret: {qualifier, prefix, start, wide}; the qualifier is "" for a bare name. The prefix may be
 * a quoted name that has no end yet. `wide` is what may be a name that should have had quotes, as I/355/ga; else "".
 * null inside of a text or a comment.
 */
export function wordBefore(text, caret) {
  const before = text.slice(0, caret);
  const last = [...before.matchAll(TOKEN)].at(-1);
  const { comment, string, quoted } = last && last.index + last[0].length === caret ? last.groups : {};
  if (comment !== undefined || string !== undefined) return null;
  const isOpen = quoted !== undefined && /^"(?:[^"]|"")*$/.test(quoted);
  const prefix = isOpen ? quoted : /\w*$/.exec(before)[0];
  const start = caret - prefix.length;
  const qualifier = new RegExp(`(${QUALIFIED})\\.$`).exec(before.slice(0, start))?.[1] ?? "";
  const long = isOpen ? "" : /[^\s(),;'"=<>]*$/.exec(before)[0];
  return { qualifier, prefix, start, wide: /[^\w.]/.test(long) ? long : "" };
}

/** The table that a qualifier stands for: its alias in the text, or itself; as `plain` writes it. */
export function tableOf(text, qualifier) {
  const wanted = plain(qualifier);
  for (const [list] of text.matchAll(new RegExp(`\\b(?:FROM|JOIN)\\s+${ITEM}(?:\\s*,\\s*${ITEM})*`, "gi"))) {
    for (const [, table, alias] of list.replace(/^\w+\s+/, "").matchAll(new RegExp(ITEM, "gi"))) {
      const lastPart = table.match(new RegExp(NAME, "g")).at(-1);
      if ((alias && plain(alias) === wanted) || plain(lastPart) === wanted) return plain(table);
    }
  }
  return wanted;
}

/** How well a name goes on from what was typed: 0 from its beginning, 1 its last part, 2 a word inside, -1 not at all. */
function rank(name, typed) {
  const bare = name.replaceAll('"', "");
  const lower = bare.toLowerCase();
  if (lower.startsWith(typed)) return 0;
  if (typed.length < 2) return -1;
  const lastPart = name.match(new RegExp(NAME, "g"))?.at(-1) ?? name;
  if (plain(lastPart).startsWith(typed)) return 1;
  const words = bare.matchAll(/(?<![A-Za-z0-9])[A-Za-z0-9]|(?<=[a-z0-9])[A-Z]/g);
  return [...words].some(({ index }) => lower.startsWith(typed, index)) ? 2 : -1;
}

/**
 * [{name, about, from, to}]: names that go on from what was typed, the best first, each with the place that it takes.
 * `names` is [[name, about, kind, table]] of "column"s, "table"s, "function"s and "word"s. Unless somebody `asked`,
 * nothing is offered for less than two letters, and nothing else where a keyword stands complete.
 */
export function completions(text, caret, names, asked = false) {
  const word = wordBefore(text, caret);
  if (!word) return [];
  const { qualifier, prefix, start, wide } = word;
  const typed = plain(prefix);
  const table = qualifier && tableOf(text, qualifier);
  const before = qualifier && `${plain(qualifier)}.`;
  const isEnough = asked || qualifier || typed.length > 1;
  const isWord = !asked && !qualifier && names.some(([name, , kind]) => kind === "word" && plain(name) === prefix.toLowerCase());
  const offers = [];
  for (const [name, about, kind, of] of names) {
    let from = start;
    let fit = -1;
    if (wide && kind === "table" && name.includes('"') && [0, 1].includes(rank(name, wide.toLowerCase()))) {
      fit = 0;
      from = caret - wide.length;
    } else if (!isEnough || (isWord && plain(name) !== typed)) continue;
    else if (kind === "column") fit = !qualifier || plain(of) === table ? rank(name, typed) : -1;
    else if (prefix.startsWith('"') && kind !== "table") continue;
    else if (kind === "word") fit = !qualifier && plain(name).startsWith(typed) ? 0 : -1;
    else if (!qualifier) fit = rank(name, typed);
    else if (plain(name).startsWith(before)) {
      fit = rank(name.replaceAll('"', "").slice(before.length), typed);
      from = start - qualifier.length - 1;
    }
    const to = prefix.startsWith('"') && text[caret] === '"' ? caret + 1 : caret;
    if (fit >= 0 && text.slice(from, to).toLowerCase() !== name.toLowerCase()) offers.push({ name, about, from, to, fit });
  }
  // Where I/35 is the beginning of a table, it is no I divided by 35.
  const tables = offers.filter(({ from }) => from < start - qualifier.length - 1);
  return (tables.length ? tables : offers).sort((a, b) => a.fit - b.fit).slice(0, MOST);
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
  let closing = 0;
  let offered = [];
  let chosen = 0;
  let isWriting = false; // and has not closed the list: names that come later are offered too
  let caret = 0; // where it stood when they were offered

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
    model.set("problems", []); // those of the text before
    model.set("value", area.value);
    model.save_changes();
  }

  function offer(found) {
    offered = found;
    caret = area.selectionStart;
    list.hidden = !found.length;
    list.replaceChildren(
      ...found.map(({ name, about }, i) => {
        const line = make("div", "twa-offer", { id: `${id}-${i}`, title: about });
        line.setAttribute("role", "option");
        line.append(make("b", "", { textContent: name }), make("span", "", { textContent: about }));
        return line;
      }),
    );
    point(0);
    if (found.length) list.scrollIntoView({ block: "nearest" });
  }

  function point(to) {
    chosen = Math.max(0, Math.min(offered.length - 1, to));
    Array.from(list.children, (line, i) => line.setAttribute("aria-selected", i === chosen));
    if (!offered.length) return area.removeAttribute("aria-activedescendant");
    area.setAttribute("aria-activedescendant", `${id}-${chosen}`);
    const { offsetTop, offsetHeight } = list.children[chosen];
    // Not scrollIntoView, which would move the notebook at each step.
    list.scrollTop = Math.min(offsetTop, Math.max(list.scrollTop, offsetTop + offsetHeight - list.clientHeight));
  }

  function close() {
    isWriting = false;
    offer([]);
  }

  function take(i) {
    const { name, from, to } = offered[i];
    const isThere = area.selectionStart === caret; // the caret may have gone elsewhere since
    close();
    area.focus();
    if (!isThere) return;
    area.setRangeText(name, from, to, "end");
    typed(false);
  }

  const found = (asked) => completions(area.value, area.selectionStart, [...model.get("columns"), ...model.get("names")], asked);

  function typed(complete = true) {
    colour();
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE);
    isWriting = complete;
    if (complete) offer(found(false));
  }

  area.addEventListener("input", () => typed());
  area.addEventListener("blur", () => {
    tell();
    closing = setTimeout(close, CLICK);
  });
  area.addEventListener("focus", () => clearTimeout(closing));
  area.addEventListener("keydown", (event) => {
    if (event.key === " " && event.ctrlKey) offer(found(true));
    else if (!offered.length) return event.stopPropagation(); // nothing that is typed is for JupyterLab
    else if (event.key === "ArrowDown") point(chosen + 1);
    else if (event.key === "ArrowUp") point(chosen - 1);
    else if (event.key === "PageDown") point(chosen + PAGE);
    else if (event.key === "PageUp") point(chosen - PAGE);
    else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") close();
    else {
      if (/^(Home|End|Arrow)/.test(event.key)) close(); // the caret goes to another word
      return event.stopPropagation();
    }
    event.preventDefault();
    event.stopPropagation();
  });
  area.addEventListener("pointerdown", close);
  list.addEventListener("pointerdown", (event) => {
    const line = event.target.closest(".twa-offer");
    if (line) take(Array.prototype.indexOf.call(list.children, line));
    event.preventDefault(); // the text keeps the focus
  });
  const valueChanged = () => {
    if (model.get("value") !== area.value && document.activeElement !== area) area.value = model.get("value");
    colour();
  };
  const namesChanged = () => {
    if (isWriting && area.selectionStart === caret) offer(found(false));
  };
  const resized = new ResizeObserver(colour);
  model.on("change:value", valueChanged);
  model.on("change:problems", colour);
  model.on("change:columns", namesChanged);
  valueChanged();
  resized.observe(place);
  model.send({ type: "hello" });
  return () => {
    clearTimeout(timer);
    clearTimeout(closing);
    resized.disconnect();
    model.off("change:value", valueChanged);
    model.off("change:problems", colour);
    model.off("change:columns", namesChanged);
    el.replaceChildren();
  };
}

export default { render };
