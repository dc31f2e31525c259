// The browser's half of CopyButton (tapwidget/views/copy_button.py).

/** Put a text onto the clipboard; where the page may not (no https), by a text area that is there for a moment. */
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("refused");
}

function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "lm-Widget jupyter-widgets jupyter-button widget-button";
  button.textContent = "Copy";
  button.title = "put it onto the clipboard";
  const said = document.createElement("span");
  said.className = "tw-note";
  said.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    try {
      await copy(model.get("value"));
      said.textContent = " copied";
    } catch {
      said.textContent = " the browser refused: select the text and copy it";
    }
  });
  const clear = () => { said.textContent = ""; };
  model.on("change:value", clear);
  el.append(button, said);
  model.set("drawn", true);
  model.save_changes();
  return () => { model.off("change:value", clear); el.replaceChildren(); };
}

export default { render };
