// The network: tiles of neurons in columns, and the weights between them as lines.

// Pixels from one column of neurons to the next, below which the box scrolls; fingers need larger buttons.
const COLUMN_LEAST = window.matchMedia("(pointer: coarse)").matches ? 92 : 61;
const COLUMN_ROOMY = 88; // below that, the heads of the columns are smaller
const SLIM = 0.55; // of that, for a layer that only transforms
const HEAD = 88; // pixels above the tiles
const LARGEST_TILE = 46;

class PlaneNetwork {
  constructor(root, view, signal) {
    this.view = view;
    this.element = planeElement("div", "pv-network", root);
    this.stage = planeElement("div", "pv-stage", this.element);
    this.stage.setAttribute("role", "group");
    this.stage.setAttribute("aria-label", "The network");
    this.note = planeElement("p", "pv-note", this.element);
    this.lines = new PlaneLines(this.stage, view);
    this.stage.addEventListener("pointermove", (event) => this.point(event), { signal });
    this.stage.addEventListener("pointerleave", () => this.hover(null), { signal });
    this.stage.addEventListener("click", (event) => this.click(event), { signal });
  }

  // Everything that hangs on the network's shape; called again only when that changes, or the size.
  build(data, width, height, toPlane) {
    const refocus = this.focused();
    this.stage.replaceChildren(this.lines.canvas);
    this.drawnTiles = [];
    this.inputs = data.inputs.map((input) => ({ ...input }));
    const columns = [{ inputs: true }, ...data.columns];
    const share = (column) => (column.slim ? SLIM : 1);
    const places = [0];
    for (let index = 1; index < columns.length; index += 1) {
      places.push(places[index - 1] + (share(columns[index - 1]) + share(columns[index])) / 2);
    }
    const labels = data.classes.length > 2 || data.columns.some((column) => column.output && column.units > 1);
    const [left, right] = [78, labels ? 66 : 48];
    const span = places.at(-1) || 1;
    this.width = Math.max(width, Math.ceil(left + right + span * COLUMN_LEAST));
    this.height = height;
    Object.assign(this.stage.style, { width: `${this.width}px`, height: `${height}px` });
    this.stage.classList.toggle("pv-tight", (this.width - left - right) / span < COLUMN_ROOMY);
    const at = (index) => left + (places[index] / span) * (this.width - left - right);
    this.top = HEAD;
    this.buildLayers(data, (at(0) + at(columns.length - 1)) / 2);
    const on = data.inputs.map((input, row) => (input.on ? row : -1)).filter((row) => row >= 0);
    const inputs = this.column(data.inputs.length, at(0), false);
    this.buildInputs(data, inputs);
    let source = on.slice(0, 16).map((row) => inputs.boxes[row]);
    this.columns = data.columns.map((column, index) => {
      const x = at(index + 1);
      if (column.slim) {
        this.buildSlim(column, x);
        return { ...column, x };
      }
      const laid = { ...column, ...this.column(column.shown, x, column.units > column.shown), source, index };
      this.buildColumn(data, laid);
      source = laid.boxes;
      return laid;
    });
    this.lines.place(this.columns, this.width, height, toPlane);
    this.say(data);
    refocus();
  }

  // Who works with the keyboard goes on from the same button, though it is another one now.
  focused() {
    const named = (label) => [...this.stage.querySelectorAll("button")].filter((one) => one.getAttribute("aria-label") === label);
    const active = document.activeElement;
    if (!this.stage.contains(active)) return () => {};
    const label = active.getAttribute("aria-label");
    const place = named(label).indexOf(active);
    return () => named(label)[place]?.focus({ preventScroll: true });
  }

  column(count, x, more) {
    const room = this.height - this.top - 8 - (more ? 20 : 0);
    const pitch = Math.min(62, room / Math.max(1, count));
    const side = Math.max(10, Math.min(LARGEST_TILE, Math.floor(pitch * (pitch > 30 ? 0.8 : 0.86))));
    const start = this.top + (room - pitch * count) / 2 + pitch / 2;
    const boxes = Array.from({ length: count }, (_, row) => ({ x, y: start + row * pitch, side }));
    return { x, boxes, side };
  }

