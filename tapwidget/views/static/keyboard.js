// The keys pressed in the widget around stay in it. JupyterLab listens at the document, after the body.

function render({ el }) {
  // Looked up with each key: when this runs, `el` is not in its place yet.
  const around = () => el.closest(".tw-unseen")?.parentElement;
  const keep = (event) => {
    const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !(event.shiftKey && event.key === "Enter");
    if (isPlain && around()?.contains(event.target)) event.stopPropagation();
  };
  document.body.addEventListener("keydown", keep);
  return () => document.body.removeEventListener("keydown", keep);
}

export default { render };
