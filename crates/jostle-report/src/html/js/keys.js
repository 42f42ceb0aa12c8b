// Everything can be done with the keyboard.

// Moves by rows of the page.
const byRow = (rows) => () => select(state.rows[clamp(state.rowOf[state.selected] + rows)] ?? 0);
const clamp = (row) => Math.max(0, Math.min(state.rows.length - 1, row));
const pageRows = () => Math.max(1, Math.floor(byId("scroll").clientHeight / zoom().row) - 3);

// Moves to the next row in a direction for whose item `wanted` holds.
function seek(direction, wanted) {
  for (let row = state.rowOf[state.selected] + direction; row >= 0 && row < state.rows.length; row += direction) {
    if (wanted(state.rows[row])) return select(state.rows[row]);
  }
}

const sameTask = (number) => item(shown(), number).task === item(shown(), state.selected).task;
const sameObject = (number) => isShown(item(shown(), state.selected).object) && item(shown(), number).object === item(shown(), state.selected).object;
const isTelling = (number) => item(shown(), number).preemption || ["stuck", "fails"].includes(markOf(shown(), number));

// Goes along an arrow into or out of the selected step, wake-ups first.
function follow(arrows, end) {
  const all = arrows[state.selected] ?? [];
  const arrow = all.find((arrow) => arrow.kind === "wake") ?? all[all.length - 1];
  if (arrow) goTo(arrow[end]);
}

const KEYS = [
  [["ArrowDown", "j"], "Next step", byRow(1)],
  [["ArrowUp", "k"], "Step before", byRow(-1)],
  [["ArrowRight", "l"], "Next step of this task", () => seek(1, sameTask)],
  [["ArrowLeft"], "Step before of this task", () => seek(-1, sameTask)],
  [["PageDown", " "], "A page down", () => byRow(pageRows())()],
  [["PageUp"], "A page up", () => byRow(-pageRows())()],
  [["Home", "g"], "First step", () => select(state.rows[0] ?? 0)],
  [["End", "G"], "Last step", () => select(state.rows[state.rows.length - 1] ?? 0)],
  [["n"], "Next preemption or end", () => seek(1, isTelling)],
  [["p"], "Preemption before", () => seek(-1, isTelling)],
  [["]"], "Next step on this object", () => seek(1, sameObject)],
  [["["], "Step before on this object", () => seek(-1, sameObject)],
  [["b"], "What this step comes after", () => follow(shown().into, "from")],
  [["w"], "What this step wakes or comes before", () => follow(shown().out, "to")],
  [["f"], "Failing or passing execution", () => state.executions.length > 1 && toggleExecution(1 - state.which)],
  [["d"], "First difference between the two", () => state.difference !== null && goTo(Math.min(state.difference, shown().items - 1))],
  [["t"], "Only this task, or all", () => toggleFilter(state.tasks, item(shown(), state.selected).task)],
  [["o"], "Only this object, or all", () => toggleFilter(state.objects, item(shown(), state.selected).object)],
  [["h"], "Fade what this step does not depend on", () => change({ showPast: !state.showPast })],
  [["a"], "Draw what comes before what for every step", () => change({ showOrder: !state.showOrder })],
  [["+", "="], "Larger", () => setZoom(state.zoom + 1)],
  [["-"], "Smaller", () => setZoom(state.zoom - 1)],
  [["Escape"], "Clear the filters", clearFilters],
  [["?"], "These keys", () => showKeys()],
];

const KEY_NAMES = { ArrowDown: "↓", ArrowUp: "↑", ArrowRight: "→", ArrowLeft: "←", " ": "Space", Escape: "Esc" };

function toggleFilter(set, number) {
  if (!isShown(number) && set === state.objects) return;
  if (!set.delete(number)) set.add(number);
  change({});
  select(state.selected);
}

function showKeys() {
  fill(
    byId("keys-list"),
    KEYS.map(([keys, what]) => [h("dt", {}, keys.map((key) => [h("kbd", {}, KEY_NAMES[key] ?? key), " "])), h("dd", {}, what)]),
  );
  byId("keys").showModal();
}

function listenToKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId("keys").open) return;
    const inControl = event.target.closest("button, a, input, select, pre");
    // Buttons keep the keys that press them, sources those that scroll them.
    if (inControl && [" ", "Enter", "ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const key = KEYS.find(([keys]) => keys.includes(event.key));
    if (!key) return;
    event.preventDefault();
    hideTip();
    key[2]();
  });
}
