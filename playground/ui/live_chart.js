// Draws Plotly figures that change while one looks at them, without ever replacing their element.

// While drawing took this long, the next drawing waits this many times as long: on a slow computer the chart is drawn
// less often, and training keeps the processor.
const REST_PER_DRAWING = 12;
const LONGEST_REST_MS = 2000;
const NARROW_PIXELS = 620;
const SETTINGS = {
  displaylogo: false,
  doubleClick: "autosize",
  modeBarButtons: [["resetScale2d"]],
  showTips: false,
};

const AXES = ["xaxis", "yaxis", "xaxis2", "yaxis2"];

// What the viewer zoomed and hid, by the chart's zoom key: it outlives the element, which Streamlit replaces when one
// leaves the page, and now and then when a rerun of the page meets a tick.
const views = new Map();

function darken(trace) {
  const color = trace.meta?.dark;
  if (!color) return trace;
  return { ...trace, line: { ...trace.line, color }, marker: { ...trace.marker, color } };
}

function decode({ bdata }) {
  return new Float32Array(Uint8Array.from(atob(bdata), (letter) => letter.charCodeAt(0)).buffer);
}

class LiveChart {
  constructor(element) {
    this.element = element;
    this.drawn = null;
    this.drawings = 0;
    this.busy = false;
    this.held = false;
    this.seen = false;
    this.timer = 0;
    this.aborter = new AbortController();
    const signal = this.aborter.signal;
    // A drawing in the middle of a drag would throw the drag away.
    element.addEventListener("pointerdown", () => { this.held = true; }, { signal, capture: true });
    for (const end of ["pointerup", "pointercancel", "blur"]) {
      window.addEventListener(end, () => { this.held = false; this.request(); }, { signal });
    }
    document.addEventListener("visibilitychange", () => this.request(), { signal });
    this.sizes = new ResizeObserver(() => this.request());
    this.sizes.observe(element);
    this.sight = new IntersectionObserver((entries) => {
      this.seen = entries[entries.length - 1].isIntersecting;
      this.request();
    }, { rootMargin: "200px" });
    this.sight.observe(element);
  }

  update(data) {
    if (this.data && this.data.layout.uirevision !== data.layout.uirevision) {
      clearTimeout(this.timer); // another run: its chart does not wait for the rest of the one before
      this.timer = 0;
    }
    this.data = data;
    this.element.setAttribute("aria-label", data.alt);
    this.fit();
    this.request();
  }

  dark() {
    const [red, green, blue] = (getComputedStyle(this.element).color.match(/[\d.]+/g) ?? []).map(Number);
    return red + green + blue > 382; // light text stands on a dark page
  }

  fit() {
    this.narrow = this.element.clientWidth < NARROW_PIXELS;
    const height = this.narrow ? this.data.narrow.height : this.data.layout.height;
    this.element.style.height = `${height}px`;
  }

  request() {
    if (!this.data || this.busy || this.held || this.timer || !this.seen || document.hidden) return;
    this.fit();
    const width = this.element.clientWidth;
    const dark = this.dark();
    const wanted = `${this.data.revision} ${width} ${dark}`;
    if (width === 0 || wanted === this.drawn) return;
    this.busy = true;
    this.draw(this.data, width, dark)
      .then((milliseconds) => {
        this.drawn = wanted;
        this.rest(milliseconds);
      })
      .catch((error) => {
        this.startAnew();
        this.element.textContent = error.message;
        this.rest(LONGEST_REST_MS);
      });
  }

  async draw(data, width, dark) {
    const plotly = await loadPlotly(data.library);
    const start = performance.now();
    const layout = { ...data.layout, ...(this.narrow ? data.narrow : {}), width };
    const traces = data.traces.map((trace) => ({ ...(dark ? darken(trace) : trace), x: decode(trace.x), y: decode(trace.y) }));
    this.blank = traces.every(({ x }) => x.length === 0);
    this.recall(layout, traces);
    const frame = JSON.stringify([layout, traces.map(({ x, y, ...look }) => look)]);
    if (frame === this.frame) {
      await this.moveLines(plotly, traces);
    } else {
      if (!this.element.data) this.element.textContent = ""; // what an earlier failure said
      await plotly.react(this.element, traces, layout, SETTINGS);
      this.frame = frame;
    }
    const milliseconds = performance.now() - start;
    this.drawings += 1;
    this.element.dataset.drawings = this.drawings;
    this.element.dataset.milliseconds = milliseconds.toFixed(1);
    return milliseconds;
  }

  remember() {
    const { layout, data } = this.element;
    if (!layout || !data) return;
    const axes = {};
    for (const name of AXES) {
      const { autorange, range, uirevision } = layout[name];
      if (autorange === false) axes[name] = { autorange, range: [...range], uirevision };
    }
    const hidden = data.filter(({ visible }) => visible === "legendonly").map(({ uid }) => uid);
    views.set(layout.uirevision, { axes, hidden });
  }

  recall(layout, traces) {
    if (!this.view || this.viewKey !== layout.uirevision) {
      this.viewKey = layout.uirevision;
      this.view = views.get(this.viewKey) ?? { axes: {}, hidden: [] };
    }
    for (const [name, saved] of Object.entries(this.view.axes)) {
      if (saved.uirevision === layout[name].uirevision) layout[name] = { ...layout[name], ...saved };
    }
    for (const trace of traces) {
      if (this.view.hidden.includes(trace.uid)) trace.visible = "legendonly";
    }
  }

  // Axes, legend and titles cost most of a drawing. When only the numbers are new, they stay.
  moveLines(plotly, traces) {
    const data = traces.map(({ x, y }) => ({ x, y }));
    const still = { duration: 0 };
    const how = { mode: "immediate", transition: still, frame: { ...still, redraw: false } };
    return plotly.animate(this.element, { data, traces: traces.map((_, index) => index) }, how);
  }

  // A drawing that failed half-way leaves the library's notes about an element that is no more: without this, every later
  // drawing would fail as well.
  startAnew() {
    window.Plotly?.purge(this.element);
    this.frame = undefined;
    this.drawn = null;
  }

  rest(milliseconds) {
    this.busy = false;
    // The first points of a curve are waited for: an empty chart does not hold them up.
    const pause = this.blank ? 0 : Math.min(LONGEST_REST_MS, REST_PER_DRAWING * milliseconds);
    this.timer = setTimeout(() => { this.timer = 0; this.request(); }, pause);
  }

  stop() {
    this.remember();
    this.aborter.abort();
    this.sizes.disconnect();
    this.sight.disconnect();
    clearTimeout(this.timer);
    window.Plotly?.purge(this.element);
    delete this.element.liveChart;
  }
}

export default function ({ data, parentElement }) {
  const element = parentElement.querySelector(".live-chart");
  element.liveChart ??= new LiveChart(element);
  element.liveChart.update(data);
  return () => element.liveChart?.stop();
}
