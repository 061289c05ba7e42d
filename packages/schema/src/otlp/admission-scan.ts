/**
 * The hot path of ingest: one walk over the bytes of a request that checks that they parse, judges every item and
 * notes what has to be written differently. For good data it allocates nothing per field. Regular encodings are
 * handled here; legal but unusual ones (a single field twice, unpacked numbers, groups, padded tags) only raise
 * `irregular`, and the caller brings the request into regular form first.
 */
import { assert } from '@sightline/base';

import type { AdmissionRules } from './admission-rules.ts';
import type { ByteWriter } from './byte-writer.ts';
import { addressedBytesMin, ContentTexts, isAddressedKey, type TextUser } from './content-texts.ts';
import { itemChecks, type Notes, type TimeWindow } from './item-checks.ts';
import { type JsonValueLimits, writeJsonValue } from './json-value.ts';
import { malformedAt } from './malformed.ts';
import { wireType } from './message-type.ts';
import { ownFields } from './own-fields.ts';
import { Patches } from './patches.ts';
import { type RejectionReason, type Repair, repairNames } from './reasons.ts';
import { action, note, type ScanPlan, tagCount } from './scan-plan.ts';
import { decodeUtf8, isWellFormedUtf8, utf8Boundary } from './utf8.ts';
import { doubleAt, skipVarint, varintNumber, WireReader } from './wire-reader.ts';

/** The tags inside an AnyValue. */
const valueTag = {
  string: 0x0a,
  bool: 0x10,
  int: 0x18,
  double: 0x21,
  array: 0x2a,
  kvlist: 0x32,
  bytes: 0x3a,
  strindex: 0x40,
  json: 0x7a,
} as const;

const noTrace = new Uint8Array(16);

export class AdmissionScan {
  readonly patches = new Patches();
  readonly texts = new ContentTexts();
  readonly rejections = new Map<RejectionReason, number>();
  accepted = 0;
  irregular = false;

  readonly #bytes: Uint8Array;
  readonly #valueBytesMax: number;
  readonly #window: TimeWindow;
  readonly #jsonLimits: JsonValueLimits;
  readonly #notes: Notes = { at: new Int32Array(16).fill(-1), end: new Int32Array(16) };
  readonly #repairs = new Int32Array(repairNames.length);
  /** Those of the item at hand: they go with it if it is refused. */
  readonly #pending = new Int32Array(repairNames.length);
  #hasPending = false;
  #badQuantile = false;
  #mayTakeTexts = false;
  /** The message around the value at hand is an attribute. */
  #isAttribute = false;
  #cursor = 0;
  readonly #received: bigint;
  /** The AnyValue at hand: its whole field, and where its content starts. */
  #field = { start: 0, content: 0, end: 0 };

