// Loads plotly once for all that draws with it, when the first figure is to be drawn.

let library;

function loadPlotly(address) {
  library ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = new URL(address, document.baseURI).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      library = undefined;
      script.remove();
      reject(new Error("The chart's drawing library could not be loaded. Reload the page to try again."));
    };
    document.head.append(script);
  });
  return library;
}

