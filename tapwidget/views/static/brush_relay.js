// The moves of a bqplot brush, to the kernel at once. ipywidgets keeps each back until the kernel is done with the one
// before, so that the last of them would wait for a way there and back that is not its own.

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

async function initialize({ model }) {
  const brush = await model.widget_manager.get_model(model.get("brush"));
  relay(brush, (selected, handled) => {
    const status = ({ content }) => content.execution_state === "idle" && handled();
    model.send({ selected }, { iopub: { status } });
  });
}

export default { initialize };
