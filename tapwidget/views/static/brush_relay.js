// The moves of a bqplot brush to the kernel at once, and those of the mouse beside it. ipywidgets keeps each move back until
// the kernel is done with the one before, so that the last would wait for a way there and back that is not its own.

export const UNDER_WAY = 3; // moves that the kernel has not handled yet, at most: a busy one finds no queue behind its work

export function relay(brush, send) {
  let underWay = 0;
  let isBehind = false;
  const tell = () => {
    const selected = Array.from(brush.get("selected") ?? []);
    if (selected.length !== 2 || !selected.every(Number.isFinite)) return;
    isBehind = underWay >= UNDER_WAY;
    if (isBehind) return;
    underWay += 1;
    send(selected, () => {
      underWay -= 1;
      if (isBehind) tell();
    });
  };
  brush.on("change:selected", () => {
    if (brush.get("brushing")) tell(); // otherwise it was the kernel; of its own places it takes no notice
  });
}

// Where the mouse is while nothing is drawn: a share of the plot's width, null beside the plot. One is on its way at a time.
export function hover(plot, brush, page, send) {
  let isUnderWay = false;
  let told = null;
  let here = null;
  const tell = () => {
    if (isUnderWay || here === told) return;
    isUnderWay = true;
    told = here;
    send(here, () => {
      isUnderWay = false;
      tell();
    });
  };
  const moved = ({ buttons, clientX, target }) => {
    const isIdle = buttons === 0 && !brush.get("selected")?.length;
    const box = isIdle ? target.closest?.(`${plot} .brushintsel .overlay`)?.getBoundingClientRect() : null;
    here = box ? (clientX - box.left) / box.width : null;
    tell();
  };
  page.addEventListener("pointermove", moved);
  return () => page.removeEventListener("pointermove", moved);
}

async function initialize({ model }) {
  const brush = await model.widget_manager.get_model(model.get("brush"));
  const send = (content, handled) => {
    const status = ({ content }) => content.execution_state === "idle" && handled();
    model.send(content, { iopub: { status } });
  };
  relay(brush, (selected, handled) => send({ selected }, handled));
  return hover(`.tw-area-${brush.model_id}`, brush, document, (at, handled) => send({ at }, handled));
}

export default { initialize };
