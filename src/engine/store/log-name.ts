/** True for the names under which a fold log is made unless another kind is asked for. */
export function isLogName(path: string): boolean {
  return path.endsWith('.snap');
}
