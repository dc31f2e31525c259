// Tells the kernel when the page has made its models: now, if it is done, and after each new connection.

function initialize({ model }) {
  const manager = model.widget_manager; // `restored` is JupyterLab's and Voila's
  const tell = () => {
    try {
      model.send({ type: "restored" });
    } catch {
      // Its kernel is gone, so there is nobody to tell; the model made of the new one tells.
    }
  };
  if (manager.restoredStatus !== false) tell();
  manager.restored?.connect(tell);
  return () => manager.restored?.disconnect(tell);
}

export default { initialize };
