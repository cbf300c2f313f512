// The output plane: the surface, its axes and its legend.

const PLANE_HALF = 6;
const PLANE_LEFT = 26; // pixels for the axis' numbers
const PLANE_FINE = 240; // cells of a discrete surface, whose borders would be steps otherwise

class PlaneSurface {
  constructor(root, send, signal) {
    this.element = planeElement("div", "pv-output", root);
    this.title = planeElement("div", "pv-title", this.element);
    this.plane = planeElement("div", "pv-plane", this.element);
    this.plane.setAttribute("role", "img");
    this.surface = planeElement("canvas", "pv-surface", this.plane);
    this.points = new PlanePoints(this.plane, send, () => this.read(), signal);
    this.problem = planeElement("div", "pv-problem", this.plane);
    this.problemWords = planeElement("span", "", this.problem);
    this.ticks = [];
    for (const value of [-6, -3, 0, 3, 6]) {
      const words = String(value).replace("-", "−");
      this.ticks.push([planeElement("span", "pv-tick pv-x", this.plane, words), value, true]);
      this.ticks.push([planeElement("span", "pv-tick pv-y", this.plane, words), value, false]);
    }
    this.names = [planeElement("span", "pv-tick pv-x pv-name", this.plane, "x₁")];
    this.names.push(planeElement("span", "pv-tick pv-y pv-name", this.plane, "x₂"));
    this.legend = planeElement("div", "pv-legend", this.element);
    this.readout = planeElement("div", "pv-readout", this.element);
  }

  place(side) {
    this.side = side;
    const total = side + PLANE_LEFT;
    this.element.style.width = `${total}px`;
    this.plane.style.height = `${side + 22}px`;
    for (const layer of [this.surface, this.points.canvas, this.problem]) {
      Object.assign(layer.style, { left: `${PLANE_LEFT}px`, top: "0px", width: `${side}px`, height: `${side}px` });
    }
    for (const [tick, value, across] of this.ticks) this.placeTick(tick, value, across);
    this.placeTick(this.names[0], 4.5, true);
    this.placeTick(this.names[1], 4.5, false);
  }

  placeTick(tick, value, across) {
    const at = ((value + PLANE_HALF) / (2 * PLANE_HALF)) * this.side;
    const end = Math.min(Math.max(across ? at : this.side - at, 8), this.side - 8);
    tick.style.left = across ? `${PLANE_LEFT + end}px` : "0px";
    tick.style.top = across ? `${this.side + 4}px` : `${end}px`;
  }

  update(data, colours, fresh) {
    const before = this.data;
    this.data = data;
    this.colours = colours;
    this.plane.setAttribute("aria-label", data.alt);
    this.problem.hidden = !data.problem;
    this.problemWords.textContent = data.problem;
    if (data.surface?.cells !== before?.surface?.cells || data.surface?.low !== before?.surface?.low
      || data.surface?.high !== before?.surface?.high || !this.values) this.values = this.decode(data.surface);
    if (fresh) this.surfaceKey = null;
    this.drawSurface();
    this.points.update(data, colours, this.side, fresh);
    const options = JSON.stringify([data.options.test, data.options.discrete, data.classes, data.limit]);
    if (fresh || options !== this.optionsKey) {
      this.optionsKey = options;
      this.drawLegend();
    }
    this.read();
  }

  decode(surface) {
    if (!surface) return [];
    const cells = planeNumbers(surface.cells, surface.steps > 255 ? Uint16Array : Uint8Array);
    const step = (surface.high - surface.low) / surface.steps;
    const values = Float32Array.from(cells, (cell) => surface.low + cell * step);
    const count = surface.size ** 2;
    return Array.from({ length: surface.planes }, (_, plane) => values.subarray(plane * count, (plane + 1) * count));
  }

  // The neuron that is looked at takes the output's place while the pointer is over it.
  show(neuron) {
    this.neuron = neuron;
    this.drawSurface();
    this.read();
  }

  drawSurface() {
    const { neuron, values, data } = this;
    const key = [neuron?.words, neuron?.bytes ?? values, data.options.discrete, data.limit];
    const same = key.every((part, index) => part === this.surfaceKey?.[index]);
    this.title.textContent = neuron ? `${neuron.words}: ${planeWords(neuron.low)} to ${planeWords(neuron.high)}` : "Output";
    this.title.title = this.title.textContent;
    if (neuron || this.neuronLegend) this.drawLegend();
    if (same) return;
    this.surfaceKey = key;
    if (neuron) return planeTile(this.surface, neuron.bytes, neuron.start, neuron.side, this.colours);
    if (!values.length) return planeTile(this.surface, null, 0, 2, this.colours);
    const { size } = data.surface;
    const side = data.options.discrete ? PLANE_FINE : size;
    if (this.surface.width !== side) this.surface.width = this.surface.height = side;
    const context = this.surface.getContext("2d");
    const image = context.createImageData(side, side);
    const pixels = new Uint32Array(image.data.buffer);
    if (data.options.discrete) this.sort(pixels, size);
    else this.shade(pixels);
    context.putImageData(image, 0, 0);
  }

