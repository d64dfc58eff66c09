// Rodas5P (Steinebach 2023): a Rosenbrock method of order 5 for stiff equations, with the exact Jacobian and a sparse
// elimination in the order of least fill. One solver a page; every array is kept and flat.
const SOLVER = (() => {
  const n = MODEL.states.length;
  const { gamma, A, C, times, slopes, dense } = MODEL.tableau;
  const alpha = A.map((row) => Float64Array.from(row));
  const beta = C.map((row) => Float64Array.from(row));
  const theta = dense.map((row) => Float64Array.from(row));

  // The matrix 1/(h gamma) - J is kept where it can be other than zero; `at` is the place of each of its entries.
  const at = new Map();
  const place = (row, column) => {
    const key = row * n + column;
    if (!at.has(key)) at.set(key, at.size);
    return at.get(key);
  };
  const diagonal = Int32Array.from(MODEL.order.map(([pivot]) => place(pivot, pivot)));
  const entries = Int32Array.from(MODEL.places.map(([row, column]) => place(row, column)));
  const pivots = Int32Array.from(MODEL.order.map(([pivot]) => pivot));
  const below = [], right = [], lower = [], upper = [], inner = [];
  for (const [pivot, rows, columns] of MODEL.order) {
    below.push(Int32Array.from(rows));
    right.push(Int32Array.from(columns));
    lower.push(Int32Array.from(rows.map((row) => place(row, pivot))));
    upper.push(Int32Array.from(columns.map((column) => place(pivot, column))));
    inner.push(Int32Array.from(rows.flatMap((row) => columns.map((column) => place(row, column)))));
  }
  const a = new Float64Array(at.size);
  const slope = new Float64Array(entries.length);
  const stages = Array.from({ length: 8 }, () => new Float64Array(n));
  const fresh = () => new Float64Array(n);
  const [first, drift, later, argument, next, b, d1, d2, d3] = Array.from({ length: 9 }, fresh);

  function factor(shift) {
    a.fill(0);
    for (let i = 0; i < entries.length; i++) a[entries[i]] = -slope[i];
    for (let i = 0; i < n; i++) a[diagonal[i]] += shift;
    for (let i = 0; i < n; i++) {
      const inverse = a[diagonal[i]] = 1 / a[diagonal[i]];
      const L = lower[i], U = upper[i], I = inner[i];
      for (let r = 0, at = 0; r < L.length; r++) {
        const share = a[L[r]] *= inverse;
        for (let c = 0; c < U.length; c++, at++) a[I[at]] -= share * a[U[c]];
      }
    }
  }
  function eliminate(x) {
    for (let i = 0; i < n; i++) {
      const value = x[pivots[i]], rows = below[i], L = lower[i];
      for (let r = 0; r < rows.length; r++) x[rows[r]] -= a[L[r]] * value;
    }
    for (let i = n - 1; i >= 0; i--) {
      const columns = right[i], U = upper[i];
      let value = x[pivots[i]];
      for (let c = 0; c < columns.length; c++) value -= a[U[c]] * x[columns[c]];
      x[pivots[i]] = value * a[diagonal[i]];
    }
  }

  // Integrate `y` (changed in place) over `length` hours and write the states at `grid[from]` ... `grid[to - 1]` (hours
  // counted from `zero`) into `out`. `move(t)` sets the inputs that change with time, or is null. Returns whether it went well.
  function integrate(y, length, grid, zero, from, to, out, rtol, atol, move) {
    let t = 0, wanted = from, step = Math.min(1e-3, length), steps = 0;
    if (move) move(0);
    while (t < length) {
      if (++steps > 20000) return false;
      const last = step >= (length - t) * (1 - 1e-12);
      const h = last ? length - t : step;
      if (move) move(t);
      MODEL.rates(y, first);
      MODEL.jacobian(y, slope);
      if (move) {
        const little = 1e-4 * h;
        move(t + little);
        MODEL.rates(y, later);
        for (let i = 0; i < n; i++) drift[i] = (later[i] - first[i]) / little;
      }
      factor(1 / (h * gamma));
      for (let s = 0; s < 8; s++) {
        const k = stages[s];
        if (s === 0) k.set(first);
        else {
          if (s < 6) {
            argument.set(y);
            const row = alpha[s - 1];
            for (let j = 0; j < row.length; j++) {
              const share = row[j], stage = stages[j];
              for (let i = 0; i < n; i++) argument[i] += share * stage[i];
            }
          } else {
            const stage = stages[s - 1];
            for (let i = 0; i < n; i++) argument[i] += stage[i];
          }
          if (move) move(t + times[s] * h);
          MODEL.rates(argument, k);
          const row = beta[s - 1];
          for (let j = 0; j < row.length; j++) {
            const share = row[j] / h, stage = stages[j];
            for (let i = 0; i < n; i++) k[i] += share * stage[i];
          }
        }
        if (move && slopes[s]) {
          const share = slopes[s] * h;
          for (let i = 0; i < n; i++) k[i] += share * drift[i];
        }
        eliminate(k);
      }
      const end = stages[7];
      let sum = 0;
      for (let i = 0; i < n; i++) {
        next[i] = argument[i] + end[i];
        const size = Math.max(Math.abs(y[i]), Math.abs(next[i]));
        const error = end[i] / (atol[i] + rtol * size);
        sum += error * error;
      }
      const error = Math.sqrt(sum / n);
      if (!(error <= 1)) {
        if (h < 1e-9) return false;
        step = h * (error < Infinity ? Math.max(0.2, 0.9 * error ** -0.2) : 0.2);
        continue;
      }
      if (wanted < to && grid[wanted] - zero < t + h * (1 - 1e-12)) {
        // Between the ends of a step the method's own interpolant, of order 4.
        for (const [d, row] of [[d1, theta[0]], [d2, theta[1]], [d3, theta[2]]]) {
          d.fill(0);
          for (let j = 0; j < 8; j++) {
            const share = row[j], stage = stages[j];
            for (let i = 0; i < n; i++) d[i] += share * stage[i];
          }
        }
        while (wanted < to && grid[wanted] - zero < t + h * (1 - 1e-12)) {
          const x = (grid[wanted] - zero - t) / h, rest = 1 - x, o = wanted * n;
          for (let i = 0; i < n; i++) out[o + i] = rest * y[i] + x * (next[i] + rest * (d1[i] + x * (d2[i] + x * d3[i])));
          wanted++;
        }
      }
      t = last ? length : t + h;
      y.set(next);
      while (wanted < to && grid[wanted] - zero <= t * (1 + 1e-12)) { out.set(y, wanted * n); wanted++; }
      const growth = Math.min(6, Math.max(0.2, 0.9 * Math.max(error, 1e-10) ** -0.2));
      step = last ? Math.max(step, h * growth) : h * growth;
    }
    return true;
  }
  return { n, integrate };
})();
