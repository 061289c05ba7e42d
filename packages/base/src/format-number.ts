/** Numbers as every surface says them: three significant figures, a unit, never a misleading zero. */

const groupedInteger = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const groupedCents = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** `0`, `942`, `12,345`, `1.23 M`: exact as long as it stays short. */
export function formatCount(count: number): string {
  return signed(count, (size) => {
    if (size < 100_000) return groupedInteger.format(size);
    if (size < 999_500) return `${threeFigures(size / 1e3)} k`;
    if (size < 999_500_000) return `${threeFigures(size / 1e6)} M`;
    if (size < 999.5e9) return `${threeFigures(size / 1e9)} G`;
    return size < 999.5e12 ? `${threeFigures(size / 1e12)} T` : size.toExponential(2);
  });
}

/** `1 span`, `12 spans`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** A measured value of any size, three figures: `0.00123`, `42`, `12.3 k`. */
export function formatNumber(value: number): string {
  return signed(value, (size) => {
    if (size >= 100_000) return formatCount(size);
    if (Number.isInteger(size) || size >= 999.5) return groupedInteger.format(size);
    // Shorter numbers have no exponent as text.
    return size >= 1e-6 ? String(Number(size.toPrecision(3))) : size.toExponential(2);
  });
}

/** Powers of 1000: `512 B`, `1.20 kB`, `3.40 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  return signed(bytes, (size) => {
    let value = size;
    let unit = 0;
    while (value >= 999.5 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return `${unit === 0 || value >= 999.5 ? formatNumber(value) : threeFigures(value)} ${units[unit] ?? ''}`;
  });
}

const smallestUsd = 1e-10;

/** To the cent below $100,000, with enough digits to be non-zero: `$123,457`, `$1,234.50`, `$0.034`, `$0.000042`. */
export function formatCostUsd(usd: number): string {
  return signed(usd, (size) => {
    if (size === 0) return '$0';
    if (size < smallestUsd) return '<$0.0000000001';
    if (size >= 100_000) return `$${groupedInteger.format(size)}`;
    if (size >= 0.1) return `$${groupedCents.format(size)}`;
    const digits = Math.min(10, 1 - Math.floor(Math.log10(size)));
    return `$${size.toFixed(digits).replace(/0+$/, '').padEnd(4, '0')}`;
  });
}

/** A share between 0 and 1: `4.2 %`, `62 %`. Neither nothing nor all is said of what is nearly so: `<0.1 %`, `>99.9 %`. */
export function formatShare(share: number): string {
  return signed(share, (size) => {
    const percent = size * 100;
    if (percent > 0 && percent < 0.1) return '<0.1 %';
    if (percent > 99.9 && percent < 100) return '>99.9 %';
    const decimals =
      (percent < 9.95 || (percent > 99 && percent < 100)) && percent !== Math.round(percent) ? 1 : 0;
    return `${decimals === 1 ? percent.toFixed(1) : groupedInteger.format(percent)} %`;
  });
}

/** A share that is held against an objective, which needs its last digit: `99.95 %`. What is not quite all is not rounded to all. */
export function formatObjective(share: number): string {
  return signed(share, (size) => {
    const percent = size * 100;
    const digits = percent > 99 && percent < 100 ? 3 : percent < 10 ? 2 : 1;
    const cut = percent < 100 ? Math.floor(percent * 10 ** digits + 1e-6) / 10 ** digits : percent;
    return `${Number(cut.toFixed(digits))} %`;
  });
}

/** Writes NaN and infinity as a dash, and zero without a sign. */
function signed(value: number, format: (size: number) => string): string {
  if (!Number.isFinite(value)) return '–';
  const text = format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? `−${text}` : text;
}

/** `1.23`, `12.3`, `123`: of what is at least one. */
export function threeFigures(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  if (size >= 9.995) return value.toFixed(1);
  return value.toFixed(2);
}
