// The whole execution in a strip beside the lanes: where tasks run, where
// preemptions and the end are, and what is in sight.

let mapPicture = null;

function showMap() {
  const map = byId("map");
  const ratio = window.devicePixelRatio || 1;
  const width = map.clientWidth;
  const height = map.clientHeight;
  map.width = Math.round(width * ratio);
  map.height = Math.round(height * ratio);
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const execution = shown();
  const picture = document.createElement("canvas");
  picture.width = map.width;
  picture.height = map.height;
  const paint = picture.getContext("2d");
  paint.scale(ratio, ratio);
  const scale = mapScale(height);
  const lane = width / Math.max(1, state.lanes.length);
  const lanes = state.lanes.map((task) => color(laneColor(task).slice(12, -1)));
  state.rows.forEach((number, row) => {
    const it = item(execution, number);
    const at = state.laneOf.get(it.task) ?? 0;
    const bad = number >= execution.steps.length || execution.stuck.has(number);
    paint.fillStyle = bad ? color("--bad") : it.preemption ? color("--warn") : lanes[at];
    paint.fillRect(at * lane, row * scale, Math.max(2, lane - 0.5), Math.max(1, Math.min(scale - 0.5, 6)));
  });
  mapPicture = picture;
  showMapWindow();
}

// Short executions are not stretched.
const mapScale = (height) => Math.min(6, height / Math.max(1, state.rows.length));

function showMapWindow() {
  const map = byId("map");
  if (!mapPicture || !map.width) return;
  const paint = map.getContext("2d");
  const ratio = window.devicePixelRatio || 1;
  paint.setTransform(1, 0, 0, 1, 0, 0);
  paint.clearRect(0, 0, map.width, map.height);
  paint.drawImage(mapPicture, 0, 0);
  paint.scale(ratio, ratio);
  const scroll = byId("scroll");
  const scale = mapScale(map.clientHeight);
  const top = (scroll.scrollTop / zoom().row) * scale;
  const rows = Math.min(state.rows.length, (scroll.clientHeight - 34) / zoom().row);
  const style = getComputedStyle(document.documentElement);
  paint.strokeStyle = style.getPropertyValue("--accent");
  paint.lineWidth = 1.5;
  paint.strokeRect(1, top + 0.75, map.clientWidth - 2, Math.max(5, rows * scale - 1.5));
  paint.fillStyle = paint.strokeStyle;
  const selected = state.rowOf[state.selected] * scale;
  paint.fillRect(0, selected, map.clientWidth, Math.max(1.5, Math.min(scale, 3)));
}

function listenToMap() {
  const map = byId("map");
  const follow = (event) => {
    const y = event.clientY - map.getBoundingClientRect().top;
    const row = y / mapScale(map.clientHeight);
    const scroll = byId("scroll");
    scroll.scrollTop = row * zoom().row - scroll.clientHeight / 2;
  };
  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    follow(event);
  });
  map.addEventListener("pointermove", (event) => {
    if (event.buttons & 1) follow(event);
  });
}
