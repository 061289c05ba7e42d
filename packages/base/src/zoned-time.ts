/** Times of clocks on walls: what a time zone shows at an instant, and when it shows it. */

const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether the runtime knows the zone by this name, as in `Europe/Berlin`. */
export function isTimeZone(zone: string): boolean {
  // Offsets such as +02:00 are zones to some runtimes and not to others.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(zone)) return false;
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** The wall clock of a zone at an instant, as the milliseconds at which UTC shows the same. */
export function wallMs(instantMs: number, zone: string): number {
  const part = Object.fromEntries(
    formatOf(zone)
      .formatToParts(instantMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((instantMs % 1_000) + 1_000) % 1_000);
}

/**
 * When the wall clock of a zone shows a time, which is given as the milliseconds at which UTC shows it. A time that is shown twice is meant the first
 * time; one that is left out, as in the hour that spring skips, moves on by what is left out.
 */
export function instantOfWall(wall: number, zone: string): number {
  const offsetMs = (instantMs: number): number => wallMs(instantMs, zone) - instantMs;
  // No zone changes its offset twice within two days.
  const before = offsetMs(wall - dayMs);
  const found = [before, offsetMs(wall + dayMs)]
    .map((offset) => wall - offset)
    .filter((instant) => wallMs(instant, zone) === wall);
  return found.length === 0 ? wall - before : Math.min(...found);
}

const dayMs = 86_400_000;

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  // As many as there are zones, whatever case they are written in: a name that is not known throws above.
  if (formats.size >= formatsMax) formats.clear();
  formats.set(zone, format);
  return format;
}

const formatsMax = 200;
