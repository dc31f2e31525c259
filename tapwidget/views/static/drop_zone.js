// The browser's half of DropZone (tapwidget/views/drop_zone.py tells the messages).
// The functions above `render` are pure and tested with `node --test`.

const PIECE = 2 ** 20; // bytes; a message of 10 MB closes the connection
const AHEAD = 4; // pieces under way before the first is confirmed
const SILENCE = 15000; // ms without a word from Python before the pieces are sent again

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/** CRC-32 of the bytes, going on from that of what came before. */
export function crc32(bytes, before = 0) {
  let crc = ~before;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** "12.3 of 200.0 MB" */
export function progress(received, size) {
  return `${(received / 1e6).toFixed(1)} of ${(size / 1e6).toFixed(1)} MB`;
}

function render({ model, el }) {
  const stop = new AbortController();
  const listen = (target, name, task) => target.addEventListener(name, task, { signal: stop.signal });
  const make = (tag, className, more = {}) => Object.assign(document.createElement(tag), { className, ...more });
  const zone = make("div", "twd-zone");
  const choose = make("button", "twd-choose", { type: "button", textContent: "Choose a file" });
  const input = make("input", "", { type: "file", hidden: true });
  const bar = make("progress", "twd-bar", { hidden: true, ariaLabel: "file sent" });
  const said = make("span", "twd-said", { textContent: "of your computer, or drop it here" });
  const cancel = make("button", "twd-choose", { type: "button", textContent: "Stop", hidden: true });
  said.setAttribute("role", "status");
  zone.append(choose, input, bar, said, cancel);
  el.append(zone);

  let sending = null; // the file on its way; `crcs` has the checksum of all before an offset
  let timer = 0;

  function begin(file) {
    if (sending) model.send({ type: "stop", id: sending.id });
    const id = Math.random().toString(36).slice(2);
    sending = { id, file, offset: 0, received: -1, rewound: -1, crcs: new Map([[0, 0]]), busy: false };
    bar.max = Math.max(1, file.size);
    bar.value = 0;
    bar.hidden = cancel.hidden = false;
    said.textContent = `${file.name}: waiting for Python …`;
    model.send({ type: "begin", id: sending.id, name: file.name, size: file.size });
    watch();
  }

  /** Send what may be under way; each piece goes out once unless Python says that it is missing. */
  async function go() {
    const mine = sending;
    if (!mine || mine.busy) return;
    mine.busy = true;
    try {
      while (mine === sending && mine.offset < mine.file.size && mine.offset < mine.received + AHEAD * PIECE) {
        const offset = mine.offset;
        const bytes = new Uint8Array(await mine.file.slice(offset, offset + PIECE).arrayBuffer());
        if (mine !== sending) return;
        if (mine.offset !== offset) continue; // sent back meanwhile
        mine.crcs.set(offset + bytes.length, crc32(bytes, mine.crcs.get(offset)));
        mine.offset = offset + bytes.length;
        model.send({ type: "piece", id: mine.id, offset }, undefined, [bytes.buffer]);
      }
    } catch (error) {
      end(`${mine.file.name} cannot be read: ${error.message}`);
    } finally {
      mine.busy = false;
    }
  }

  function watch() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!sending) return;
      said.textContent = `${sending.file.name}: Python is busy, or the connection is gone; trying again …`;
      if (sending.received < 0) begin(sending.file);
      else if (sending.received === sending.file.size) finish();
      else {
        sending.offset = sending.received;
        go();
      }
      watch();
    }, SILENCE);
  }

  function finish() {
    model.send({ type: "end", id: sending.id, crc: sending.crcs.get(sending.file.size) });
  }

  function end(text) {
    clearTimeout(timer);
    sending = null;
    bar.hidden = cancel.hidden = true;
    input.value = ""; // so that the same file can be chosen again
    said.textContent = text;
  }

  function received(message) {
    if (!sending || message.id !== sending.id) return;
    watch();
    if (message.type === "refused") return end(message.why);
    if (message.type === "done") return end(`${message.name} is here (${(sending.file.size / 1e6).toFixed(1)} MB).`);
    if (message.received === sending.received && sending.rewound !== message.received) {
      sending.offset = sending.rewound = message.received; // a piece got lost, and those after it were not taken
    }
    sending.received = message.received;
    bar.value = message.received;
    said.textContent = `${sending.file.name}: ${progress(message.received, sending.file.size)}`;
    if (message.received === sending.file.size) finish();
    else go();
  }

  listen(choose, "click", () => input.click());
  listen(input, "change", () => input.files.length && begin(input.files[0]));
  listen(cancel, "click", () => {
    model.send({ type: "stop", id: sending.id });
    end("stopped");
  });
  for (const name of ["dragenter", "dragover"]) {
    listen(zone, name, (event) => {
      if (!event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      event.stopPropagation();
      zone.classList.add("twd-over");
    });
  }
  listen(zone, "dragleave", (event) => zone.contains(event.relatedTarget) || zone.classList.remove("twd-over"));
  listen(zone, "drop", (event) => {
    zone.classList.remove("twd-over");
    event.preventDefault(); // the browser would open it, JupyterLab upload it
    event.stopPropagation();
    if (event.dataTransfer.files.length) begin(event.dataTransfer.files[0]);
  });
  model.on("msg:custom", received);
  model.set("drawn", true);
  model.save_changes();
  return () => {
    if (sending) model.send({ type: "stop", id: sending.id });
    clearTimeout(timer);
    stop.abort();
    model.off("msg:custom", received);
    el.replaceChildren();
  };
}

export default { render };
