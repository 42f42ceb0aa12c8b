// What is drawn behind the rows in sight: how long tasks live and wait, and the
// arrows between steps.

const laneX = (task) => {
  const lane = state.laneOf.get(task);
  return lane === undefined ? undefined : laneLeft(lane) + DOT + 0.5;
};
const itemY = (number) => (state.rowOf[number] + 0.5) * zoom().row;

function showLines(first, last) {
  const execution = shown();
  const svg = byId("lines");
  const height = zoom().row;
  const top = first * height;
  const bottom = last * height;
  svg.setAttribute("width", boardWidth());
  svg.setAttribute("height", Math.max(1, state.rows.length * height));
  const paths = [];
  for (const task of state.lanes) paths.push(lifeOf(execution, task, top, bottom));
  const waits = state.lanes.map((task) => waitsIn(execution, task, top, bottom)).join("");
  paths.push(svgPath("wait", waits));
  paths.push(...arrowsIn(execution, first, last));
  svg.replaceChildren(...paths.filter(Boolean));
}

// The vertical line of a task from its spawn to its end, cut to what is in sight.
function lifeOf(execution, task, top, bottom) {
  const info = execution.tasks[task];
  const n = execution.steps.length;
  const height = zoom().row;
  const born = Math.min(info?.born ?? 0, n);
  const ended = info?.ended ?? null;
  const from = Math.max(top, state.rowsBefore[born] * height);
  const end = ended === null ? state.rows.length : state.rowsBefore[Math.min(ended, n)];
  const to = Math.min(bottom, end * height);
  if (to <= from) return null;
  const path = svgPath("life", `M${laneX(task)} ${from}V${to}`);
  path.style.cssText = laneColor(task);
  return path;
}

function waitsIn(execution, task, top, bottom) {
  const height = zoom().row;
  let d = "";
  for (const [from, until] of execution.waits.get(task) ?? []) {
    if (state.rowOf[from] < 0) continue;
    const y = Math.max(top, itemY(from) + 6);
    const end = until >= execution.steps.length ? state.rows.length : state.rowsBefore[until];
    const to = Math.min(bottom, end * height);
    if (to > y) d += `M${laneX(task)} ${y}V${to}`;
  }
  return d;
}

// Wake-ups always, the arrows of the selected step always, all others on demand.
function arrowsIn(execution, first, last) {
  const arrows = new Set();
  const wanted = (arrow) => {
    const mine = arrow.from === state.selected || arrow.to === state.selected;
    return mine || arrow.kind === "wake" || (state.showOrder && !zoom().small);
  };
  for (let row = first; row < last; row++) {
    const number = state.rows[row];
    for (const arrow of execution.into[number] ?? []) if (wanted(arrow)) arrows.add(arrow);
    for (const arrow of execution.out[number] ?? []) if (wanted(arrow)) arrows.add(arrow);
  }
  const drawn = { order: ["", ""], wakes: ["", ""], mine: ["", ""] };
  for (const arrow of arrows) {
    if (state.rowOf[arrow.from] < 0 || state.rowOf[arrow.to] < 0) continue;
    const mine = arrow.from === state.selected || arrow.to === state.selected;
    const kind = arrow.kind === "wake" ? "wakes" : mine ? "mine" : "order";
    const [line, tip] = arrowShape(execution, arrow);
    drawn[kind][0] += line;
    drawn[kind][1] += tip;
  }
  return Object.entries(drawn).flatMap(([kind, [line, tips]]) =>
    line ? [svgPath(kind, line), svgPath(`${kind} tips`, tips)] : [],
  );
}

// A curve that leaves downwards and arrives from above: most of its way across
// the lanes is between two rows.
function arrowShape(execution, arrow) {
  const x1 = laneX(execution.steps[arrow.from].task);
  const x2 = laneX(execution.steps[arrow.to].task);
  const dot = Math.min(6, zoom().row / 3);
  const y1 = itemY(arrow.from) + dot;
  const y2 = itemY(arrow.to) - dot;
  const bend = Math.max(6, Math.min((y2 - y1) * 0.8, zoom().row));
  const line = `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2 - 3}`;
  const tip = `M${x2} ${y2 + 1}l-3.5 -6h7z`;
  return [line, tip];
}
