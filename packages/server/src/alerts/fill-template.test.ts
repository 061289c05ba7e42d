import { describe, expect, it } from 'vitest';
import { fillTemplate } from './fill-template.ts';

const fill = (text: string, value: number | null = 0.12345): string =>
  fillTemplate(text, {
    labels: { instance: 'web.example.com:9100', team: 'a b', 'service.name': 'till', code: '503' },
    value,
    describe: (number) => String(number),
  });

describe('texts of alerts', () => {
  it.each([
    [
      '{{ $labels.instance }} {{ labels.team }} {{ .Labels.code }} {{$labels.nothing}}',
      'web.example.com:9100 a b 503 ',
    ],
    ['{{ $labels.service.name }}', 'till'],
    ['{{ value }} {{ $value }} {{ .Value }}', '0.12345 0.12345 0.12345'],
    ['{{ $value | humanizePercentage }} {{ humanizePercentage $value }}', '12.35% 12.35%'],
    ['{{ $value | printf "%.2f" }} {{ printf "%s is %5.1f%%" $labels.code $value }}', '0.12 503 is   0.1%'],
    ['{{ reReplaceAll "(.*):(.*)" "${2} of $1" $labels.instance }}', '9100 of web.example.com'],
    ['{{ $labels.instance | stripPort | stripDomain | toUpper }} {{ $labels.team | title }}', 'WEB A B'],
    ['{{ index $labels "service.name" }} {{ index .Labels "x" }}', 'till '],
    ['{{ if gt $value 0.1 }}high{{ else }}low{{ end }}', 'high'],
    ['{{ if lt $value 0.1 }}low{{ else if eq $labels.code "503" }}away{{ else }}?{{ end }}!', 'away!'],
    ['{{ if and (gt $value 0.1) (match "^5" $labels.code) }}a{{ if not true }}b{{ end }}c{{ end }}', 'ac'],
    ['a {{- /* nothing */ -}} b {{- $value }}', 'ab0.12345'],
    ['{{ (parseDuration "1h30m") | humanizeDuration }}', '1h 30m 0s'],
    ['{{ "}}" }}{{ `{{` }}', '}}{{'],
    ['{{ title "a-b c_d über 1x" }}', 'A-B C_d Über 1x'],
    [
      '{{ printf "%.1f %.1f %.0f %g %v" 86461.25 86461.35 2.5 1234567.5 99999 }}',
      '86461.2 86461.4 2 1.2345675e+06 99999',
    ],
  ])('%s', (text, filled) => {
    expect(fill(text)).toBe(filled);
  });

  it.each([
    [0, '0', '0s', '0%'],
    [0.00123, '1.23m', '1.23ms', '0.123%'],
    [999.9, '999.9', '16m 39s', '9.999e+04%'],
    [1234567, '1.235M', '14d 6h 56m 7s', '1.235e+08%'],
    [-90061, '-90.06k', '-1d 1h 1m 1s', '-9.006e+06%'],
    [59.5, '59.5', '59.5s', '5950%'],
    [Infinity, '+Inf', '+Inf', '+Inf%'],
    [NaN, 'NaN', 'NaN', 'NaN%'],
  ])('%s as Prometheus writes it', (value, short, duration, percentage) => {
    expect(
      fill('{{ humanize .Value }} {{ humanizeDuration .Value }} {{ humanizePercentage .Value }}', value),
    ).toBe(`${short} ${duration} ${percentage}`);
  });

  it('write bytes and times', () => {
    expect(fill('{{ humanize1024 .Value }}', 1_536)).toBe('1.5ki');
    expect(fill('{{ humanizeTimestamp .Value }}', 1435065584.128)).toBe('2015-06-23 13:19:44.128 +0000 UTC');
  });

  it('stay as they are where nothing can be filled in', () => {
    for (const text of [
      '{{ query "up" | first | value }}',
      '{{ range query "up" }}{{ .Labels.x }}{{ end }}',
      '{{ with $labels.x }}{{ . }}{{ end }}',
      '{{ if gt $value "x" }}a{{ end }}',
      '{{ if $value }}no end',
      '{{ $value | nothing }}',
      '{{ printf "%d" $value }}',
      '{{ printf "%999999999s" $labels.code }}',
      '{{ reReplaceAll "(" "x" $labels.code }}',
      '{{ constructor }}',
      '{{ toString }}',
      '{{',
      '{{ }}',
      '}} {{ $value',
    ])
      expect(fill(text)).toBe(text);
  });

  it('say that there is no value', () => {
    expect(fill('{{ $value }} {{ $value | humanize }} {{ printf "%v" .Value }}', null)).toBe(
      'no value no value no value',
    );
  });

  it('bound what functions make', () => {
    const text =
      '{{ reReplaceAll "" (reReplaceAll "" (reReplaceAll "" "xxxxxxxxxxxxxxxx" $labels.instance) $labels.instance) $labels.instance }}';
    expect(fill(text).length).toBeLessThanOrEqual(4_000);
  });
});