  tile(box, words) {
    const button = planeElement("button", "pv-tile", this.stage);
    button.type = "button";
    button.setAttribute("aria-label", words);
    Object.assign(button.style, {
      left: `${box.x - box.side / 2}px`, top: `${box.y - box.side / 2}px`, width: `${box.side}px`, height: `${box.side}px`,
      borderRadius: `${Math.min(7, box.side / 5)}px`,
    });
    planeElement("canvas", "", button);
    return button;
  }

  step(parent, sign, words, usable, act) {
    const button = planeElement("button", "pv-step", parent, sign);
    button.type = "button";
    button.title = words;
    button.setAttribute("aria-label", words);
    button.disabled = !usable;
    button.addEventListener("click", (event) => { event.stopPropagation(); act(); });
  }

  buildLayers(data, x) {
    const hidden = data.columns.filter((column) => !column.slim && !column.output).length;
    const row = planeElement("div", "pv-layers", this.stage);
    Object.assign(row.style, { left: `${x}px`, top: "0px", transform: "translateX(-50%)" });
    const words = planeElement("span", "", null, `${hidden} hidden ${hidden === 1 ? "layer" : "layers"}`);
    if (!data.options.editable) return row.append(words);
    this.step(row, "−", "Take the last hidden layer away", hidden > 0, () => this.view.send({ kind: "remove_layer" }));
    row.append(words);
    this.step(row, "+", "Add a hidden layer", hidden < data.limits.layers, () => this.view.send({ kind: "add_layer" }));
  }

  head(x, upper, lower) {
    const head = planeElement("div", "pv-head", this.stage);
    Object.assign(head.style, { left: `${x}px`, top: "36px" });
    const units = planeElement("div", "pv-units", head, upper);
    if (lower) planeElement("div", "pv-function", head, lower).title = lower;
    return units;
  }

  buildInputs(data, { boxes, x }) {
    this.head(x, "Inputs", "");
    this.inputTiles = data.inputs.map((input, row) => {
      const box = boxes[row];
      const label = planeElement("div", `pv-label${input.on ? "" : " pv-off"}`, this.stage, input.words);
      Object.assign(label.style, { right: `${this.width - box.x + box.side / 2 + 7}px`, top: `${box.y - 9}px` });
      const act = input.on ? "on; press to switch it off" : "off; press to switch it on";
      const tile = this.tile(box, `Input ${input.words}, ${act}`);
      tile.classList.toggle("pv-off", !input.on);
      tile.setAttribute("aria-pressed", String(input.on));
      this.watch(tile, { input: row });
      if (data.options.editable) tile.addEventListener("click", () => this.view.send({ kind: "input", name: input.name }));
      return tile;
    });
  }

  buildSlim(column, x) {
    const bar = planeElement("div", "pv-slim", this.stage, column.title);
    bar.title = column.title;
    Object.assign(bar.style, { 
      left: `${x - 12}px`, top: `${this.top + 4}px`, width: "24px", height: `${this.height - this.top - 12}px`,
    });
  }

  buildColumn(data, column) {
    const { units, output } = column;
    if (output) this.head(column.x, units === 1 ? "Output" : `${units} outputs`, column.activation);
    else {
      const head = this.head(column.x, data.options.editable ? "" : String(units), column.activation);
      if (data.options.editable) {
        const change = (delta) => () => this.view.send({ kind: "units", layer: column.layer, delta });
        this.step(head, "−", "One neuron less", units > 1, change(-1));
        planeElement("span", "", head, String(units)).title = `${units} ${units === 1 ? "neuron" : "neurons"}`;
        this.step(head, "+", "One neuron more", units < data.limits.units, change(1));
      }
    }
    column.tiles = column.boxes.map((box, row) => {
      const tile = this.tile(box, this.view.words.neuron(column, row));
      this.watch(tile, { column: column.index, row });
      tile.addEventListener("click", () => this.view.card.openNeuron(column.index, row, tile));
      return tile;
    });
    column.dots = column.biasName ? column.boxes.map((box, row) => this.dot(column, box, row)) : [];
    if (output && units > 1) {
      column.boxes.forEach((box, row) => {
        const label = planeElement("div", "pv-label", this.stage, data.classes[row] ?? "");
        Object.assign(label.style, { left: `${box.x + box.side / 2 + 7}px`, top: `${box.y - 9}px` });
      });
    }
    if (units > column.shown) {
      const more = planeElement("div", "pv-label pv-more", this.stage, `+ ${units - column.shown} more`);
      Object.assign(more.style, { left: `${column.x}px`, top: `${this.height - 18}px`, transform: "translateX(-50%)" });
    }
  }

