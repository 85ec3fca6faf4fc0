import type { Outcome } from "./outcome.ts";

/** REST broadcast requests (protocol 4.3, 4.4, 12.22). */
export const REQUEST_ERRORS = {
  BadRequest: {
    text: "Bad Request",
    when: "The body of a request is not the JSON that its content type says.",
    effect: "http",
    httpStatus: 400,
    bare: true,
    retry: "after-change",
    remedy: "Send valid JSON.",
  },
  NotAcceptable: {
    text: "Not Acceptable",
    when: "A request's `Accept` header excludes JSON.",
    effect: "http",
    httpStatus: 406,
    bare: true,
    retry: "after-change",
    remedy: "Accept `application/json`.",
  },
  BodyTooLarge: {
    text: "Request Entity Too Large",
    when: "The body of a request exceeds 8,000,000 bytes.",
    effect: "http",
    httpStatus: 413,
    bare: true,
    retry: "after-change",
    remedy: "Send smaller batches.",
  },
  UnsupportedMediaType: {
    text: "Unsupported Media Type. Use application/json or application/octet-stream",
    when: "The single route is given another content type than JSON or octet-stream.",
    effect: "http",
    httpStatus: 415,
    bare: true,
    retry: "after-change",
    remedy: "Set the content type to `application/json` or `application/octet-stream`.",
  },
  UnprocessableEntity: {
    text: "The request has invalid fields",
    when: "Messages of a REST request lack fields, have wrong types or are too large; `errors` names them.",
    effect: "http",
    httpStatus: 422,
    bare: true,
    retry: "after-change",
    remedy: "Correct the fields that the answer names.",
  },
} as const satisfies Record<string, Outcome>;
