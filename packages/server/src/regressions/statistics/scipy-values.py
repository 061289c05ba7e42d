"""Writes scipy-values.json: random samples and what SciPy says of them. pip install scipy==1.17.1; python3 scipy-values.py > scipy-values.json"""
import json
import numpy as np
from scipy import stats

random = np.random.default_rng(24)
cases = []
for number in range(200):
    n, m = (int(each) for each in random.integers(3, 40, 2))
    digits = int(random.integers(0, 3)) if number % 3 == 0 else 6
    draw = random.normal if number % 2 == 0 else random.lognormal
    a = np.round(draw(size=n), digits)
    b = np.round(draw(size=m) + random.choice([0, 0.3, 1]), digits)
    pairs = min(n, m)
    d = np.round(b[:pairs] - a[:pairs], 6)
    table = [int(each) for each in random.integers(0, 30, 4)]
    walsh = [(d[i] + d[j]) / 2 for i in range(pairs) for j in range(i, pairs)]
    ps = np.round(random.uniform(size=int(random.integers(1, 12))) ** 2, 6)
    mw = stats.mannwhitneyu(a, b)
    nonzero = d[d != 0]
    w = stats.wilcoxon(d) if len(nonzero) else None
    cases.append({
        "a": a.tolist(), "b": b.tolist(), "d": d.tolist(), "table": table, "ps": ps.tolist(),
        "u": float(mw.statistic), "p": float(mw.pvalue),
        "w": float(w.statistic) if w else 0.0, "wp": float(w.pvalue) if w else 1.0,
        "shift": float(np.median(np.subtract.outer(b, a))), "walsh": float(np.median(walsh)),
        "fisher": float(stats.fisher_exact([[table[0], table[1]], [table[2], table[3]]]).pvalue),
        "bh": stats.false_discovery_control(ps).tolist(),
    })
print(json.dumps({"scipy": "1.17.1", "cases": cases}, separators=(",", ":")))
