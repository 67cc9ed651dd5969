export { type OperationName, operations } from './all-operations.ts';
export { type Base64Problem, base64DecodedLength, base64Problem, paddingOf } from './base64.ts';
export * as binaryMessages from './binary-messages.ts';
export { type ErrorBody, type ErrorCode, standardMessage, statusOf } from './errors.ts';
export * as limits from './limits.ts';
export { formatOcid, type OcidType } from './ocid.ts';
export { basePath, header, type Operation, type StreamOperationName, streamOperations } from './operations.ts';
export {
  type Authorization,
  formatAuthorization,
  InvalidAuthorization,
  parseAuthorization,
  requiredSignedHeaders,
  signingString,
} from './signing.ts';
export { formatTime, InvalidTime, parseTime } from './time.ts';
