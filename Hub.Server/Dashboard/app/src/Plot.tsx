import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

interface Props {
  label: string;
  height: number;
  /** Created once, with the colours of the page. */
  options: (colours: Colours) => Omit<uPlot.Options, "width" | "height">;
  data: uPlot.AlignedData;
}

/** The colours that a plot takes from the style sheet. */
export interface Colours {
  text: string;
  line: string;
  series: string[];
}

/** A plot as wide as its place, in the colours of the page; created again when those change. */
export function Plot({ label, height, options, data }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(data);
  latest.current = data;
  const made = useRef(options);
  useEffect(() => {
    const it = place.current!;
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(
        { ...made.current(coloursOf(it)), width: it.clientWidth, height, legend: { show: false }, cursor: { show: false } },
        latest.current,
        it,
      );
    };
    make();
    const observer = new ResizeObserver(() => plot.current?.setSize({ width: it.clientWidth, height }));
    observer.observe(it);
    scheme.addEventListener("change", make);
    return () => {
      observer.disconnect();
      scheme.removeEventListener("change", make);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [height]);
  useEffect(() => plot.current?.setData(data), [data]);
  return <div ref={place} class="plot" role="img" aria-label={label} style={{ height: `${height}px` }} />;
}

function coloursOf(element: Element): Colours {
  // A canvas cannot read light-dark(), but it can read the colour that the browser has computed.
  const probe = document.createElement("i");
  element.append(probe);
  const worked = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = { text: worked("--soft"), line: worked("--line"), series: [1, 2, 3, 4].map(n => worked(`--series-${n}`)) };
  probe.remove();
  return colours;
}

export function axis({ text, line }: Colours, more: uPlot.Axis = {}): uPlot.Axis {
  return {
    stroke: text,
    size: 34,
    font: "12px system-ui, sans-serif",
    grid: { stroke: line, width: 1 },
    ticks: { stroke: line, width: 1 },
    ...more,
  };
}
