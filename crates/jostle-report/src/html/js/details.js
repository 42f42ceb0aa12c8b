// The column on the right: the selected step, the finding, the commands.

function who(execution, task) {
  return h("span", { class: "who", style: laneColor(task) }, h("span", { class: "dot" }), taskName(execution, task));
}

function linkTo(execution, number, text) {
  const it = item(execution, number);
  const which = number < execution.steps.length ? `step ${number + 1}` : "end";
  const label = `${which}: ${taskName(execution, it.task)}, ${opText(execution, it)}`;
  return h("button", { type: "button", class: "link", click: () => goTo(number) }, text ? `${text} ${label}` : label);
}

function showDetails() {
  const execution = shown();
  const parts = [count(execution.steps.length, "step"), count(execution.raw.preemptions, "preemption"), count(execution.tasks.length - 1, "task")];
  if (execution.raw.time_ns) parts.push(`${duration(execution.raw.time_ns)} of virtual time`);
  const hidden = execution.items - state.rows.length;
  if (hidden) parts.push(`${count(hidden, "row")} hidden by filters`);
  byId("size").textContent = parts.join(" · ");
  fill(byId("step"), state.rows.length ? stepCard(execution, state.selected) : []);
  fill(byId("decides"), execution.decides.length ? decidesCard(execution) : []);
  fill(byId("finding"), findingCard(execution));
}

function duration(nanos) {
  const units = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];
  const [unit, size] = units.find(([, size]) => nanos >= size) ?? units[3];
  return `${Number((nanos / size).toPrecision(4))} ${unit}`;
}

function stepCard(execution, number) {
  const it = item(execution, number);
  const n = execution.steps.length;
  const mark = markOf(execution, number);
  const isStep = number < n;
  return [
    h(
      "div",
      { class: "title" },
      h("h2", {}, isStep ? `Step ${number + 1}` : "End"),
      who(execution, it.task),
      it.preemption && h("span", { class: "badge warn" }, `interrupts ${taskName(execution, execution.steps[number - 1]?.task ?? MAIN)}`),
      mark === "waits" && h("span", { class: "badge warn" }, "has to wait"),
      mark === "stuck" && h("span", { class: "badge" }, "waits for ever"),
      mark === "fails" && h("span", { class: "badge" }, "ends the execution"),
    ),
    h("p", { class: "lead" }, opText(execution, it), it.value !== undefined && ` = ${it.value}`),
    isShown(it.object) && objectLine(execution, it.object),
    snippet(execution, it.place, ["stuck", "fails"].includes(mark)),
    h("h3", {}, "Stack"),
    stack(execution, it.task, it.place),
    isStep && relations(execution, number),
  ];
}

function objectLine(execution, object) {
  const info = execution.objects[object];
  const from = info ? `, from ${placeText(execution, info.place, true)}` : "";
  return h("p", { class: "file" }, objectName(execution, object) + from);
}

function relations(execution, number) {
  const list = (title, arrows, end) =>
    arrows.length > 0 && [h("h3", {}, title), h("div", { class: "links" }, arrows.slice(0, 12).map((arrow) => linkTo(execution, arrow[end])))];
  const of = (arrows, kind) => arrows.filter((arrow) => arrow.kind === kind);
  const into = execution.into[number];
  const out = execution.out[number];
  return [
    list("Woken by", of(into, "wake"), "from"),
    list("Spawned by", of(into, "spawn"), "from"),
    list("Comes after, on the same object", of(into, "order"), "from"),
    list("Wakes", of(out, "wake"), "to"),
    list("Comes before, on the same object", of(out, "order"), "to"),
  ];
}

// The two operations whose order decides, and the way to where they are the other way
// round.
function decidesCard(execution) {
  const other = () => {
    toggleExecution(1 - state.which);
    goTo(shown().decides[0]);
  };
  return [
    h("h2", {}, execution.finding ? "The order of these two decides" : "The order of these two saves it"),
    h("div", { class: "links" }, execution.decides.map((number) => linkTo(execution, number))),
    h("p", { class: "muted" }, execution.finding ? "The other way round, nothing is found." : "The other way round, it fails."),
    h("div", { class: "links" }, h("button", { type: "button", id: "other", click: other }, "Show them the other way round")),
  ];
}

