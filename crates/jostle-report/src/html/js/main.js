// Begins.

function begin() {
  const doc = JSON.parse(byId("data").textContent);
  state.executions = readExecutions(doc);
  if (state.executions.length > 1) state.difference = differenceOf(...state.executions);
  setTheme(rememberedTheme());
  byId("scenario").textContent = clean(doc.scenario.name);
  byId("about").textContent = clean(doc.scenario.about.trim().split(/\n\s*\n/)[0].replace(/\s+/g, " "));
  showCommands(doc.commands);
  listenToBoard();
  listenToMap();
  listenToControls();
  listenToKeys();
  const asked = /^#(\d+)$/.exec(location.hash);
  const first = asked ? Number(asked[1]) - 1 : startOf(state.executions[0]);
  state.selected = Math.max(0, Math.min(first, state.executions[0].items - 1));
  arrange();
  change({ zoom: fittingZoom(byId("scroll").clientWidth, byId("scroll").clientHeight) });
  if (state.rows.length) select(state.selected);
  byId("scroll").focus({ preventScroll: true });
  document.documentElement.dataset.ready = "true";
}

// One begins where the finding is explained or, failing that, at its end.
function startOf(execution) {
  const explained = execution.finding?.explained_by ?? [];
  return explained.find((step) => step < execution.steps.length) ?? execution.items - 1;
}

begin();
