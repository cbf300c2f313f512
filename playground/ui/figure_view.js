// Draws any Plotly figure into one element, and redraws it there when it changes: no flicker, and a zoomed range stays.

const NARROW_PIXELS = 620;
const SETTINGS = {
  displaylogo: false,
  doubleClick: "autosize",
  modeBarButtons: [["resetScale2d"]],
  showTips: false,
};

function darken(trace) {
  const color = trace.meta?.dark;
  if (!color) return trace;
  const darkened = { ...trace };
  for (const part of ["line", "marker", "error_x"]) {
    if (trace[part]) darkened[part] = { ...trace[part], color };
  }
  return darkened;
}

// A figure's own buttons and slider leave it to nobody that an animation was interrupted: Plotly rejects it with no reason at all.
function letInterrupt(plotly) {
  const animate = (...all) => plotly.animate(...all).catch((reason) => { if (reason) throw reason; });
  plotly.register({ moduleType: "apiMethod", name: "animate", fn: animate });
}

class FigureView {
  constructor(element) {
    this.element = element;
    this.drawn = null;
    this.drawings = 0;
    this.busy = false;
    this.held = false;
    this.seen = false;
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
    this.data = data;
    this.element.setAttribute("aria-label", data.alt);
    this.fit();
    this.request();
  }

  fit() {
    this.narrow = this.element.clientWidth < NARROW_PIXELS;
    this.height = this.narrow ? this.data.narrow_height : this.data.height;
    this.element.style.height = `${this.height}px`;
  }

  dark() {
    const [red, green, blue] = (getComputedStyle(this.element).color.match(/[\d.]+/g) ?? []).map(Number);
    return red + green + blue > 382; // light text stands on a dark page
  }

  async request() {
    if (!this.data || this.busy || this.held || !this.seen || document.hidden) return;
    const { data } = this;
    this.fit();
    const width = this.element.clientWidth;
    const dark = this.dark();
    const wanted = `${data.revision} ${width} ${dark}`;
    if (width === 0 || wanted === this.drawn) return;
    this.busy = true;
    try {
      const plotly = await loadPlotly(data.library);
      if (this.aborter.signal.aborted) return;
      const figure = JSON.parse(data.figure);
      const traces = dark ? figure.data.map(darken) : figure.data;
      const narrow = this.narrow ? figure.layout.meta?.narrow : {};
      const layout = { uirevision: data.zoom, ...figure.layout, ...narrow, width, height: this.height };
      // What is drawn in space takes no colour from a style sheet.
      if (layout.scene) layout.font = { ...layout.font, color: getComputedStyle(this.element).color };
      // What cannot be zoomed needs no button to zoom back.
      const settings = { ...SETTINGS, displayModeBar: layout.dragmode === false || layout.scene ? false : "hover" };
      if (!this.element.data) this.element.textContent = ""; // what an earlier failure said
      if (figure.frames) letInterrupt(plotly);
      await plotly.react(this.element, { data: traces, layout, config: settings, frames: figure.frames ?? [] });
      if (data.pickable && !this.drawings) {
        this.element.on("plotly_click", ({ points }) => { this.picked = true; this.pick([points[0].x, points[0].y]); });
      }
      if (figure.frames) this.takeKeys(plotly, figure.frames.map(({ name }) => name));
      if (this.picked && figure.frames) this.play(plotly);
      this.drawings += 1;
      this.element.dataset.drawings = this.drawings;
    } catch (error) {
      window.Plotly?.purge(this.element); // its notes of half a drawing would make every later one fail
      this.element.textContent = error.message;
    }
    this.drawn = wanted;
    this.busy = false;
    this.request(); // what came while it was being drawn
  }

  // What was asked for by a click is shown as it happens.
  play(plotly) {
    this.picked = false;
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches) this.animate(plotly, null, 90);
  }

  animate(plotly, frames, duration, fromcurrent = false) {
    const options = { frame: { duration, redraw: false }, transition: { duration: 0 }, mode: "immediate", fromcurrent };
    plotly.animate(this.element, frames, options).catch(() => {}); // a pause ends it
  }

  // A figure that moves is played, paused and stepped with the keyboard too: its buttons are drawings, and have no focus.
  takeKeys(plotly, names) {
    const { element } = this;
    if (!this.names) {
      Object.assign(element, { tabIndex: 0, role: "group" });
      element.on("plotly_animatingframe", ({ name }) => { this.at = this.names.indexOf(name); this.playing = true; });
      for (const end of ["plotly_animated", "plotly_animationinterrupted"]) element.on(end, () => { this.playing = false; });
      element.addEventListener("keydown", (event) => this.key(event, plotly), { signal: this.aborter.signal });
    }
    this.names = names;
    this.at = names.length - 1; // figures begin with their end
  }

  key(event, plotly) {
    const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key !== " " && !way) return;
    event.preventDefault(); // the page would scroll
    if (event.key === " " && !this.playing) return this.animate(plotly, null, 90, true);
    const next = Math.min(Math.max(this.at + (way ?? 0), 0), this.names.length - 1);
    this.at = next;
    this.animate(plotly, way ? [this.names[next]] : [null], 0);
  }

  stop() {
    this.aborter.abort();
    this.sizes.disconnect();
    this.sight.disconnect();
    window.Plotly?.purge(this.element);
    delete this.element.figureView;
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const element = parentElement.querySelector(".figure-view");
  element.figureView ??= new FigureView(element);
  element.figureView.pick = (place) => setTriggerValue("picked", place);
  element.figureView.update(data);
  return () => element.figureView?.stop();
}