function findingCard(execution) {
  const finding = execution.finding;
  if (!finding) return [h("h2", {}, "Nothing found"), h("p", { class: "muted" }, "This execution ends as it should.")];
  const explained = finding.explained_by.filter((step) => step < execution.steps.length);
  return [
    h("h2", {}, titleOf(finding)),
    finding.cycle.length > 0 && cycle(execution, finding),
    finding.waits.slice(0, 40).map((wait) => waitCard(execution, finding, wait)),
    finding.waits.length > 40 && h("p", { class: "muted" }, `… and ${count(finding.waits.length - 40, "more task")}`),
    finding.accesses.map((access) => accessCard(execution, access)),
    finding.waits.length + finding.accesses.length === 0 && fault(execution, finding),
    explained.length > 0 && [h("h3", {}, "Steps that explain it"), h("div", { class: "links" }, explained.map((step) => linkTo(execution, step)))],
    h("h3", {}, "Signature"),
    h("p", { class: "file" }, finding.signature),
  ];
}

function titleOf(finding) {
  const these = finding.waits.length > 1 ? "these tasks" : "this task";
  switch (finding.kind) {
    case "deadlock":
      if (finding.cycle.length === 1) return "It waits for itself";
      return finding.cycle.length ? "Each waits for the next, and the last for the first" : "No task can run, and no timer is armed";
    case "leak":
      return `The body has returned, and nothing is left that can wake ${these}`;
    case "lost-wakeup":
      return `Nothing is left that can wake ${these}`;
    case "race":
      return "Accesses that nothing orders";
    default:
      return finding.task === null ? "Finding" : "Where it fails";
  }
}

function cycle(execution, finding) {
  const line = (task) => {
    const wait = finding.waits.find((wait) => wait.task === task);
    const what = wait ? ` waits: ${opText(execution, wait)}` : "";
    return h("li", {}, who(execution, task), what);
  };
  return h("ul", { class: "chain" }, [...finding.cycle, finding.cycle[0]].map((task, at) => (at < finding.cycle.length ? line(task) : h("li", {}, who(execution, task)))));
}

function waitCard(execution, finding, wait) {
  const on = wait.on.map((task) => taskName(execution, task)).join(", ");
  return h(
    "div",
    { class: "wait" },
    h("p", { class: "title" }, who(execution, wait.task), h("b", {}, opText(execution, wait)), finding.kind === "leak" && h("span", { class: "badge" }, "leaked")),
    on && h("p", { class: "muted" }, `could be ended by ${on}`),
    snippet(execution, wait.place, true),
    stack(execution, wait.task, wait.place),
    h("div", { class: "links" }, wait.step !== null && linkTo(execution, wait.step, "began at"), wait.cause !== null && linkTo(execution, wait.cause, "kept waiting by")),
  );
}

// An access to memory, with the stack that the race detector saw.
function accessCard(execution, access) {
  return h(
    "div",
    { class: "wait" },
    h("p", { class: "title" }, access.task !== null && who(execution, access.task), h("b", {}, access.what)),
    access.held.length > 0 &&
      h("p", { class: "file" }, "holding " + access.held.map((object) => objectName(execution, object)).join(", ")),
    access.place !== null && snippet(execution, access.place, true),
    h("ul", { class: "stack" }, access.stack.slice(0, 40).map((frame) => h("li", { class: "file" }, frame))),
  );
}

function fault(execution, finding) {
  return h(
    "div",
    { class: "wait" },
    finding.task !== null && h("p", { class: "title" }, who(execution, finding.task)),
    finding.place !== null && [snippet(execution, finding.place, true), stack(execution, finding.task ?? MAIN, finding.place)],
  );
}

function showCommands(commands) {
  const line = (title, command) =>
    command && [
      h("h3", {}, title),
      h("div", { class: "command" }, h("code", {}, command), h("button", { type: "button", click: (event) => copy(command, event.target) }, "Copy")),
    ];
  fill(byId("commands"), h("h2", {}, "Go on in the terminal"), line("Replay", commands.replay), line("Minimize", commands.minimize));
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    // Pages opened from a file may not write to the clipboard.
    getSelection().selectAllChildren(button.previousSibling);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 1500);
}
