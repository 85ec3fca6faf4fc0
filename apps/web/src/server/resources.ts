export interface Resources {
  nowMs(): number;
}
