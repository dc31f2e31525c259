// Tells the kernel when the page has made its models: now, if it is done, and after each new connection.

function initialize({ model }) {
  const manager = model.widget_manager; // `restored` is JupyterLab's and Voila's
  const tell = () => model.send({ type: "restored" });
  if (manager.restoredStatus !== false) tell();
  manager.restored?.connect(tell);
  return () => manager.restored?.disconnect(tell);
}

export default { initialize };
