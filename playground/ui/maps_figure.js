// A scatter plot of images: the image itself shows beside the pointer, and the points move from one layer's map to the next.

const SETTINGS = { displaylogo: false, doubleClick: "reset", showTips: false, modeBarButtons: [["zoomIn2d", "zoomOut2d", "resetScale2d"]] };
const TOUCH = window.matchMedia("(pointer: coarse)").matches; // there, a finger on the map scrolls the page
const DIGIT = 112; // pixels on the screen
const MOVE = 700; // milliseconds from one layer to the next
const REST = 500;

class MapView {
  constructor(root) {
    this.root = root;
    const part = (name) => root.querySelector(`.map-${name}`);
    this.element = part("figure");
    this.controls = part("controls");
    this.play = part("play");
    this.slider = part("slider");
    this.title = part("title");
    this.card = part("card");
    this.digit = part("digit");
    this.words = part("words");
    this.busy = false;
    this.drawings = 0;
    this.frame = 0;
    this.aborter = new AbortController();
    const signal = this.aborter.signal;
    this.slider.addEventListener("input", () => { this.pause(); this.show(Number(this.slider.value)); }, { signal });
    this.play.addEventListener("click", () => (this.timer ? this.pause() : this.run()), { signal });
    root.addEventListener("pointerleave", () => this.hide(), { signal });
    this.sizes = new ResizeObserver(() => this.request());
    this.sizes.observe(this.element);
  }

  update(data) {
    this.data = data;
    this.element.setAttribute("aria-label", data.alt);
    this.element.style.height = `${data.height}px`;
    this.controls.hidden = data.titles.length < 2;
    this.slider.max = data.titles.length - 1;
    this.request();
  }

  async request() {
    const { data } = this;
    const width = this.element.clientWidth;
    if (!data || this.busy || width === 0) return;
    const wanted = `${data.revision} ${width}`;
    if (wanted === this.drawn) return;
    this.busy = true;
    try {
      const plotly = await loadPlotly(data.library);
      if (this.aborter.signal.aborted) return;
      if (this.revision !== data.revision) this.take(data);
      const layout = { uirevision: data.zoom, ...this.figure.layout, width, height: data.height };
      if (TOUCH) layout.dragmode = false;
      await plotly.react(this.element, this.traces(), layout, SETTINGS);
      this.listen();
      this.drawings += 1;
      this.root.dataset.drawings = this.drawings;
    } catch (error) {
      window.Plotly?.purge(this.element);
      this.element.textContent = error.message;
    }
    this.drawn = wanted;
    this.busy = false;
    this.request();
  }

  take(data) {
    this.pause();
    this.hide();
    this.revision = data.revision;
    this.figure = JSON.parse(data.figure);
    this.frame = 0;
    this.digit.style.backgroundImage = data.sheet ? `url(${data.sheet})` : "none";
    this.mark();
  }

  traces() {
    const moved = this.figure.frames?.[this.frame]?.data ?? [];
    return this.figure.data.map((trace, number) => ({ ...trace, ...moved[number] }));
  }

  listen() {
    if (this.listening) return;
    this.listening = true;
    for (const name of ["plotly_hover", "plotly_click"]) this.element.on(name, (event) => this.point(event));
    for (const name of ["plotly_unhover", "plotly_relayout"]) this.element.on(name, () => this.hide());
  }

  point({ points, event }) {
    const row = points[0].customdata;
    const { columns, tile, words } = this.data;
    this.digit.hidden = columns === 0; // rows of a table have no picture
    if (columns) {
      const height = (tile[0] * DIGIT) / tile[1];
      this.digit.style.height = `${height}px`;
      this.digit.style.backgroundSize = `${columns * DIGIT}px auto`;
      this.digit.style.backgroundPosition = `${-(row % columns) * DIGIT}px ${-Math.floor(row / columns) * height}px`;
    }
    this.words.textContent = words[row];
    this.card.hidden = false;
    const frame = this.root.getBoundingClientRect();
    const [x, y] = [event.clientX - frame.left, event.clientY - frame.top];
    const { offsetWidth, offsetHeight } = this.card;
    this.card.style.left = `${x + 18 + offsetWidth > frame.width ? Math.max(0, x - 18 - offsetWidth) : x + 18}px`;
    this.card.style.top = `${Math.max(0, Math.min(y - offsetHeight / 2, frame.height - offsetHeight))}px`;
  }

  hide() {
    this.card.hidden = true;
  }

  mark() {
    const title = this.data.titles[this.frame] ?? "";
    this.slider.value = this.frame;
    this.slider.setAttribute("aria-valuetext", title);
    this.title.textContent = title;
    this.title.title = title;
  }

  show(number) {
    this.frame = number;
    this.mark();
    this.hide();
    if (!this.figure?.frames?.[number] || !window.Plotly || !this.drawings) return;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const duration = still ? 0 : MOVE;
    const { data } = this.figure.frames[number];
    window.Plotly.animate(
      this.element,
      { data, traces: data.map((_, index) => index) },
      { mode: "immediate", transition: { duration, easing: "cubic-in-out" }, frame: { duration, redraw: false } },
    ).catch(() => {}); // a later move took its place
  }

  run() {
    const last = this.data.titles.length - 1;
    const step = () => {
      this.show(this.frame >= last ? 0 : this.frame + 1);
      if (this.frame >= last) return this.pause();
      this.timer = setTimeout(step, MOVE + REST);
    };
    this.play.textContent = "❚❚ Pause";
    this.timer = 1;
    step();
  }

  pause() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.play.textContent = "▶ Play";
  }

  stop() {
    this.pause();
    this.aborter.abort();
    this.sizes.disconnect();
    window.Plotly?.purge(this.element);
    delete this.root.mapView;
  }
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".map-view");
  root.mapView ??= new MapView(root);
  root.mapView.update(data);
  return () => root.mapView?.stop();
}
