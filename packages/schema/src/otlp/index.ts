export { anyValueOfJson } from './any-value-of-json.ts';
export { admit, type Admitted, clockSkewNanosMax, defaultAdmissionLimits } from './admit.ts';
export type { AdmissionRules } from './admission-rules.ts';
export { jsonToProtobuf } from './json-to-protobuf.ts';
export type { Malformed } from './malformed.ts';
export { protobufToJson } from './protobuf-to-json.ts';
export { type Rejection, type RejectionReason, rejectionReasons } from './reasons.ts';
export {
  encodeExportResponse,
  encodeStatus,
  type ExportOutcome,
  type OtlpEncoding,
  type RpcStatus,
} from './responses.ts';
export { countItems, splitRequest } from './split.ts';
export { addressedBytesMin, takeTexts } from './content-texts.ts';
export { textsField } from './own-fields.ts';
export { ByteWriter } from './byte-writer.ts';
export { wireType } from './message-type.ts';
export {
  doubleAt,
  fixed32At,
  fixed64At,
  skipVarint,
  varintNumber,
  varintSigned,
  WireReader,
} from './wire-reader.ts';
export { dropCutMark, missingText, replaceMarks, restoreTexts, textNumbers } from './text-marks.ts';