  dot(column, box, row) {
    const side = Math.max(5, Math.min(10, box.side / 4));
    const dot = planeElement("button", "pv-bias", this.stage);
    dot.type = "button";
    dot.tabIndex = -1; // by keyboard, the neuron itself opens all its numbers
    dot.setAttribute("aria-label", `Bias of ${this.view.words.place(column, row)}`);
    Object.assign(dot.style, {
      left: `${box.x - box.side / 2 - side / 2}px`,
      top: `${box.y + box.side / 2 - side / 2}px`,
      width: `${side}px`,
      height: `${side}px`,
    });
    const line = { column: column.index, row, bias: true };
    dot.addEventListener("pointerenter", (event) => this.view.card.hint(line, event));
    dot.addEventListener("pointerleave", () => this.view.card.unhint());
    dot.addEventListener("click", (event) => { event.stopPropagation(); this.view.card.openNumber(line, event); });
    return dot;
  }

  watch(tile, neuron) {
    const enter = () => { this.hover(null); tile.classList.add("pv-hot"); this.view.showNeuron(neuron); };
    const leave = () => { tile.classList.remove("pv-hot"); this.view.showNeuron(null); };
    tile.addEventListener("pointerenter", enter); // a finger looks for as long as it rests
    tile.addEventListener("pointerleave", leave);
    tile.addEventListener("focus", () => { if (tile.matches(":focus-visible")) enter(); });
    tile.addEventListener("blur", leave);
  }

  say(data) {
    const crowded = data.columns.find((column) => column.units > column.shown);
    this.total = this.columns.reduce((sum, column) => sum + (column.slim ? 0 : column.source.length * column.boxes.length), 0);
    const notes = [];
    if (crowded) notes.push(`The first ${crowded.shown} neurons of a layer are drawn.`);
    if (this.total > MOST_LINES) {
      notes.push(`Of their ${this.total.toLocaleString("en")} weights, lines show the ${MOST_LINES} strongest, some of every layer.`);
    }
    this.note.textContent = notes.join(" ");
  }

  // What changes with every tick: the pictures in the tiles, the dots, the lines.
  draw(data, colours, fresh) {
    if (fresh) {
      data.inputs.forEach(({ tile, side }, row) => this.paint(this.inputTiles[row], planeBytes(tile), 0, side, colours));
    }
    data.columns.forEach((column, index) => {
      if (column.slim) return;
      const laid = this.columns[index];
      Object.assign(laid, {
        low: planeNumbers(column.low, Float32Array),
        high: planeNumbers(column.high, Float32Array),
        weight: planeNumbers(column.weight, Float32Array),
        bias: planeNumbers(column.bias, Float32Array),
      });
      laid.across = laid.weight.length / laid.shown;
      if (fresh || this.drawnTiles[index] !== column.tiles) {
        this.drawnTiles[index] = column.tiles;
        laid.bytes = column.tiles ? planeBytes(column.tiles) : null;
        laid.tiles.forEach((tile, row) => this.paint(tile, laid.bytes, row * column.side ** 2, column.side, colours));
      }
      laid.dots.forEach((dot, row) => {
        dot.style.background = this.shade(this.view.valueOf({ column: index, row, bias: true }), colours);
      });
    });
    const key = data.columns.map(({ weight, bias }) => `${weight}/${bias}`).join();
    this.lines.draw(colours, fresh ? undefined : key);
  }

  paint(tile, bytes, start, side, colours) {
    planeTile(tile.firstElementChild, bytes, start, side, colours);
  }

  shade(value, colours) {
    const [low, high] = colours.lineRgb;
    const middle = colours.dark ? [110, 116, 128] : [190, 194, 200];
    return planeCss(planeMix(middle, value < 0 ? low : high, Math.min(1, Math.abs(value))));
  }

  point(event) {
    if (event.pointerType === "touch") return;
    this.hover(this.lines.nearest(event), event);
  }

  hover(line, event) {
    this.stage.style.cursor = line ? "pointer" : "";
    if (line) this.view.card.hint(line, event);
    else if (this.lines.hovered) this.view.card.unhint();
    this.lines.hover(line);
  }

  click(event) {
    const line = this.lines.nearest(event);
    if (line) this.view.card.openNumber(line, event);
  }
}
