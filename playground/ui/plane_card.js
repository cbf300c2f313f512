// The card beside a weight, a bias or a neuron: what it is, its value, and a field to change it.

const EDIT_WAIT = 140; // ms between two values of a slider that is being moved

class PlaneCard {
  constructor(root, view, signal) {
    this.root = root;
    this.view = view;
    this.element = planeElement("div", "pv-card", root);
    this.element.hidden = true;
    this.open = null; // the number or neuron that the card stays with
    document.addEventListener("pointerdown", (event) => {
      if (this.open && !this.element.contains(event.target) && !event.target.closest?.(".pv-bias, .pv-tile")) this.close();
    }, { signal });
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      const { from } = this;
      this.close();
      from?.focus();
    }, { signal });
  }

  hint(line, event) {
    if (this.open) return;
    this.element.className = "pv-card pv-light";
    this.hinted = line;
    this.element.replaceChildren();
    planeElement("span", "", this.element, `${this.view.words.number(line)}: `);
    this.value = planeElement("b", "", this.element, planeWords(this.view.valueOf(line)));
    if (this.view.data.options.editable) planeElement("small", "", this.element, "Click to change it.");
    this.place(event);
  }

  unhint() {
    this.hinted = null;
    if (!this.open) this.element.hidden = true;
  }

  openNumber(line, event) {
    this.start({ line }, this.view.words.number(line), event.currentTarget);
    this.rows = [this.row(line, "Value", this.element)];
    const { field } = this.rows[0];
    this.slider = planeElement("input", "", this.element);
    const reach = Math.max(3, Math.ceil(1.5 * Math.abs(this.view.valueOf(line)) || 0));
    Object.assign(this.slider, { type: "range", min: -reach, max: reach, step: reach / 300 });
    this.slider.value = this.view.valueOf(line);
    this.slider.setAttribute("aria-label", this.view.words.number(line));
    this.slider.disabled = field.disabled;
    this.slider.addEventListener("input", () => this.slide(line, Number(this.slider.value), field));
    this.slider.addEventListener("change", () => {
      this.edit(line, Number(this.slider.value), this.grabbed);
      this.grabbed = undefined;
    });
    this.place(event);
    this.focus(field);
  }

  openNeuron(column, row, tile) {
    const laid = this.view.network.columns[column];
    const from = tile.getBoundingClientRect();
    this.start({ column, row }, this.view.words.neuron(laid, row), tile);
    this.from = tile;
    this.range = planeElement("small", "", this.element);
    const list = planeElement("div", "pv-rows", this.element);
    this.rows = laid.biasName ? [this.row({ column, row, bias: true }, "Bias", list)] : [];
    for (let index = 0; index < laid.source.length; index += 1) {
      this.rows.push(this.row({ column, row, from: index }, `Weight from ${this.view.words.source(column, index)}`, list));
    }
    const more = laid.wide - laid.source.length;
    if (more > 0) planeElement("small", "", this.element, `+ ${more} more weights`);
    this.refresh();
    this.place({ clientX: from.right, clientY: from.top });
    this.focus(this.rows[0]?.field);
  }

  start(open, words, from) {
    this.open = open;
    this.from = from;
    this.slider = null;
    this.grabbed = undefined; // what stood there when the slider was taken hold of
    this.range = null;
    this.hinted = null;
    this.element.className = "pv-card";
    this.element.replaceChildren();
    this.element.setAttribute("role", "dialog");
    this.element.setAttribute("aria-label", words);
    const head = planeElement("header", "", this.element);
    planeElement("span", "", head, words);
    const close = planeElement("button", "pv-close", head, "×");
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => this.close());
  }

  // On a touch screen the keyboard would rise over the picture: there it waits until it is wanted.
  focus(field) {
    if (!field || window.matchMedia("(pointer: coarse)").matches) return;
    field.focus({ preventScroll: true });
    field.select();
  }

  row(line, words, parent) {
    const box = parent.classList.contains("pv-rows") ? parent : planeElement("div", "pv-rows", parent);
    planeElement("span", "", box, words);
    const field = planeElement("input", "", box);
    Object.assign(field, { type: "number", step: "0.1", value: this.written(this.view.valueOf(line)) });
    field.disabled = !this.view.data.options.editable;
    field.setAttribute("aria-label", this.view.words.number(line));
    field.addEventListener("change", () => this.typed(line, field));
    field.addEventListener("keydown", (event) => { if (event.key === "Enter") this.typed(line, field); });
    return { line, field };
  }

  written(value) {
    return Number.isFinite(value) ? String(Number(value.toPrecision(4))) : "";
  }

  typed(line, field) {
    const value = Number(field.value);
    if (field.value === "" || !Number.isFinite(value) || field.value === this.written(this.view.valueOf(line))) return;
    this.edit(line, value);
    if (this.slider) {
      const reach = Math.max(Number(this.slider.max), Math.abs(value));
      Object.assign(this.slider, { min: -reach, max: reach, value });
    }
  }

  slide(line, value, field) {
    this.grabbed ??= this.view.valueOf(line);
    const before = this.grabbed;
    field.value = this.written(value);
    this.view.override(line, value);
    const now = performance.now();
    clearTimeout(this.timer);
    const wait = Math.max(0, EDIT_WAIT - (now - (this.sent ?? 0)));
    this.timer = setTimeout(() => this.edit(line, value, before), wait);
  }

  edit(line, value, before = this.view.valueOf(line)) {
    clearTimeout(this.timer);
    this.sent = performance.now();
    this.view.override(line, value);
    this.view.send({ kind: "edit", ...this.view.address(line), value, before: Number.isFinite(before) ? before : null });
  }

  // While training goes on the numbers move, but not the one that is being typed.
  refresh() {
    if (this.hinted && this.value) this.value.textContent = planeWords(this.view.valueOf(this.hinted));
    if (!this.open) return;
    for (const { line, field } of this.rows) {
      if (field !== document.activeElement) field.value = this.written(this.view.valueOf(line));
    }
    if (this.slider && !this.slider.matches(":active, :focus")) this.slider.value = this.view.valueOf(this.open.line);
    if (this.range) {
      const { low, high } = this.view.network.columns[this.open.column];
      this.range.textContent = `Over the plane it says ${planeWords(low[this.open.row])} to ${planeWords(high[this.open.row])}.`;
    }
  }

  place(event) {
    this.element.hidden = false;
    const box = this.root.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const { offsetWidth: width, offsetHeight: height } = this.element;
    // Beside the plane, the card keeps off it: there one sees what an edit does.
    const room = this.view.narrow ? box.width : this.view.network.element.offsetWidth;
    const left = x + 16 + width > room ? x - 16 - width : x + 16;
    this.element.style.left = `${Math.max(0, Math.min(left, box.width - width))}px`;
    const lowest = Math.min(box.height, window.innerHeight - box.top - 8) - height;
    this.element.style.top = `${Math.max(0, Math.min(y - 12, lowest))}px`;
  }

  close() {
    this.open = null;
    this.element.hidden = true;
  }
}
