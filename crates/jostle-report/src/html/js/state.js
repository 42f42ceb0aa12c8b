// What is shown at the moment: which execution, which rows and lanes of it, how
// large. The other files read it and call `change` to have it shown anew.

// Heights of rows and least widths of lanes, in pixels. Below the height of a
// line of text only the dots of the steps are drawn, and where it is dense the
// ring of a wait has to do without its word.
const ZOOMS = [
  { row: 3, lane: 18, font: 12, small: true },
  { row: 8, lane: 26, font: 12, small: true },
  { row: 20, lane: 90, font: 11, dense: true },
  { row: 27, lane: 110, font: 12 },
  { row: 36, lane: 140, font: 13 },
];
const GUTTER = 64;
const DOT = 14;

const state = {
  executions: [],
  which: 0,
  tasks: new Set(),
  objects: new Set(),
  zoom: 3,
  selected: 0,
  showOrder: false,
  showPast: false,
  difference: null,
  // Made by `arrange`:
  rows: [],
  rowOf: new Int32Array(0),
  rowsBefore: new Int32Array(1),
  lanes: [],
  laneOf: new Map(),
  laneWidth: 150,
  whereWidth: 160,
  past: null,
};

const shown = () => state.executions[state.which];
const zoom = () => ZOOMS[state.zoom];

// Chooses rows and lanes. A filter with nothing chosen lets everything through.
function arrange() {
  const execution = shown();
  const n = execution.steps.length;
  const passes = (number) => {
    const it = item(execution, number);
    if (state.tasks.size && !state.tasks.has(it.task)) return false;
    return !state.objects.size || number >= n || state.objects.has(it.object);
  };
  state.rows = [];
  state.rowOf = new Int32Array(execution.items).fill(-1);
  state.rowsBefore = new Int32Array(n + 1);
  for (let number = 0; number < execution.items; number++) {
    if (number <= n) state.rowsBefore[number] = state.rows.length;
    if (!passes(number)) continue;
    state.rowOf[number] = state.rows.length;
    state.rows.push(number);
  }
  state.rowsBefore[n] = state.rows.filter((number) => number < n).length;

  const used = new Set(state.rows.map((number) => item(execution, number).task));
  const narrowed = state.tasks.size > 0 || state.objects.size > 0;
  const all = [...new Set([...execution.tasks.keys(), ...used])].sort((a, b) => a - b);
  state.lanes = all.filter((task) => used.has(task) || (!narrowed && task !== CLOCK));
  state.laneOf = new Map(state.lanes.map((task, lane) => [task, lane]));
  if (state.rowOf[state.selected] === undefined || state.rowOf[state.selected] < 0) {
    state.selected = nearestRow(state.selected);
  }
  state.past = state.showPast && state.rows.length ? pastOf(execution, state.selected) : null;
}

// The item of the visible row that is nearest to an item.
function nearestRow(number) {
  const at = firstAtLeast(state.rows, number);
  return state.rows[Math.min(at, state.rows.length - 1)] ?? 0;
}

// The width of a lane in which no step is cut off, within reason. The parts are
// the dot, the gaps and, behind waits, their mark.
function laneForText({ font, dense }) {
  const execution = shown();
  const width = (number) => {
    const it = item(execution, number);
    const value = it.value === undefined ? 0 : ` = ${it.value}`.length;
    return (opText(execution, it).length + value) * font * 0.605 + (!dense && markOf(execution, number) ? 54 : 0);
  };
  const longest = state.rows.reduce((longest, number) => Math.max(longest, width(number)), 0);
  return Math.min(240, longest + 44);
}

function measure(available) {
  const { small, font } = zoom();
  const lane = small ? zoom().lane : Math.max(zoom().lane, laneForText(zoom()));
  const execution = shown();
  const longest = state.rows.length
    ? Math.max(...execution.places.map((_, place) => placeText(execution, place).length))
    : 0;
  state.whereWidth = small ? 0 : Math.min(260, longest * font * 0.605 + 30);
  const room = available - GUTTER - state.whereWidth;
  state.laneWidth = Math.max(lane, Math.min(room / Math.max(1, state.lanes.length), small ? 60 : 340));
}

// The largest zoom at which everything fits, as long as that can be read.
function fittingZoom(width, height) {
  const fits = (level) => {
    state.zoom = level;
    measure(width);
    return boardWidth() <= width && state.rows.length * zoom().row + 46 <= height;
  };
  return [4, 3].find(fits) ?? (state.rows.length * 20 > 4 * height ? 3 : 2);
}

const laneLeft = (lane) => GUTTER + lane * state.laneWidth;
const boardWidth = () => laneLeft(state.lanes.length) + state.whereWidth;

// Shows what has changed.
function change(changes) {
  Object.assign(state, changes);
  arrange();
  showBoard();
  showControls();
  showDetails();
}

// Selects an item and scrolls to it.
function select(number) {
  if (!state.rows.length) return;
  state.selected = state.rowOf[number] >= 0 ? number : nearestRow(number);
  if (state.showPast) state.past = pastOf(shown(), state.selected);
  scrollToRow(state.rowOf[state.selected]);
  showBoard();
  showDetails();
  announce();
}

// Goes to an item that a link names, even if a filter hides it.
function goTo(number) {
  if (state.rowOf[number] < 0) {
    state.tasks.clear();
    state.objects.clear();
    change({});
  }
  select(number);
}