  // Where the colours lie between: of one plane, its value; of several, their mixture.
  shade(pixels) {
    const { table, pale } = this.colours;
    const planes = this.values;
    if (planes.length === 1) {
      const [middle, reach] = this.middle();
      for (let index = 0; index < pixels.length; index += 1) {
        const share = Math.max(-1, Math.min(1, (planes[0][index] - middle) / reach));
        pixels[index] = table[Math.round(128 + 127 * share)];
      }
      return;
    }
    for (let index = 0; index < pixels.length; index += 1) {
      const mixed = [0, 0, 0];
      for (let plane = 0; plane < planes.length; plane += 1) {
        for (let part = 0; part < 3; part += 1) mixed[part] += planes[plane][index] * pale[plane][part];
      }
      pixels[index] = planePixel(mixed.map((part) => Math.min(255, part)));
    }
  }

  middle() {
    return this.data.task === "regression" ? [0, this.data.limit] : [0.5, 0.5];
  }

  // Every place in the colour of its class, or of its sign. Between the centres of four cells a value lies as far as its place
  // does; where one class leads at all four, it leads in between.
  sort(pixels, size) {
    const [plane] = this.values;
    const alone = this.values.length === 1;
    const planes = alone ? [new Float32Array(plane.length).fill(this.middle()[0]), plane] : this.values;
    const colours = alone ? [this.colours.table[1], this.colours.table[255]] : this.colours.pale.map(planePixel);
    const lead = (value) => {
      let best = 0;
      for (let other = 1; other < planes.length; other += 1) if (value(planes[other]) > value(planes[best])) best = other;
      return best;
    };
    const leads = Uint8Array.from(plane, (_, cell) => lead((values) => values[cell]));
    const places = Array.from({ length: PLANE_FINE }, (_, index) => {
      const at = Math.min(Math.max(((index + 0.5) * size) / PLANE_FINE - 0.5, 0), size - 1);
      const first = Math.min(Math.floor(at), size - 2);
      return [first, at - first];
    });
    places.forEach(([top, down], row) => places.forEach(([left, right], column) => {
      const corner = top * size + left;
      const below = corner + size;
      let best = leads[corner];
      if (best !== leads[corner + 1] || best !== leads[below] || best !== leads[below + 1]) {
        best = lead((values) => (1 - down) * (values[corner] + (values[corner + 1] - values[corner]) * right)
          + down * (values[below] + (values[below + 1] - values[below]) * right));
      }
      pixels[row * PLANE_FINE + column] = colours[best];
    }));
  }

  read() {
    const { pointer } = this.points;
    if (!pointer || this.neuron) {
      this.readout.textContent = this.data?.options.paint !== null && !this.neuron ? "Press and draw on the plane." : "";
      return;
    }
    const place = `x₁ = ${planeWords(pointer[0])}, x₂ = ${planeWords(pointer[1])}`;
    this.readout.textContent = this.values.length ? `${place}: ${this.answer(pointer)}` : place;
  }

  answer([x1, x2]) {
    const { size } = this.data.surface;
    const cell = (at) => Math.max(0, Math.min(size - 1, Math.floor(at)));
    const column = cell(((x1 + PLANE_HALF) / (2 * PLANE_HALF)) * size);
    const row = cell(((PLANE_HALF - x2) / (2 * PLANE_HALF)) * size);
    const here = this.values.map((plane) => plane[row * size + column]);
    if (this.data.task === "regression") return planeWords(here[0]);
    const shares = here.length === 1 ? [1 - here[0], here[0]] : here;
    const best = shares.indexOf(Math.max(...shares));
    return `${this.data.classes[best]}, ${(100 * shares[best]).toFixed(0)} %`;
  }

  drawLegend() {
    const { data, colours } = this;
    const { neuron } = this;
    this.neuronLegend = Boolean(neuron);
    this.legend.replaceChildren();
    const mark = (name, text, colour) => {
      const label = planeElement("span", "", this.legend);
      const swatch = planeElement("i", name, label);
      if (colour) swatch.style.background = colour;
      label.append(text);
    };
    if (neuron) this.ramp(planeWords(-neuron.limit), planeWords(neuron.limit));
    else if (data.classes.length > 2) data.classes.forEach((name, index) => mark("pv-swatch", name, colours.classes[index]));
    else if (data.task === "regression") this.ramp(planeWords(-data.limit), planeWords(data.limit));
    else if (data.options.discrete) data.classes.forEach((name, at) => mark("pv-swatch", name, planeCss(colours.scale[2 * at])));
    else this.ramp(...data.classes);
    if (data.options.test) {
      mark("pv-dot", "to learn from");
      mark("pv-dot pv-test", "to test");
    }
  }

  ramp(low, high) {
    planeElement("span", "", this.legend, low);
    planeElement("i", "pv-ramp", this.legend).style.background = this.colours.ramp();
    planeElement("span", "", this.legend, high);
  }
}
