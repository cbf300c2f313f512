// The picture of a network on the plane: holds its parts together, draws what is new, and tells the page what was done.

const PLANE_NARROW = 620; // pixels below which the network stands under the plane
const NETWORK_LEAST = 404; // pixels that a network is high, so that all its inputs can be seen
const PLANE_GAP = 14;
const LOST_AFTER = 500; // ms after which a message that the page has not answered is sent again, with the next tick
const PATIENCE = 1000; // ms after which it is sent again where nothing ticks; then twice as long, since each holds a busy page up
const EDIT_KEPT = 700; // ms for which a number changed by hand stands, until the network says it itself

class PlaneView {
  constructor(root) {
    this.root = root;
    this.pending = [];
    this.number = 0;
    this.overrides = new Map();
    this.drawings = 0;
    this.aborter = new AbortController();
    const { signal } = this.aborter;
    this.words = new PlaneWords(this);
    this.network = new PlaneNetwork(root, this, signal);
    this.surface = new PlaneSurface(root, (command) => this.send(command), signal);
    this.card = new PlaneCard(root, this, signal);
    this.sizes = new ResizeObserver(() => this.request());
    this.sizes.observe(root);
    // A button that is replaced under the finger would lose the click: so nothing is built anew while one presses.
    root.addEventListener("pointerdown", () => { this.pressed = true; }, { signal, capture: true });
    for (const name of ["pointerup", "pointercancel", "pointermove"]) {
      document.addEventListener(name, (event) => { if (name !== "pointermove" || !event.buttons) this.release(); }, { signal });
    }
    // The page's text colour changes with its theme, which takes the smallest of transitions.
    root.addEventListener("transitionend", (event) => { if (event.target === root) this.request(); }, { signal });
  }

  update(data, tell) {
    this.data = data;
    this.tell = tell;
    this.pending = this.pending.filter(({ number }) => number > data.seen);
    if (this.pending.length && performance.now() - this.sent > LOST_AFTER) setTimeout(() => this.tellPending());
    this.request();
  }

