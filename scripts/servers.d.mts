export function serverPath(name: 'nats-server' | 'versitygw'): string;
