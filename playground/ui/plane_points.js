// The points over the plane, and the brush that paints new ones.

const STROKE_DISTANCE = 0.3; // between two painted points, in units of the plane
const STROKE_WAIT = 1500; // ms after which a stroke that nothing came of is taken away

class PlanePoints {
  // `told` is called when the pointer moves.
  constructor(plane, send, told, signal) {
    this.send = send;
    this.told = told;
    this.canvas = planeElement("canvas", "pv-points", plane);
    this.pointer = null;
    this.stroke = null;
    this.waiting = null; // a finished stroke whose points have not come back yet
    const on = (name, act) => this.canvas.addEventListener(name, act, { signal });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", () => this.release());
    on("pointercancel", () => { this.stroke = null; this.draw(); });
    on("pointerleave", () => {
      this.pointer = null;
      if (this.data.options.paint === "erase") this.draw();
      this.told();
    });
  }

  update(data, colours, side, fresh) {
    Object.assign(this, { data, colours, side });
    this.canvas.classList.toggle("pv-painting", data.options.paint !== null);
    const { train, test } = data.points;
    const key = JSON.stringify([train.at, train.y, test.at, test.y, data.limit]);
    if (key !== this.key) {
      this.key = key;
      this.train = this.decodePoints(train);
      this.test = this.decodePoints(test);
      this.waiting = null;
    } else if (!fresh && data.options.test === this.withTest) return;
    this.withTest = data.options.test;
    this.draw();
  }

  decodePoints({ at, y, scale }) {
    const places = planeNumbers(at, Int16Array);
    const values = this.data.task === "regression" ? planeNumbers(y, Float32Array) : planeBytes(y);
    return Array.from(values, (value, index) => [places[2 * index] / scale, places[2 * index + 1] / scale, value]);
  }

  colourOf(value) {
    if (this.data.task === "regression") return this.colours.point(value / this.data.limit);
    return this.colours.classes[Math.round(value)] ?? "#808080";
  }

  draw() {
    const context = planeCanvas(this.canvas, this.side, this.side);
    const { options } = this.data;
    const stroke = this.stroke ?? this.waiting;
    const erased = stroke?.kind === "erase" ? stroke.points : [];
    const kept = ([x1, x2]) => !erased.some(([a, b]) => Math.hypot(a - x1, b - x2) <= this.data.limits.eraser);
    const count = this.train.length + (options.test ? this.test.length : 0);
    const radius = (count > 700 ? 2.6 : 3.6) * Math.min(1, Math.max(0.75, this.side / 400));
    if (options.test) this.dots(context, this.test.filter(kept), radius, "#000", "rgba(255, 255, 255, 0.5)");
    this.dots(context, this.train.filter(kept), radius, "#fff", "rgba(0, 0, 0, 0.35)");
    if (stroke?.kind === "paint") {
      this.dots(context, stroke.points.map(([x1, x2]) => [x1, x2, stroke.value]), radius, "#fff", "rgba(0, 0, 0, 0.35)");
    }
    if (options.paint === "erase" && this.pointer) {
      context.beginPath();
      context.arc(...this.toPixels(this.pointer), (this.data.limits.eraser / (2 * PLANE_HALF)) * this.side, 0, 7);
      context.lineWidth = 2;
      context.strokeStyle = this.colours.dark ? "#fff" : "#000";
      context.stroke();
    }
  }

  // One path a colour: a thousand single ones cost ten times as much.
  dots(context, points, radius, rim, line) {
    const groups = new Map();
    for (const [x1, x2, value] of points) {
      const colour = this.colourOf(value);
      if (!groups.has(colour)) groups.set(colour, new Path2D());
      const [x, y] = this.toPixels([x1, x2]);
      const path = groups.get(colour);
      path.moveTo(x + radius, y);
      path.arc(x, y, radius, 0, 2 * Math.PI);
    }
    for (const [style, width] of [[line, 3.4], [rim, 2]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      for (const path of groups.values()) context.stroke(path);
    }
    for (const [colour, path] of groups) {
      context.fillStyle = colour;
      context.fill(path);
    }
  }

  toPixels([x1, x2]) {
    const scale = this.side / (2 * PLANE_HALF);
    return [(x1 + PLANE_HALF) * scale, (PLANE_HALF - x2) * scale];
  }

  toPlane(event) {
    const box = this.canvas.getBoundingClientRect();
    const cut = (value) => Math.round(100 * Math.max(-PLANE_HALF, Math.min(PLANE_HALF, value))) / 100;
    const x1 = ((event.clientX - box.left) / box.width) * 2 * PLANE_HALF - PLANE_HALF;
    const x2 = PLANE_HALF - ((event.clientY - box.top) / box.height) * 2 * PLANE_HALF;
    return [cut(x1), cut(x2)];
  }

  press(event) {
    const { paint } = this.data.options;
    if (paint === null || event.button > 0) return;
    event.preventDefault();
    try {
      this.canvas.setPointerCapture(event.pointerId);
    } catch {
      // the finger has left already
    }
    this.stroke = paint === "erase" ? { kind: "erase", points: [] } : { kind: "paint", points: [], value: paint };
    this.move(event);
  }

  move(event) {
    this.pointer = this.toPlane(event);
    if (this.stroke) {
      const last = this.stroke.points.at(-1);
      const far = !last || Math.hypot(last[0] - this.pointer[0], last[1] - this.pointer[1]) >= STROKE_DISTANCE;
      if (far) this.stroke.points.push(this.pointer);
      if (far || this.stroke.kind === "erase") this.draw();
    } else if (this.data.options.paint === "erase") this.draw();
    this.told();
  }

  release() {
    if (!this.stroke) return;
    const { kind, points, value } = this.stroke;
    const extra = kind === "paint" ? { value } : { radius: this.data.limits.eraser };
    this.waiting = this.stroke;
    this.stroke = null;
    this.send({ kind, points, ...extra });
    const sent = this.waiting;
    setTimeout(() => {
      if (this.waiting !== sent) return;
      this.waiting = null;
      this.draw();
    }, STROKE_WAIT);
  }
}
