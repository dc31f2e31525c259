// The browser's half of DoneNotice (tapwidget/views/done_notice.py): {type: "done", title, body, seconds} comes when a
// job is done.

const LONG = 30; // seconds; what was shorter is told only on a page that is out of sight

const allowed = () => globalThis.Notification?.permission === "granted";

/** Once a page, however often the box is drawn in it. The words are text: a notification knows no markup. */
function initialize({ model }) {
  const receive = ({ type, title, body, seconds }) => {
    if (type !== "done" || !model.get("wanted") || !allowed() || !(document.hidden || seconds >= LONG)) return;
    // Of several pages that tell of one job, the last replaces the others: their tag is the same.
    const shown = new Notification(title, { body, tag: body });
    shown.onclick = () => { window.focus(); shown.close(); };
  };
  model.on("msg:custom", receive);
  return () => model.off("msg:custom", receive);
}

function render({ model, el }) {
  const label = document.createElement("label");
  label.className = "tw-notice tw-note";
  label.title = "by a notification of the browser, if it took half a minute or this page is out of sight";
  const box = Object.assign(document.createElement("input"), { type: "checkbox" });
  const said = document.createElement("span");
  said.className = "tw-note";
  said.setAttribute("role", "status");
  label.append(box, " Notify me when it is done");
  el.append(label, said);

  const show = () => { box.checked = model.get("wanted") && allowed(); };
  const want = (wanted) => { model.set("wanted", wanted); model.save_changes(); show(); };
  box.addEventListener("change", async () => {
    said.textContent = "";
    if (!box.checked) return want(false);
    if (!globalThis.Notification || !window.isSecureContext) {
      said.textContent = " Not possible here: the browser notifies only from pages with https, or of this computer.";
      return want(false);
    }
    const answer = await Notification.requestPermission();
    if (answer !== "granted") {
      said.textContent = " The browser refuses: allow notifications of this page in its settings, then tick again.";
    }
    return want(answer === "granted");
  });
  model.on("change:wanted", show);
  show();
  model.set("drawn", true);
  model.save_changes();
  return () => { model.off("change:wanted", show); el.replaceChildren(); };
}

export default { initialize, render };
