// The weights as lines between the tiles: as wide as they are strong, blue above zero and orange below.

const MOST_LINES = 400;
// Pixels from a line at which the pointer, or a finger, still means it.
const REACH = 7;
const TOUCH_REACH = 16;

class PlaneLines {
  constructor(stage, view) {
    this.stage = stage;
    this.view = view;
    this.canvas = planeElement("canvas", "pv-edges", stage);
  }

  place(columns, width, height, toPlane) {
    Object.assign(this, { columns, width, height, toPlane, key: null, hovered: null, shown: [], paths: new Map() });
  }

  hover(line) {
    if (this.same(line, this.hovered)) return;
    this.hovered = line;
    if (this.colours) this.draw(this.colours);
  }

  // The strongest weights, weakest first. Every layer has its share: else one with small weights would seem cut off.
  all() {
    const layers = this.columns.filter((column) => !column.slim).map((column) => this.into(column));
    let room = MOST_LINES;
    layers.sort((one, other) => one.length - other.length);
    const shown = layers.flatMap((lines, index) => {
      const share = lines.slice(0, Math.floor(room / (layers.length - index)));
      room -= share.length;
      return share;
    });
    return shown.sort((one, other) => Math.abs(one.value) - Math.abs(other.value));
  }

  into(column) {
    const lines = [];
    for (let row = 0; row < column.boxes.length; row += 1) {
      for (let from = 0; from < column.source.length; from += 1) {
        const value = this.view.valueOf({ column: column.index, row, from });
        if (Number.isFinite(value)) lines.push({ column: column.index, row, from, value });
      }
    }
    return lines.sort((one, other) => Math.abs(other.value) - Math.abs(one.value));
  }

  // With the same `key`, the same is drawn already.
  draw(colours, key) {
    if (key !== undefined && key === this.key && !this.view.overrides.size && !this.overridden) return;
    this.overridden = this.view.overrides.size > 0;
    Object.assign(this, { colours, key: key ?? this.key });
    const context = planeCanvas(this.canvas, this.width, this.height);
    this.shown = this.all();
    context.lineCap = "round";
    for (const line of this.shown) this.stroke(context, line);
    context.globalAlpha = 1;
    this.drawAnswer(context);
    if (this.hovered) {
      const found = this.shown.find((line) => this.same(line, this.hovered));
      if (!found) return;
      context.strokeStyle = getComputedStyle(this.stage).color;
      context.lineWidth = this.thickness(found) + 3;
      context.stroke(this.curve(found).path);
      this.stroke(context, found, 1);
    }
  }

  stroke(context, line, alpha) {
    context.globalAlpha = alpha ?? 0.2 + 0.75 * Math.min(1, Math.abs(line.value) / 0.8);
    context.strokeStyle = this.colours.lines[line.value < 0 ? 0 : 1];
    context.lineWidth = this.thickness(line);
    context.stroke(this.curve(line).path);
  }

  // From the output's tile on to the plane, which shows what they say.
  drawAnswer(context) {
    const last = this.columns.findLast((column) => !column.slim);
    if (!this.toPlane || !last?.output || last.boxes.length > 1) return;
    context.strokeStyle = "rgba(128, 128, 128, 0.6)";
    context.lineWidth = 1.5;
    const [box] = last.boxes;
    context.beginPath();
    context.moveTo(box.x + box.side / 2, box.y);
    context.lineTo(this.width - 3, box.y);
    context.moveTo(this.width - 8, box.y - 4);
    context.lineTo(this.width - 3, box.y);
    context.lineTo(this.width - 8, box.y + 4);
    context.stroke();
  }

  thickness(line) {
    const crowd = Math.min(1, Math.max(0.4, this.columns[line.column].side / 40));
    return (0.7 + 1.6 * Math.min(4, Math.abs(line.value))) * crowd;
  }

  curve({ column, row, from }) {
    const key = `${column}/${row}/${from}`;
    if (!this.paths.has(key)) {
      const laid = this.columns[column];
      const [source, goal] = [laid.source[from], laid.boxes[row]];
      const [x0, y0, x1, y1] = [source.x + source.side / 2, source.y, goal.x - goal.side / 2, goal.y];
      const bend = (x1 - x0) * 0.5;
      const path = new Path2D();
      path.moveTo(x0, y0);
      path.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
      this.paths.set(key, { path, x0, y0, x1, y1 });
    }
    return this.paths.get(key);
  }

  // How far a place is from a line: both its controls lie half-way, so x grows as 1.5 t - 1.5 t² + t³ does, and y as 3t² - 2t³.
  distance({ x0, y0, x1, y1 }, x, y) {
    if (x < x0 || x > x1) return Infinity;
    const share = (x - x0) / (x1 - x0 || 1);
    let t = share;
    for (let round = 0; round < 4; round += 1) t -= (1.5 * t - 1.5 * t * t + t ** 3 - share) / (1.5 - 3 * t + 3 * t * t);
    const slope = ((y1 - y0) * (6 * t - 6 * t * t)) / ((x1 - x0) * (1.5 - 3 * t + 3 * t * t) || 1);
    return Math.abs(y0 + (y1 - y0) * (3 * t * t - 2 * t ** 3) - y) / Math.hypot(1, slope);
  }

  same(one, other) {
    return one && other && one.column === other.column && one.row === other.row && one.from === other.from;
  }

  nearest(event) {
    if (event.target !== this.canvas && event.target !== this.stage) return null;
    const box = this.stage.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [found, least] = [null, event.pointerType === "touch" ? TOUCH_REACH : REACH];
    for (const line of this.shown ?? []) {
      const away = Math.max(0, this.distance(this.curve(line), x, y) - this.thickness(line) / 2);
      if (away <= least) [found, least] = [line, away];
    }
    return found;
  }
}