  constructor(bytes: Uint8Array, rules: AdmissionRules) {
    this.#bytes = bytes;
    this.#valueBytesMax = rules.attributeValueBytesMax;
    this.#received = rules.receivedUnixNano;
    this.#window = { oldest: Number(rules.oldestUnixNano), newest: Number(rules.newestUnixNano) };
    this.#jsonLimits = {
      depthMax: rules.depthMax,
      outputEnd: 0,
      onTooDeep: () => this.#repair('value_too_deep'),
    };
  }

  run(plan: ScanPlan): void {
    this.#message(plan, 0, this.#bytes.length);
    this.#settleRepairs();
  }

  /** What was changed in what is kept, and how often. */
  repairs(): { readonly repair: Repair; readonly count: number }[] {
    return repairNames
      .map((repair, i) => ({ repair, count: this.#repairs[i] as number }))
      .filter((one) => one.count > 0);
  }

  #message(plan: ScanPlan, start: number, end: number): void {
    const bytes = this.#bytes;
    let seen = 0;
    let pos = start;
    while (pos < end) {
      const fieldStart = pos;
      let tag = bytes[pos++] as number;
      if (tag >= 0x80) {
        tag = this.#longTag(fieldStart, end);
        pos = this.#cursor;
      }
      if (tag < 8) throw malformedAt(fieldStart, 'field number 0 is not allowed');
      const what = tag < tagCount ? (plan.action[tag] as number) : action.unknown;
      if (what === action.unknown) {
        pos = this.#unknown(fieldStart, end);
        if (ownFields.includes(tag >> 3)) this.patches.replace(fieldStart, pos);
        continue;
      }
      const once = plan.once[tag] as number;
      if ((seen & once) !== 0) this.irregular = true;
      seen |= once;
      let valueStart = pos;
      switch (what) {
        case action.text:
        case action.id:
        case action.bytes:
        case action.message:
        case action.anyValue:
        case action.packed64:
        case action.packedVarint: {
          let length = pos < end ? (bytes[pos] as number) : 0x80;
          if (length < 0x80) valueStart = pos + 1;
          else {
            valueStart = skipVarint(bytes, pos, end);
            length = varintNumber(bytes, pos);
          }
          pos = valueStart + length;
          if (pos > end) throw malformedAt(fieldStart, `${fieldName(plan, tag)} is cut off`);
          const at = plan.note[tag] as number;
          if (at !== 0) this.#note(at, valueStart, pos);
          if (what === action.text) {
            if (!isWellFormedUtf8(bytes, valueStart, pos)) this.#replaceText(fieldStart, valueStart, pos);
          } else if (what === action.anyValue) {
            this.#isAttribute = plan.isAttribute;
            this.#anyValue(fieldStart, valueStart, pos);
          } else if (what === action.message) this.#child(plan.child[tag], fieldStart, valueStart, pos);
          else if (what === action.id) {
            if (length !== plan.argument[tag] && length !== 0) this.#remove(fieldStart, pos, 'id_cleared');
          } else if (what === action.packed64) {
            if (length % 8 !== 0) throw malformedAt(fieldStart, `${fieldName(plan, tag)} is cut off`);
          } else if (what === action.packedVarint) {
            for (let at = valueStart; at < pos;) at = skipVarint(bytes, at, pos);
          }
          continue;
        }
        case action.time:
          pos += 8;
          if (pos > end) throw malformedAt(fieldStart, `${fieldName(plan, tag)} is cut off`);
          // Beyond 2262 there is no time in the engine. As the time of the item itself it is refused below.
          if ((bytes[pos - 1] as number) >= 0x80) this.#remove(fieldStart, pos, 'number_out_of_range');
          break;
        case action.fixed64:
          pos += 8;
          if (pos > end) throw malformedAt(fieldStart, `${fieldName(plan, tag)} is cut off`);
          break;
        case action.fixed32:
          pos += 4;
          if (pos > end) throw malformedAt(fieldStart, `${fieldName(plan, tag)} is cut off`);
          break;
        case action.varint:
          pos = skipVarint(bytes, pos, end);
          break;
        case action.uint32:
          pos = skipVarint(bytes, pos, end);
          if (pos - valueStart >= 5 && varintNumber(bytes, valueStart) > 0xffffffff) {
            this.#remove(fieldStart, pos, 'number_out_of_range');
          }
          break;
        case action.enum:
          pos = skipVarint(bytes, pos, end);
          if (varintNumber(bytes, valueStart) > (plan.argument[tag] as number)) {
            this.#remove(fieldStart, pos, 'number_out_of_range');
          }
          break;
        case action.bool:
          pos = skipVarint(bytes, pos, end);
          if (varintNumber(bytes, valueStart) > 1) this.irregular = true;
          break;
        case action.unpacked:
          this.irregular = true;
          pos = this.#unknown(fieldStart, end);
          continue;
        default:
          throw malformedAt(fieldStart, `${fieldName(plan, tag)} has wire type ${tag & 7}`);
      }
      const at = plan.note[tag] as number;
      if (at !== 0) this.#note(at, valueStart, pos);
    }
  }

  #child(plan: ScanPlan | undefined, fieldStart: number, start: number, end: number): void {
    assert(plan !== undefined, 'A message field has no plan');
    if (plan.isItem) this.#item(plan, fieldStart, start, end);
    else if (plan.isMetric) this.#metric(plan, fieldStart, start, end);
    else this.#message(plan, start, end);
    if (plan.type.name === 'ValueAtQuantile') this.#quantile(start, end);
  }

  #item(plan: ScanPlan, fieldStart: number, start: number, end: number): void {
    const patchCount = this.patches.count;
    this.#settleRepairs();
    this.#notes.at.fill(-1, 0, note.metricName);
    this.#badQuantile = false;
    this.#mayTakeTexts = plan.hasTexts;
    this.#message(plan, start, end);
    this.#mayTakeTexts = false;
    const reason =
      itemChecks[plan.type.name]?.(this.#bytes, this.#notes, this.#window) ??
      (this.#badQuantile ? 'quantile_out_of_range' : undefined);
    if (reason === undefined) {
      this.accepted++;
      const ids = this.texts.keep(() => this.#textUser());
      if (ids !== undefined) this.patches.append(start, ids);
      return;
    }
    this.texts.drop();
    count(this.rejections, reason, 1);
    this.#pending.fill(0);
    this.patches.removeItem({ start: fieldStart, end, level: plan.type.name }, patchCount);
  }

  #textUser(): TextUser {
    const bytes = this.#bytes;
    const { at, end } = this.#notes;
    const traceAt = at[note.traceId] as number;
    return {
      unixNano: this.#timeNoted(note.time) || this.#timeNoted(note.endTime) || this.#received,
      traceId: traceAt < 0 ? noTrace : bytes.subarray(traceAt, end[note.traceId]),
    };
  }

  #timeNoted(which: number): bigint {
    const at = this.#notes.at[which] as number;
    const { buffer, byteOffset } = this.#bytes;
    return at < 0 ? 0n : new DataView(buffer, byteOffset + at, 8).getBigUint64(0, true);
  }

  /** A metric without a name takes its points along: they would be found under no name. */
  #metric(plan: ScanPlan, fieldStart: number, start: number, end: number): void {
    const patchCount = this.patches.count;
    this.#settleRepairs();
    const repairsBefore = this.#repairs.slice();
    const acceptedBefore = this.accepted;
    this.#notes.at[note.metricName] = -1;
    this.#message(plan, start, end);
    const nameAt = this.#notes.at[note.metricName] as number;
    if (nameAt >= 0 && nameAt < (this.#notes.end[note.metricName] as number)) return;
    const points = this.accepted - acceptedBefore;
    if (points > 0) count(this.rejections, 'metric_without_name', points);
    this.accepted = acceptedBefore;
    this.#pending.fill(0);
    this.#repairs.set(repairsBefore);
    this.patches.removeItem({ start: fieldStart, end, level: plan.type.name }, patchCount);
  }

  #quantile(start: number, end: number): void {
    const fields = new WireReader(this.#bytes, start, end);
    while (fields.next()) {
      if (fields.number !== 1) continue;
      const quantile = doubleAt(this.#bytes, fields.start);
      if (!(quantile >= 0 && quantile <= 1)) this.#badQuantile = true;
    }
  }

  #anyValue(fieldStart: number, start: number, end: number): void {
    const bytes = this.#bytes;
    let values = 0;
    let pos = start;
    while (pos < end) {
      const at = pos;
      const tag = bytes[pos++] as number;
      switch (tag) {
        case valueTag.string:
        case valueTag.array:
        case valueTag.kvlist:
        case valueTag.bytes:
        case valueTag.json: {
          let length = pos < end ? (bytes[pos] as number) : 0x80;
          if (length < 0x80) pos++;
          else {
            const after = skipVarint(bytes, pos, end);
            length = varintNumber(bytes, pos);
            pos = after;
          }
          const contentStart = pos;
          pos += length;
          if (pos > end) throw malformedAt(at, `field ${tag >> 3} of AnyValue is cut off`);
          const good =
            tag === valueTag.string
              ? length <= this.#valueBytesMax &&
                isWellFormedUtf8(bytes, contentStart, pos) &&
                (length < addressedBytesMin || !this.#mayAddress(fieldStart))
              : tag === valueTag.bytes && length <= this.#valueBytesMax;
          if (!good) {
            this.#field.start = fieldStart;
            this.#field.content = start;
            this.#field.end = end;
            this.#rewriteValue(tag, contentStart, pos);
          }
          break;
        }
        case valueTag.bool:
          pos = skipVarint(bytes, pos, end);
          if (varintNumber(bytes, at + 1) > 1) this.irregular = true;
          break;
        case valueTag.int:
        case valueTag.strindex:
          pos = skipVarint(bytes, pos, end);
          break;
        case valueTag.double:
          pos += 8;
          if (pos > end) throw malformedAt(at, 'field 4 of AnyValue is cut off');
          break;
        default:
          if (tag < 0x48 || tag >> 3 === 15)
            throw malformedAt(at, `field ${tag >> 3} of AnyValue has wire type ${tag & 7}`);
          pos = this.#unknown(at, end);
          continue;
      }
      if (++values === 2) this.irregular = true;
    }
  }

  #rewriteValue(tag: number, start: number, end: number): void {
    switch (tag) {
      case valueTag.string:
        this.#mendString(start, end);
        break;
      case valueTag.bytes:
        this.#writeValue(tag, this.#bytes.subarray(start, start + this.#valueBytesMax));
        this.#repair('value_truncated');
        break;
      case valueTag.json:
        this.#checkJson(start, end);
        break;
      default:
        this.#writeJson();
    }
  }

  /** The value is that of an attribute whose long texts are kept by their content. */
  #mayAddress(fieldStart: number): boolean {
    const { at, end } = this.#notes;
    const keyEnd = end[note.attributeKey] as number;
    // A value that stands before its key is left alone.
    if (!this.#mayTakeTexts || !this.#isAttribute || keyEnd !== fieldStart) return false;
    return isAddressedKey(decodeUtf8(this.#bytes, at[note.attributeKey] as number, keyEnd));
  }

  #writeJson(): void {
    const { content, end } = this.#field;
    const out = this.#replaceField();
    const expected = end - content;
    const valueMark = out.begin(expected);
    out.byte(valueTag.json);
    const jsonMark = out.begin(expected);
    this.#jsonLimits.outputEnd = jsonMark + this.#valueBytesMax;
    writeJsonValue(out, this.#bytes, { start: content, end }, this.#jsonLimits);
    if (out.length - jsonMark > this.#valueBytesMax) {
      // Cut JSON is no JSON any more: it is kept as text.
      out.length = utf8Boundary(out.bytes, jsonMark, jsonMark + this.#valueBytesMax);
      out.bytes[valueMark] = valueTag.string;
      this.#repair('value_truncated');
    }
    const rest = this.#takeTexts(out.bytes.subarray(jsonMark, out.length));
    if (rest !== undefined) {
      out.length = jsonMark;
      out.copy(rest, 0, rest.length);
    }
    out.end(jsonMark, expected);
    out.end(valueMark, expected);
  }

  /** The value at hand without its long texts, or undefined where it stays as it is. */
  #takeTexts(value: Uint8Array): Uint8Array | undefined {
    return this.#mayAddress(this.#field.start) ? this.texts.take(value) : undefined;
  }

  #mendString(start: number, end: number): void {
    const whole = this.#bytes.subarray(start, end);
    let text = whole;
    if (!isWellFormedUtf8(text, 0, text.length)) {
      text = Buffer.from(decodeUtf8(text, 0, text.length));
      this.#repair('utf8_replaced');
    }
    if (text.length > this.#valueBytesMax) {
      text = text.subarray(0, utf8Boundary(text, 0, this.#valueBytesMax));
      this.#repair('value_truncated');
    }
    const rest = this.#takeTexts(text) ?? text;
    if (rest !== whole) this.#writeValue(valueTag.string, rest);
  }

  /**
   * Field 15 is ours, so from a client it is an unknown field, unless it is what we would have written ourselves (an
   * export of Sightline that comes back, or a batch that is admitted twice).
   */
  #checkJson(start: number, end: number): void {
    const first = this.#bytes[start];
    const structured = first === 0x5b || first === 0x7b;
    if (structured && end - start <= this.#valueBytesMax && isJson(decodeUtf8(this.#bytes, start, end)))
      return;
    this.#replaceField().byte(0);
  }

  /** Begins the replacement of the AnyValue field at hand with its tag; the caller writes length and content. */
  #replaceField(): ByteWriter {
    const { start, content, end } = this.#field;
    const out = this.patches.replace(start, end);
    out.copy(this.#bytes, start, skipVarint(this.#bytes, start, content));
    return out;
  }

  #writeValue(tag: number, content: Uint8Array): void {
    const out = this.#replaceField();
    const expected = content.length + 6;
    const mark = out.begin(expected);
    out.byte(tag);
    out.varint(content.length);
    out.copy(content, 0, content.length);
    out.end(mark, expected);
  }

  #replaceText(fieldStart: number, start: number, end: number): void {
    const out = this.patches.replace(fieldStart, end);
    out.copy(this.#bytes, fieldStart, skipVarint(this.#bytes, fieldStart, start));
    const text = Buffer.from(decodeUtf8(this.#bytes, start, end));
    out.varint(text.length);
    out.copy(text, 0, text.length);
    this.#repair('utf8_replaced');
  }

  #remove(fieldStart: number, end: number, repair: Repair): void {
    this.patches.replace(fieldStart, end);
    this.#repair(repair);
  }

  #repair(repair: Repair): void {
    const index = repairNames.indexOf(repair);
    this.#pending[index] = (this.#pending[index] as number) + 1;
    this.#hasPending = true;
  }

  #settleRepairs(): void {
    if (!this.#hasPending) return;
    for (let i = 0; i < this.#repairs.length; i++) {
      this.#repairs[i] = (this.#repairs[i] as number) + (this.#pending[i] as number);
    }
    this.#pending.fill(0);
    this.#hasPending = false;
  }

  #note(which: number, start: number, end: number): void {
    this.#notes.at[which] = start;
    this.#notes.end[which] = end;
  }

  /** A tag of two bytes or more. A tag longer than it needs to be is legal, but the tables do not expect it. */
  #longTag(fieldStart: number, end: number): number {
    this.#cursor = skipVarint(this.#bytes, fieldStart, end);
    if (this.#bytes[this.#cursor - 1] === 0) this.irregular = true;
    return varintNumber(this.#bytes, fieldStart);
  }

  #unknown(fieldStart: number, end: number): number {
    const reader = new WireReader(this.#bytes, fieldStart, end);
    reader.next();
    const tagEnd = skipVarint(this.#bytes, fieldStart, end);
    // A padded tag may be that of a known field, and a group is nothing the engine should have to skip.
    if (reader.wire === wireType.groupStart || this.#bytes[tagEnd - 1] === 0) this.irregular = true;
    return reader.end;
  }
}

function count<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function fieldName(plan: ScanPlan, tag: number): string {
  return `${plan.type.name}.${plan.type.byNumber[tag >> 3]?.name ?? tag >> 3}`;
}
