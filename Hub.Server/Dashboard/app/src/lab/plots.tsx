// The lab's plots.
import uPlot from "uplot";
import { latencyText } from "../durations";
import { axis, Plot } from "../Plot";
import { binCount, binOf, countByLatency } from "./histogram";
import { windowMs, type Lane, type Point } from "./lane";

/** Every notification as a point: missed ones stand far above live ones. */
export function LatencyOverTime({ lanes, now }: { lanes: readonly Lane[]; now: number }) {
  const from = now - windowMs;
  const tables = lanes.map(({ points }) => {
    const recent = points.filter(point => point.at >= from);
    return [recent.map(point => point.at / 1000), recent.map(point => point.latency)] as uPlot.AlignedData;
  });
  const joined = uPlot.join(tables.map(table => (table[0].length > 0 ? table : ([[now / 1000], [null]] as uPlot.AlignedData))));
  return (
    <Plot
      label="Latency of each notification over the last minute, by transport, in milliseconds, logarithmic"
      height={260}
      data={joined}
      options={colours => ({
        scales: {
          x: { time: true, range: () => [Date.now() / 1000 - windowMs / 1000, Date.now() / 1000] },
          y: { distr: 3, range: (_, __, max) => [0.1, Math.max(100, max ?? 0)] },
        },
        axes: [
          axis(colours, {
            splits: plot => [60, 50, 40, 30, 20, 10, 0].map(ago => plot.scales.x!.max! - ago),
            values: (plot, seconds) =>
              seconds.map(second => (second === plot.scales.x!.max ? "now" : `${Math.round(second - plot.scales.x!.max!)} s`)),
          }),
          axis(colours, {
            size: 64,
            values: (_, values) => values.map(value => (value === null || Math.log10(value) % 1 !== 0 ? "" : latencyText(value))),
          }),
        ],
        series: [
          {},
          ...lanes.map((_, index) => ({
            stroke: colours.series[index]!,
            paths: () => null,
            points: { show: true, size: 5, width: 0, fill: colours.series[index]! },
          })),
        ],
      })}
    />
  );
}

/** The number of live notifications by latency. */
export function Distribution({ points, index, name }: { points: readonly Point[]; index: number; name: string }) {
  const counts = countByLatency(points);
  const data: uPlot.AlignedData = [counts.map((_, bin) => bin), counts];
  return (
    <Plot
      label={`Distribution of the latency of ${name}`}
      height={120}
      data={data}
      options={colours => ({
        padding: [4, 8, 0, 8],
        scales: { x: { time: false, range: [-0.5, binCount - 0.5] }, y: { range: (_, __, max) => [0, Math.max(1, max ?? 0)] } },
        axes: [
          axis(colours, {
            splits: () => [1, 10, 100, 1000].map(binOf),
            values: () => ["1 ms", "10", "100", "1 s"],
            grid: { show: false },
            size: 28,
          }),
          { show: false },
        ],
        series: [
          {},
          {
            stroke: colours.series[index]!,
            fill: colours.series[index]!,
            paths: uPlot.paths.bars!({ size: [0.9] }),
            points: { show: false },
          },
        ],
      })}
    />
  );
}
