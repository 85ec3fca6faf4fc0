/** The WebSocket of `ws`, for clients that bring none of their own on Node. */
export { WebSocket } from "ws";
