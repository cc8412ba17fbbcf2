/** Takes an address with credentials in it out of the list of processes, where other users see it. */
export function hideArguments(address: string, command: string): void {
  if (address.includes('@')) process.title = `statelog ${command}`;
}