  request() {
    if (this.frame || !this.data) return;
    this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  release() {
    if (!this.pressed) return;
    this.pressed = false;
    this.request();
  }

  dark() {
    const [red, green, blue] = (getComputedStyle(this.root).color.match(/[\d.]+/g) ?? []).map(Number);
    return red + green + blue > 382; // light text stands on a dark page
  }

  draw() {
    const start = performance.now();
    const { data } = this;
    const width = this.root.clientWidth;
    if (!width) return;
    const theme = `${this.dark()}/${JSON.stringify(data.palette)}`;
    const repainted = theme !== this.theme;
    if (repainted) {
      this.theme = theme;
      this.colours = new PlaneColours(data.palette, this.dark());
    }
    const shape = this.shape(data);
    const rebuilt = shape !== this.built || width !== this.width;
    if (rebuilt && this.pressed && this.built) return;
    if (shape !== this.built) this.card.close();
    if (rebuilt) this.build(data, width);
    Object.assign(this, { built: shape, width });
    const now = performance.now();
    for (const [key, { until }] of this.overrides) if (until < now) this.overrides.delete(key);
    this.network.draw(data, this.colours, rebuilt || repainted);
    this.surface.neuron = this.looked ? this.neuron(this.looked) : null;
    this.surface.update(data, this.colours, rebuilt || repainted);
    this.card.refresh();
    this.drawings += 1;
    this.root.dataset.drawings = this.drawings;
    this.root.dataset.milliseconds = (performance.now() - start).toFixed(1);
  }

  shape(data) {
    const columns = data.columns.map(({ layer, title, activation, slim, output, units, shown, biasName }) =>
      [layer, title, activation, slim, output, units, shown, biasName]);
    return JSON.stringify([columns, data.inputs.map(({ on }) => on), data.options.editable, data.classes]);
  }

  build(data, width) {
    const narrow = width < PLANE_NARROW;
    this.narrow = narrow;
    this.root.classList.toggle("pv-narrow", narrow);
    const side = narrow ? Math.min(width - PLANE_LEFT - 2, 460) : Math.max(250, Math.min(430, Math.round(width * 0.385)));
    this.surface.place(side);
    const space = narrow ? width : width - side - PLANE_LEFT - PLANE_GAP;
    this.looked = null;
    this.network.build(data, space, narrow ? 440 : Math.max(NETWORK_LEAST, side + 66), !narrow);
  }

  // A weight or a bias is named by its column, its neuron (row) and where it comes from.
  address({ column, row, from, bias }) {
    const laid = this.network.columns[column];
    return bias ? { name: laid.biasName, index: [row] } : { name: laid.weightName, index: [row, from] };
  }

  valueOf(line) {
    const { column, row, from, bias } = line;
    const kept = this.overrides.size && this.overrides.get(JSON.stringify(this.address(line)));
    if (kept) return kept.value;
    const laid = this.network.columns[column];
    return bias ? laid.bias[row] : laid.weight[row * laid.across + from];
  }

  override(line, value) {
    this.overrides.set(JSON.stringify(this.address(line)), { value, until: performance.now() + EDIT_KEPT });
    this.request();
  }

  neuron({ input, column, row }) {
    if (input !== undefined) {
      const { words, low, high, tile, side } = this.data.inputs[input];
      return { words: `Input ${words}`, low, high, limit: Math.max(-low, high), bytes: planeBytes(tile), start: 0, side };
    }
    const laid = this.network.columns[column];
    const { side, peak } = this.data.columns[column];
    const [low, high] = [laid.low[row], laid.high[row]];
    const limit = Math.max(-low, high, this.data.limits.faintest * peak);
    return { words: this.words.neuron(laid, row), low, high, limit, bytes: laid.bytes, start: row * side ** 2, side };
  }

  showNeuron(looked) {
    this.looked = looked;
    this.surface.show(looked && this.neuron(looked));
  }

  // A message may be lost between two ticks: so each holds all that the page has not yet said it has seen, and is sent again.
  send(command) {
    this.number = Math.max(this.number + 1, Date.now());
    const place = ({ kind, name, index }) => (kind === "edit" ? JSON.stringify([name, index]) : "");
    const last = this.pending.at(-1);
    const goesOn = last && command.kind === "edit" && place(last) === place(command) && last.before === command.before;
    if (goesOn) this.pending.pop();
    this.pending.push({ ...command, number: this.number });
    this.patience = PATIENCE;
    this.tellPending();
  }

  tellPending() {
    this.sent = performance.now();
    this.tell("command", { commands: this.pending });
    clearTimeout(this.again);
    this.again = setTimeout(() => { if (this.pending.length) this.tellPending(); }, this.patience);
    this.patience *= 2;
  }

  stop() {
    this.aborter.abort();
    this.sizes.disconnect();
    clearTimeout(this.again);
    cancelAnimationFrame(this.frame);
    this.root.replaceChildren();
    delete this.root.planeView;
  }
}

// What people call a neuron, and a number of it.
class PlaneWords {
  constructor(view) {
    this.view = view;
  }

  weighted() {
    return this.view.data.columns.filter((column) => !column.slim);
  }

  place(column, row) {
    if (!column.output) {
      const layer = this.weighted().findIndex((one) => one.layer === column.layer) + 1;
      const many = this.weighted().filter((one) => !one.output).length > 1;
      return many ? `neuron ${row + 1} of layer ${layer}` : `neuron ${row + 1}`;
    }
    const name = this.view.data.classes[row];
    return column.units === 1 ? "the output" : `the output for ${name ?? row + 1}`;
  }

  neuron(column, row) {
    const words = this.place(column, row).replace(/^the o/, "O");
    return words[0].toUpperCase() + words.slice(1);
  }

  source(column, from) {
    const before = this.view.data.columns.slice(0, column).findLast((one) => !one.slim);
    return before ? this.place(before, from) : this.view.data.inputs.filter(({ on }) => on)[from].words;
  }

  number({ column, row, from, bias }) {
    const place = this.place(this.view.data.columns[column], row);
    return bias ? `Bias of ${place}` : `Weight from ${this.source(column, from)} to ${place}`;
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".plane-view");
  root.planeView ??= new PlaneView(root);
  root.planeView.update(data, setTriggerValue);
  return () => root.planeView?.stop();
}
