// Numbers and colours that the parts of the picture share.

function planeBytes(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function planeNumbers(text, Kind) {
  return new Kind(planeBytes(text).buffer);
}

function planeRgb(hex) {
  return [1, 3, 5].map((start) => parseInt(hex.slice(start, start + 2), 16));
}

function planeMix(from, to, share) {
  return from.map((value, index) => value + (to[index] - value) * share);
}

function planeCss(rgb) {
  return `rgb(${rgb.map(Math.round).join(", ")})`;
}

// What lies in memory as red, green, blue and full opacity.
function planePixel([red, green, blue]) {
  return (255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red);
}

function planeWords(value) {
  if (!Number.isFinite(value)) return "not a number";
  const size = Math.abs(value);
  let text;
  if (size > 0 && size < 0.005) text = size < 1e-4 ? size.toExponential(0) : size.toPrecision(1);
  else if (size >= 1e5) text = size.toExponential(1);
  else text = size.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

class PlaneColours {
  constructor(palette, dark) {
    this.dark = dark;
    const { scale, lines, classes } = palette[dark ? "dark" : "light"];
    this.scale = scale.map(planeRgb);
    this.lines = lines;
    this.lineRgb = lines.map(planeRgb);
    this.classes = classes;
    this.paper = this.scale[1];
    // On the surface a class is paler than its points, so that these stand out.
    this.pale = classes.map((colour) => planeMix(planeRgb(colour), this.paper, dark ? 0.42 : 0.38));
    // As the bytes of a tile: 1 is the lowest, 128 is 0, 255 the highest.
    this.table = Uint32Array.from({ length: 256 }, (_, byte) => planePixel(this.at((byte - 128) / 127)));
  }

  at(share) {
    const [low, middle, high] = this.scale;
    return share < 0 ? planeMix(middle, low, Math.min(1, -share)) : planeMix(middle, high, Math.min(1, share));
  }

  // Of a point that stands on the surface: the same hues, fuller.
  point(share) {
    const [low, high] = this.lineRgb;
    const middle = this.dark ? [120, 128, 140] : [222, 222, 222];
    return planeCss(planeMix(middle, share < 0 ? low : high, Math.min(1, Math.abs(share))));
  }

  ramp() {
    const stops = this.scale.map((rgb, index) => `${planeCss(rgb)} ${index * 50}%`);
    return `linear-gradient(to right, ${stops.join(", ")})`;
  }
}

// Draws bytes of a tile into a canvas of its own size; the browser enlarges it smoothly.
function planeTile(canvas, bytes, start, side, colours) {
  if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  if (bytes) for (let index = 0; index < pixels.length; index += 1) pixels[index] = colours.table[bytes[start + index]];
  else pixels.fill(colours.table[128]);
  context.putImageData(image, 0, 0);
}

function planeElement(kind, name, parent, text) {
  const element = document.createElement(kind);
  element.className = name;
  if (text !== undefined) element.textContent = text;
  parent?.append(element);
  return element;
}

function planeCanvas(canvas, width, height) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
