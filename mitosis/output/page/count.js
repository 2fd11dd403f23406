"use strict";
// The numbers of a count, as mitosis/count computes them: the page counts again after every correction.

const LEVEL = 0.95;

/** P(X <= count) of a Poisson variable. */
function cumulated(count, mean) {
  let logarithm = -mean;
  let sum = Math.exp(logarithm);
  for (let k = 1; k <= count; k += 1) {
    logarithm += Math.log(mean / k);
    sum += Math.exp(logarithm);
  }
  return Math.min(1, sum);
}

/** Both limits of the exact interval of a Poisson mean. */
function interval(count) {
  const tail = (1 - LEVEL) / 2;
  const solve = (below) => {
    let [low, high] = [0, 20 + 2 * count];
    for (let step = 0; step < 60; step += 1) {
      const middle = (low + high) / 2;
      if (below(middle)) low = middle; else high = middle;
    }
    return (low + high) / 2;
  };
  const lower = count ? solve((mean) => 1 - cumulated(count - 1, mean) < tail) : 0;
  return [lower, solve((mean) => cumulated(count, mean) > tail)];
}

/** The mitotic component of figures in an area: its score, and those at both limits of the interval. */
function component(figures, area, ten, [one, three]) {
  const scale = ten / area;
  const [score, low, high] = [figures, ...interval(figures)].map((count) => {
    const whole = Math.floor(count * scale + 0.5);
    if (whole <= one) return 1;
    return whole >= three ? 3 : 2;
  });
  return { score, low, high, per10: figures * scale, extrapolated: scale > 1.001 };
}

/** The circle that holds the most points [x, y]: {x, y, count}; see mitosis/count/hotspot.py for why it is exact. */
function densestCircle(points, radius) {
  const slack = 1e-9;
  const reach = 2 * radius;
  const cells = new Map();
  const cell = (x, y) => `${Math.floor(x / reach)},${Math.floor(y / reach)}`;
  for (const point of points) {
    const key = cell(...point);
    if (!cells.has(key)) cells.set(key, []);
    cells.get(key).push(point);
  }
  const near = points.map(([x, y]) => {
    const found = [];
    for (const dx of [-reach, 0, reach]) for (const dy of [-reach, 0, reach]) {
      for (const [u, v] of cells.get(cell(x + dx, y + dy)) || []) {
        if ((u - x) ** 2 + (v - y) ** 2 <= reach ** 2 * (1 + slack)) found.push([u - x, v - y]);
      }
    }
    return found;
  });
  let best = { x: 0, y: 0, count: 0 };
  for (const index of points.map((_, i) => i).sort((a, b) => near[b].length - near[a].length)) {
    if (near[index].length <= best.count) break;
    const swept = sweep(near[index], radius, slack);
    if (swept.count > best.count) {
      best = { x: points[index][0] + swept.x, y: points[index][1] + swept.y, count: swept.count };
    }
  }
  return best;
}

/** The most points that a circle through the origin holds, and its centre. */
function sweep(near, radius, slack) {
  const turn = 2 * Math.PI;
  const events = [];
  let always = 0;
  let held = 0;
  for (const [x, y] of near) {
    const distance = Math.hypot(x, y);
    if (!distance) {
      always += 1;
      continue;
    }
    const middle = Math.atan2(y, x);
    const half = Math.acos(Math.min(1, distance / (2 * radius))) + slack;
    const [start, end] = [middle - half, middle + half].map((angle) => ((angle % turn) + turn) % turn);
    if (start > end) held += 1;
    events.push([start, 1], [end, -1]);
  }
  if (!events.length) return { x: 0, y: 0, count: always };
  events.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  let top = 0;
  let most = -1;
  events.forEach(([, step], index) => {
    held += step;
    if (held > most) [most, top] = [held, index];
  });
  const angles = [events[top][0], events[(top + 1) % events.length][0]];
  const mean = (along) => (radius * (along(angles[0]) + along(angles[1]))) / 2;
  return { x: mean(Math.cos), y: mean(Math.sin), count: always + most };
}
