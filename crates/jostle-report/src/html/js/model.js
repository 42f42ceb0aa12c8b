// What the document says of an execution, prepared for being shown.
//
// An item is something that has a row: a step, or one of the ends that are no
// steps (a panic, a wait that no step began). Items are numbered through, the
// steps first.

const CLOCK = 0;
const MAIN = 1;
const WORLD = 0;

function readExecutions(doc) {
  const shorten = shortFiles(doc.places.map((place) => place.file));
  const executions = doc.executions.map((raw) => readExecution(raw, doc.places, shorten));
  if (doc.decides) {
    [doc.decides.failing, doc.decides.passing].forEach((pair, at) => {
      executions[at].decides = pair.map((number) => itemOf(executions[at], number));
    });
  }
  return executions;
}

// The item of a step or, behind the last step, of a wait of the finding.
function itemOf(execution, number) {
  const n = execution.steps.length;
  if (number < n) return number;
  const waits = execution.finding.waits;
  const wait = waits[number - n];
  if (wait.step !== null) return wait.step;
  return n + waits.slice(0, number - n).filter((earlier) => earlier.step === null).length;
}

function readExecution(raw, places, shorten) {
  const steps = raw.steps;
  const finding = raw.finding ?? null;
  const ends = finding ? endsOf(finding) : [];
  const stuck = new Set();
  for (const wait of finding?.waits ?? []) if (wait.step !== null) stuck.add(wait.step);
  const execution = {
    raw, steps, ends, finding, stuck, places, shorten,
    tasks: raw.tasks,
    objects: raw.objects,
    items: steps.length + ends.length,
    decides: [],
    byTask: new Map(),
    previous: new Int32Array(steps.length).fill(-1),
    into: steps.map(() => []),
    out: steps.map(() => []),
  };
  steps.forEach((step, at) => {
    const own = listIn(execution.byTask, step.task);
    if (own.length) execution.previous[at] = own[own.length - 1];
    own.push(at);
  });
  steps.forEach((step, at) => {
    for (const from of step.after ?? []) arrow(execution, from, at, "order");
  });
  for (const wake of raw.wakes) {
    arrow(execution, lastBefore(execution, wake.by, wake.steps), firstFrom(execution, wake.task, wake.steps), "wake");
  }
  raw.tasks.forEach((task, number) => {
    if (number > MAIN) {
      arrow(execution, lastBefore(execution, task.parent, task.born), firstFrom(execution, number, task.born), "spawn");
    }
  });
  execution.waits = waitsOf(execution);
  return execution;
}

function arrow(execution, from, to, kind) {
  if (from === undefined || to === undefined || from >= to) return;
  const arrow = { from, to, kind };
  execution.into[to]?.push(arrow);
  execution.out[from]?.push(arrow);
}

// The last step of a task among the first `made` steps.
function lastBefore(execution, task, made) {
  const own = execution.byTask.get(task) ?? [];
  return own[firstAtLeast(own, made) - 1];
}

// The first step of a task after the first `made` steps.
function firstFrom(execution, task, made) {
  const own = execution.byTask.get(task) ?? [];
  return own[firstAtLeast(own, made)];
}

function firstAtLeast(sorted, value) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function endsOf(finding) {
  const ends = [];
  for (const wait of finding.waits) {
    if (wait.step === null) ends.push({ ...wait, mark: "stuck" });
  }
  if (finding.task !== null && ["panic", "misuse"].includes(finding.kind)) {
    ends.push({ task: finding.task, op: `✗ ${finding.kind}`, object: null, place: finding.place, mark: "fails" });
  }
  return ends;
}

// For each task, from which step to which number of steps it waited.
function waitsOf(execution) {
  const wakes = new Map();
  for (const wake of execution.raw.wakes) listIn(wakes, wake.task).push(wake.steps);
  const waits = new Map();
  execution.steps.forEach((step, at) => {
    if (!step.blocks && !execution.stuck.has(at)) return;
    const woken = wakes.get(step.task) ?? [];
    const own = execution.byTask.get(step.task);
    const next = own[firstAtLeast(own, at + 1)] ?? execution.steps.length;
    const wake = woken[firstAtLeast(woken, at + 1)] ?? execution.steps.length;
    listIn(waits, step.task).push([at, Math.min(next, wake)]);
  });
  return waits;
}

// The list under a key, a new one if there is none.
function listIn(map, key) {
  if (!map.has(key)) map.set(key, []);
  return map.get(key);
}

function item(execution, number) {
  const n = execution.steps.length;
  return number < n ? execution.steps[number] : execution.ends[number - n];
}

function markOf(execution, number) {
  const it = item(execution, number);
  if (it.mark) return it.mark;
  if (execution.stuck.has(number)) return "stuck";
  return it.blocks ? "waits" : "";
}

// Every step that a step depends on, itself included.
function pastOf(execution, step) {
  const past = new Uint8Array(execution.items);
  const open = [step];
  past[step] = 1;
  const visit = (at) => {
    if (at >= 0 && !past[at]) {
      past[at] = 1;
      open.push(at);
    }
  };
  while (open.length) {
    const at = open.pop();
    if (at >= execution.steps.length) {
      visit(lastBefore(execution, item(execution, at).task, execution.steps.length) ?? -1);
      continue;
    }
    visit(execution.previous[at]);
    for (const arrow of execution.into[at]) visit(arrow.from);
  }
  return past;
}

// The first step at which two executions differ, or null if there is none.
function differenceOf(a, b) {
  const key = (execution, at) => {
    const step = execution.steps[at];
    return step && [step.task, step.op, step.object, step.place, step.value].join();
  };
  const longest = Math.max(a.steps.length, b.steps.length);
  for (let at = 0; at < longest; at++) if (key(a, at) !== key(b, at)) return at;
  return null;
}

// Names.

const taskNumber = (task) => (task === CLOCK ? "clock" : task === MAIN ? "main" : `t${task}`);

function taskName(execution, task) {
  const given = task > MAIN ? execution.tasks[task]?.name : null;
  return given ? `${taskNumber(task)} ${given}` : taskNumber(task);
}

const laneColor = (task) => `--lane: var(--lane-${task === CLOCK ? 0 : ((task - 1) % 7) + 1})`;

const isShown = (object) => object !== null && object !== undefined && object !== WORLD;

// What was done, by the public name of what the place calls where it is known.
const wordOf = (execution, it) => execution.places[it.place]?.operation ?? it.op;

const opText = (execution, it) => wordOf(execution, it) + (isShown(it.object) ? ` #${it.object}` : "");

function objectName(execution, object) {
  const info = execution.objects[object];
  return info ? `#${object} ${info.kind}` : `#${object}`;
}

function placeText(execution, place, long) {
  const at = execution.places[place];
  return at ? lineText(long ? at.file : execution.shorten(at.file), at.line) : "";
}

// A line of 0 is one that is not known.
const lineText = (file, line) => (line ? `${file}:${line}` : file);

// Gives each file the shortest end of its path that no other one shares.
function shortFiles(files) {
  const sharers = new Map();
  const endsOfPath = (file) => {
    const parts = file.split(/[/\\]/);
    return parts.map((_, at) => parts.slice(parts.length - 1 - at).join("/"));
  };
  for (const file of new Set(files)) {
    for (const end of endsOfPath(file)) sharers.set(end, (sharers.get(end) ?? 0) + 1);
  }
  const short = new Map();
  for (const file of new Set(files)) {
    short.set(file, endsOfPath(file).find((end) => end && sharers.get(end) === 1) ?? file);
  }
  return (file) => short.get(file) ?? file;
}
